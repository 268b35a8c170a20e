"""Naming: names are read when somebody new is to be named, and not for each who is known."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch.domain.actors import Names
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.flows.naming import Naming


@dataclass
class Register:
    """Names that are counted as they are read."""

    users: dict[int, str]
    reads: int = 0
    is_away: bool = False

    def names(self) -> Names:
        if self.is_away:
            raise StoreUnavailable("the database does not answer")
        self.reads += 1
        return Names(dict(self.users))


def test_names_are_read_once_and_again_when_somebody_new_acts() -> None:
    register = Register({1: "ann"})
    naming = Naming(register)

    assert [naming.who("user:1"), naming.who("user:1"), naming.who("cli")] == ["ann", "ann", "the command line"]
    assert register.reads == 1
    register.users[2] = "ben"
    assert naming.who("user:2") == "ben"
    assert register.reads == 2


def test_while_the_books_do_not_answer_a_number_is_shown() -> None:
    naming = Naming(Register({1: "ann"}, is_away=True))

    assert naming.who("user:1") == "user 1"
