"""Who did something, in words."""

from __future__ import annotations

import pytest

from wabawatch.domain.actors import Names, is_known, meant, spoken
from wabawatch.domain.errors import BadRequest

NAMES = Names({7: "ann"}, {3: "shop"})


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        ("user:7", "ann"),
        ("user:8", "user 8"),
        ("token:3", "token shop"),
        ("token:4", "token 4"),
        ("cli", "the command line"),
        ("cli:root", "root on the command line"),
        ("api", "the API"),
        ("user:x", "user:x"),
        ("alert:abc", "alert:abc"),
        ("", ""),
    ],
)
def test_an_actor_is_called_by_name_and_what_is_not_known_stays(actor: str, words: str) -> None:
    assert spoken(actor, NAMES) == words


@pytest.mark.parametrize("actor", ["user:7", "token:3", "cli", "cli:root", "api"])
def test_what_is_said_of_an_actor_means_that_actor(actor: str) -> None:
    assert meant(spoken(actor, NAMES), NAMES) == actor
    assert meant(actor, NAMES) == actor


def test_a_name_is_found_however_it_is_spelled_and_an_unknown_one_is_refused() -> None:
    assert meant(" Ann ", NAMES) == "user:7"
    assert meant("", NAMES) == ""
    with pytest.raises(BadRequest, match="who: nobody is called 'bob'"):
        meant("bob", NAMES)


def test_only_numbers_that_are_not_there_are_unknown() -> None:
    assert is_known("user:7", NAMES)
    assert is_known("cli:user:9", NAMES)
    assert not is_known("user:8", NAMES)
    assert not is_known("token:4", NAMES)
