"""What polling needs from the outside, and what others read of what it learnt; each method with its guarantee."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from wabawatch.domain.facts import Millis
from wabawatch.domain.platform import Seen, States
from wabawatch.domain.polls import Ask, Load, Poll, Problem, Usage
from wabawatch.domain.reconciliation import MetaDay


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to one question."""

    seen: tuple[Seen, ...] = ()
    after: str = ""
    """The cursor of the next page; "" there is none"""
    problem: Problem | None = None
    app_load: Load | None = None
    loads: Mapping[str, Load] = field(default_factory=dict)
    """By business object"""
    days: tuple[MetaDay, ...] = ()
    """What Meta counted, where that was asked"""


class Graph(Protocol):
    """Meta's Graph API."""

    def ask(self, ask: Ask, subject: str, after: str = "", since_s: int = 0, until_s: int = 0) -> Told:
        """Ask one question (of a list: one page). Whatever goes wrong is a value; nothing is tried again.

        Of analytics, the UTC days from *since_s* up to *until_s* are asked for, in seconds since 1970.
        """


@dataclass(frozen=True, slots=True)
class Board:
    """Where polling stands, in one consistent view."""

    polls: tuple[Poll, ...]
    usages: tuple[Usage, ...]
    wabas: frozenset[str]
    """That messages were seen of"""
    targets: frozenset[str]
    """That the token may reach, as it told"""
    numbers: int
    """How many are known"""
    is_token_bad: bool
    """Whether the token was found not to work"""
    lines: frozenset[str] = frozenset()
    """The numbers of accounts that have several, as subjects of `Ask.ANALYTICS`"""


class Boards(Protocol):
    """Where polling stands, on disk."""

    def board(self, since: Millis) -> Board:
        """Where polling stands; of the WABAs that had messages *since* then."""

    def doubted(self, now: Millis) -> Collection[str]:
        """The templates that Meta took in this hour or the one before although they are known not to be sendable, as
        subjects of `Ask.ONE_TEMPLATE`."""

    def claim(self, before: Poll, after: Poll) -> bool:
        """Put *after* in the place of *before*. False: somebody else was faster, and nothing changed."""


class Platform(Protocol):
    """What is known of numbers, accounts, templates and our access to them."""

    def states(self) -> States:
        """Everything but templates: there may be thousands of them."""

    def usages(self) -> list[Usage]:
        """How much of Meta's limits on calls is used, as it was last told, however long ago."""

    def templates(self, waba: str) -> States:
        """The templates of an account."""
