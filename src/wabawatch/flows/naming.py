"""Naming: who did something is kept as a number, and shown by name."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from wabawatch.domain.actors import Names, is_known, meant, spoken
from wabawatch.domain.errors import StoreUnavailable


class Register(Protocol):
    """Where names stand."""

    def names(self) -> Names:
        """What every user and token is called, also those that may do nothing any more. Raises StoreUnavailable."""


@dataclass(slots=True)
class Naming:
    """What actors are called. May be called from any thread: of two that read at once either is right."""

    register: Register
    _names: Names = field(default_factory=Names)
    """What was read last. It is read again when somebody is not in it, for a name never changes."""

    def who(self, actor: str) -> str:
        """*actor* as people call them; as they are kept, when the books do not answer."""
        names = self._names
        if not is_known(actor, names):
            with suppress(StoreUnavailable):  # a number says it, too, and what is shown beside it matters more
                names = self._names = self.register.names()
        return spoken(actor, names)

    def meant(self, text: str) -> str:
        """The actor that somebody means who types *text*. Raises BadRequest and StoreUnavailable."""
        self._names = self.register.names()
        return meant(text, self._names)

    def known(self) -> list[str]:
        """Every user and token, as people call them. Raises StoreUnavailable."""
        names = self._names = self.register.names()
        return [*sorted(names.users.values()), *sorted(f"token {name}" for name in names.tokens.values())]
