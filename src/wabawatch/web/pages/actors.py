"""Who did something, as people say it: the audit trail and its kin keep numbers, never names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wabawatch.domain.users import User

_OTHERS = {"cli": "the command line", "api": "the API", "embedded": "the application", "serve": "the server"}


@dataclass(frozen=True, slots=True)
class Actors:
    """Knows people by their number."""

    users: Callable[[], Sequence[User]]

    def names(self) -> Callable[[str], str]:
        """Says who an actor is; people are read once for all that one page says."""
        known: dict[str, str] = {}

        def said(actor: str) -> str:
            if actor.startswith("user:") and not known:
                known.update({user.actor: user.name for user in self.users()})
            kind, _, who = actor.partition(":")
            if kind == "user":
                return known.get(actor, f"user {who}")
            if kind == "cli" and who:
                return f"{who} on the command line"
            return _OTHERS.get(actor, actor)

        return said
