"""What looking at webhook bodies needs from the outside, each method with its guarantee."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from wabawatch.domain.facts import Millis
from wabawatch.domain.forwarding import Delivery, Outcome, TargetState
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.webhook_bodies import Refused, Result
from wabawatch.ports import Body, BodyId, BodySource, Deed, StoredBody, Window


class LogLine(NamedTuple):
    """One line of the processing log of webhook bodies."""

    id: BodyId
    received_at: Millis
    app: str
    source: BodySource
    result: Result
    facts: int = 0
    unparsed: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines are wanted. Everything that is given must hold."""

    since: Millis
    until: Millis
    sources: frozenset[BodySource]
    result: Result | None = None
    app: str | None = None


class Lines(NamedTuple):
    """A page of the log."""

    lines: list[LogLine]
    """The newest first"""
    following: BodyId | None
    """The next page begins before this number; None: there is none"""


class SetAside(NamedTuple):
    """Why a body could not be processed."""

    tries: int
    next_try_at: Millis | None
    """None: given up, kept and shown"""
    error: str


class Copies(NamedTuple):
    """The other bodies with the same bytes, for Meta repeats itself."""

    first: BodyId | None
    """The one that was processed; None: it is not known any more"""
    others: Sequence[BodyId]
    """The newest of those that came beside it"""


class WebhookLog(Protocol):
    """The processing log. Every method raises StoreUnavailable."""

    def lines(self, wanted: LineFilter, before: BodyId | None, limit: int) -> Lines:
        """The newest *limit* lines that are *wanted*, of those numbered below *before*; what is looked at is bounded,
        so a page may have fewer although others follow."""

    def line(self, id: BodyId) -> LogLine | None:
        """The line of one webhook body; None: it is no webhook, not processed yet, or gone."""

    def set_aside(self, ids: Collection[BodyId]) -> Mapping[BodyId, SetAside]:
        """Those of *ids* that could not be processed, with why."""

    def kept_aside(self, ids: Collection[BodyId]) -> Mapping[BodyId, Body]:
        """Those of *ids* that were set aside and can be opened: they are kept however old they are."""

    def copies(self, id: BodyId) -> Copies:
        """The other bodies with the same bytes as body *id*."""

    def newest_at(self) -> Millis | None:
        """When the newest webhook of Meta's was received, of the newest bodies."""

    def refused(self, window: Window, limit: int) -> list[Refused]:
        """What was turned away in *window*, the newest first: by minute, or longer ago by longer times."""

    def refused_by(self, window: Window) -> Mapping[str, int]:
        """How many were turned away in *window*, by reason."""

    def try_now(self, id: BodyId, now: Millis, done: Deed) -> bool:
        """Have a body that was set aside tried again at once. False: it is not set aside any more."""


class ForwardTally(NamedTuple):
    """How a forward target answered."""

    attempts: Mapping[Outcome, int]
    answer_ms: Histogram
    """Of first attempts that were answered with 2xx"""


class ForwardLook(Protocol):
    """Forward targets, as far as a page looks at them. Every method raises StoreUnavailable."""

    def states(self) -> list[TargetState]:
        """Every target that was ever known, by name."""

    def find(self, name: str, ids: Collection[BodyId]) -> Mapping[BodyId, Delivery]:
        """Those of *ids* that the target has not taken."""

    def tallies(self, window: Window) -> Mapping[str, ForwardTally]:
        """How each target answered in *window*."""


class BodyStore(Protocol):
    """Bodies wherever they are kept. Every method raises StoreUnavailable."""

    def fetch(self, ids: Collection[BodyId]) -> Mapping[BodyId, Body]:
        """Those of *ids* that are kept and can be opened."""

    def received(self, from_at: Millis, to_at: Millis) -> Iterator[StoredBody]:
        """The bodies received from *from_at* until before *to_at*, in the order of their numbers."""
