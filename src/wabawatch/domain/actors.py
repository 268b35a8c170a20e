"""Who did something, in words. Kept is a number (`user:7`), so that no name stays in the audit trail for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from wabawatch.domain.errors import BadRequest

PROGRAMS: Final[Mapping[str, str]] = {
    "api": "the API",
    "cli": "the command line",
    "embedded": "the application",
    "exports": "the exporter",
    "first_start": "the first start",
    "login": "somebody at the sign-in page",
    "schedule": "the schedule",
    "serve": "the server",
    "system": "wabawatch itself",
    "unknown": "somebody unknown",
}
"""Who acts without being a user or having a token of their own"""


@dataclass(frozen=True, slots=True)
class Names:
    """What users and tokens are called, by number. Neither is ever called otherwise, or forgotten."""

    users: Mapping[int, str] = field(default_factory=dict)
    tokens: Mapping[int, str] = field(default_factory=dict)


def number_of(actor: str, kind: str) -> int | None:
    """The number in `user:7`, when *actor* is of that *kind*; None: it is something else."""
    found, _, number = actor.partition(":")
    is_number = number.isascii() and number.isdecimal() and len(number) <= 18
    return int(number) if found == kind and is_number else None


def is_known(actor: str, names: Names) -> bool:
    """Whether *names* say all that `spoken` could say of *actor*."""
    user, token = number_of(actor, "user"), number_of(actor, "token")
    return (user is None or user in names.users) and (token is None or token in names.tokens)


def spoken(actor: str, names: Names) -> str:
    """*actor* as people call them: a user by name, a program by what it is. Anything else stays as it is."""
    if (user := number_of(actor, "user")) is not None:
        return names.users.get(user, f"user {user}")
    if (token := number_of(actor, "token")) is not None:
        return f"token {names.tokens.get(token, token)}"
    where, _, who = actor.partition(":")
    return f"{who} on the command line" if where == "cli" and who else PROGRAMS.get(actor, actor)


def meant(text: str, names: Names) -> str:
    """The actor that somebody means who types *text*: what `spoken` says, a name, or what is kept. "" for nothing.

    Raises BadRequest when nobody is called so.
    """
    plain = text.strip()
    low = plain.lower()
    users = {name.lower(): f"user:{number}" for number, name in names.users.items()}
    tokens = {f"token {name}".lower(): f"token:{number}" for number, name in names.tokens.items()}
    programs = {words.lower(): name for name, words in PROGRAMS.items()}
    if not plain or ":" in plain or low in PROGRAMS:
        return plain if ":" in plain else low
    if (found := (users | tokens | programs).get(low)) is not None:
        return found
    if low.endswith(" on the command line"):
        return f"cli:{plain[: -len(' on the command line')]}"
    raise BadRequest(f"who: nobody is called {plain[:64]!r}; give a user's name, 'token NAME', cli, api or serve")
