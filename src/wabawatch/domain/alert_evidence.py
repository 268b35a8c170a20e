"""What the rules look at: what the books, Meta and our own loops tell at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.alerts import Contributor
from wabawatch.domain.facts import Millis, Source
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.metrics import Tally
from wabawatch.domain.standing import Standing

Owners = Mapping[str, str]
"""The WABA of each number, "" unknown"""


@dataclass(frozen=True, slots=True)
class Traffic:
    """The messages of one window, by number."""

    tallies: Mapping[str, Tally]
    matured: Mapping[str, Tally]
    """Of a window that ends a grace time earlier"""
    on_time: Mapping[str, float] = field(default_factory=dict)
    """Of each number: which part of what arrives at all has usually arrived after the grace time"""
    owners: Owners = field(default_factory=dict)
    ratings: Mapping[str, str] = field(default_factory=dict)
    """The quality rating of each number, as Meta told it last"""
    imported: Mapping[str, Millis] = field(default_factory=dict)
    """Up to when messages of each number were imported"""
    grace_ms: Millis = 0
    """How much earlier the window of `matured` begins"""


@dataclass(frozen=True, slots=True)
class Answers:
    """How webhooks were answered in one window: by the application where there is one, else by the receiver."""

    times: Histogram
    """Of those that were answered well"""
    unanswered: int
    is_application: bool


class Happened(NamedTuple):
    """One event as it came in."""

    id: int
    kind: str
    """template | number | account | error | payment ..."""
    event: str
    subject: str
    before: str
    after: str
    reason: str
    number: str
    waba: str
    at: Millis
    seen_at: Millis
    told_by: Source
    is_live: bool

    @property
    def is_first_look(self) -> bool:
        """Whether it only tells how things were when we looked first."""
        return self.told_by is Source.POLL and not self.before


class Misuse(NamedTuple):
    """Template sends that broke the rule."""

    waba: str
    number: str
    template: str
    """name/language"""
    reason: str
    """`refused_CODE`, `template_STATUS` or `opted_out`"""
    n: int


class Minute(NamedTuple):
    """The sends of one number in one minute that were recorded and accepted."""

    at: Millis
    sent: int
    silent: int
    """Those of which no status has come"""


class CheckKind(StrEnum):
    """What a check of uptime tells of, as far as rules ask for it."""

    GRAPH = "graph"
    TOKEN = "token"
    RECEIVER = "receiver"
    HANDSHAKE = "handshake"
    PIPELINE = "pipeline"
    APPLICATION = "application"
    DISK = "disk"
    QUEUE = "queue"
    TLS = "tls"
    META_STATUS = "meta_status"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CheckStands:
    """How a check of uptime stands."""

    name: str
    kind: CheckKind
    is_bad: bool | None
    """Whether an incident is open; None: nobody has looked for so long that nothing is known"""
    since: Millis | None = None
    cause: str = ""
    words: str = ""
    value: float | None = None
    """Days left (tls), bytes free (disk)"""
    is_refused: bool = False
    """Meta's API answers, and does not take our token (graph)"""
    incident: int | None = None
    """Id of the incident that is open"""


class Backlog(NamedTuple):
    """What waits to be digested."""

    oldest_at: Millis | None
    waiting: int


@dataclass(frozen=True, slots=True)
class Slices:
    """The same window cut otherwise, to find out what a breach is made of. Tallies of whole hours."""

    templates: Mapping[tuple[str, str], Mapping[Standing, int]]
    """By number and `name/language`"""
    errors: Mapping[tuple[str, int], int]
    """Failed messages by number and code"""
    countries: Mapping[str, Mapping[Standing, int]]
    """Over all numbers"""


NO_SLICES = Slices({}, {}, {})
MOST_CONTRIBUTORS = 5


def largest(found: Sequence[Contributor], most: int = MOST_CONTRIBUTORS) -> tuple[Contributor, ...]:
    """The largest of *found*, always in the same order."""
    return tuple(sorted(found, key=lambda c: (-c.n, c.kind, c.id))[:most])
