"""Uptime: incidents and known time to shares of a period, MTTR and MTBF. What nobody watched is unknown, never good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from wabawatch.domain.checks import CheckKind, CheckState, Failure, Outcome, Plan, is_stale
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram, percentile

SLA = 0.999
"""The share of known time, maintenance left out, in which all must work."""

Spans: TypeAlias = Sequence[tuple[Millis, Millis]]
"""Stretches of time, each from its start up to but not including its end; in order and apart after `joined`."""


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of time in which a check failed."""

    id: int
    check: str
    kind: CheckKind
    opened_at: Millis
    """The first failure of the row"""
    noted_at: Millis
    """When so many had failed that it was one"""
    ended_at: Millis | None
    """The first look that went well; None: it is open"""
    cause: str
    """us | Meta | network"""
    why: str
    """The evidence, by name: `domain.causes.Why`"""
    words: str
    """What was seen, in a sentence"""
    failures: int
    is_essential: bool = False

    def duration_ms(self, now: Millis) -> Millis:
        """How long it took, or has taken so far."""
        return max(0, (now if self.ended_at is None else self.ended_at) - self.opened_at)

    def span(self, now: Millis) -> tuple[Millis, Millis]:
        """When it was. An open one goes on until *now*."""
        return self.opened_at, self.opened_at + self.duration_ms(now)


@dataclass(frozen=True, slots=True)
class Shares:
    """Where the time of a period went, in ms: up + down + maintenance + unknown = period."""

    up: Millis = 0
    down: Millis = 0
    maintenance: Millis = 0
    unknown: Millis = 0
    incidents: int = 0
    """Those that took some of `down`"""

    @property
    def period(self) -> Millis:
        """All of it."""
        return self.up + self.down + self.maintenance + self.unknown

    @property
    def uptime(self) -> float | None:
        """The share of known time without an incident, maintenance left out; None: nothing is known."""
        known = self.up + self.down
        return self.up / known if known else None

    @property
    def mttr_ms(self) -> float | None:
        """Mean time to repair: how long an incident took; None: there was none."""
        return self.down / self.incidents if self.incidents else None

    @property
    def mtbf_ms(self) -> float | None:
        """Mean time between failures: how long it worked for each incident; None: there was none."""
        return self.up / self.incidents if self.incidents else None

    def meets(self, sla: float = SLA) -> bool | None:
        """Whether the uptime is as promised; None: nothing is known."""
        return None if self.uptime is None else self.uptime >= sla


def shares(
    start: Millis, end: Millis, known: Iterable[tuple[Millis, Millis]], incidents: Iterable[tuple[Millis, Millis]],
    maintenance: Iterable[tuple[Millis, Millis]] = (),
) -> Shares:  # fmt: skip
    """Where the time from *start* to *end* went.

    Maintenance comes first, whatever was seen then. Of the rest, what is not *known* is unknown; what is, is down
    during an incident and up otherwise.
    """
    period = [(start, end)] if start < end else []
    out = common(joined(maintenance), period)
    watched = without(common(joined(known), period), out)
    each = [span for span in incidents if common(watched, [span])]
    down = common(watched, joined(each))
    left_out, lost, watched_ms = length(out), length(down), length(watched)
    unknown = max(0, end - start) - left_out - watched_ms
    return Shares(watched_ms - lost, lost, left_out, unknown, len(each))


def joined(spans: Iterable[tuple[Millis, Millis]]) -> Spans:
    """*spans* in order, those that touch made one, and those without length left out."""
    found: list[tuple[Millis, Millis]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def common(some: Spans, others: Spans) -> Spans:
    """What is in both of two joined lists."""
    found: list[tuple[Millis, Millis]] = []
    i = j = 0
    while i < len(some) and j < len(others):
        start, end = max(some[i][0], others[j][0]), min(some[i][1], others[j][1])
        if start < end:
            found.append((start, end))
        if some[i][1] < others[j][1]:
            i += 1
        else:
            j += 1
    return found


def without(some: Spans, others: Spans) -> Spans:
    """What of a joined list is not in another."""
    found: list[tuple[Millis, Millis]] = []
    for start, end in some:
        for taken in others:
            if taken[1] <= start or taken[0] >= end:
                continue
            if start < taken[0]:
                found.append((start, taken[0]))
            start = max(start, taken[1])
        if start < end:
            found.append((start, end))
    return found


def length(spans: Spans) -> Millis:
    """How long a joined list is."""
    return sum(end - start for start, end in spans)


@dataclass(frozen=True, slots=True)
class Looks:
    """How often a check was looked at, and how long answers took."""

    n: int = 0
    failed: int = 0
    unknown: int = 0
    latency_ms: Histogram = field(default_factory=dict)

    def percentile_ms(self, share: float) -> float | None:
        """The answer time that *share* (0-1) of the answers do not exceed; None: there was no answer."""
        return percentile(self.latency_ms, share)


@dataclass(frozen=True, slots=True)
class CheckView:
    """How a check stands: what alerts and pages read."""

    name: str
    kind: CheckKind
    is_essential: bool
    outcome: Outcome
    """UNKNOWN also when it has not been looked at for too long"""
    at: Millis | None
    """The newest look that told something"""
    ok_at: Millis | None
    is_stale: bool
    """It has not been looked at for so long that nothing is known now"""
    since: Millis | None
    """The first failure of the row; None: it does not fail"""
    failures: int
    """In a row"""
    incident: int
    """Id of the open incident; 0: none is"""
    opened_at: Millis | None
    cause: str
    """Of the open incident: us | Meta | network"""
    reason: str
    """... and the evidence, by name"""
    words: str
    value: float | None
    """In `unit`; for most checks the latency"""
    unit: str
    latency_ms: float | None
    every_ms: Millis
    is_refused: bool = False
    """It works, and does not take our token"""


def view(plan: Plan, state: CheckState, incident: Incident | None, now: Millis) -> CheckView:
    """A check as others see it at *now*."""
    last, stale = state.last, is_stale(plan, state, now)
    value = None if last is None else last.latency_ms if plan.unit == "ms" else last.value
    return CheckView(
        name=plan.name,
        kind=plan.kind,
        is_essential=plan.is_essential,
        outcome=Outcome.UNKNOWN if last is None or stale else last.outcome,
        at=last.at if last else None,
        ok_at=state.ok_at or None,
        is_stale=stale,
        since=state.since,
        failures=state.failures,
        incident=incident.id if incident else 0,
        opened_at=incident.opened_at if incident else None,
        cause=incident.cause if incident else "",
        reason=incident.why if incident else "",
        words=last.words if last else "",
        value=value,
        unit=plan.unit,
        latency_ms=last.latency_ms if last else None,
        every_ms=plan.every_ms,
        is_refused=last is not None and not stale and last.failure is Failure.REFUSED,
    )


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """A check over a period."""

    view: CheckView
    shares: Shares
    looks: Looks
    bars: tuple[str, ...] = ()
    """The period in equal parts, each by its worst: `ok`, `down`, `maintenance` or `unknown`"""


@dataclass(frozen=True, slots=True)
class UptimeFigures:
    """All checks over a period, and together."""

    start: Millis
    end: Millis
    whole: Shares
    """Down while any essential check was down; unknown while none was watched"""
    checks: tuple[CheckFigures, ...]
    incidents: tuple[Incident, ...]
    """Those that touch the period, the newest first"""
    n: int
    """Looks at essential checks"""
    sla: float = SLA


def bars(
    start: Millis, end: Millis, parts: int, known: Spans, incidents: Spans, maintenance: Spans = ()
) -> tuple[str, ...]:
    """The period in *parts* equal pieces, each by the worst that is known of it."""
    edges = [start + (end - start) * i // parts for i in range(parts + 1)]
    pieces = (shares(a, b, known, incidents, maintenance) for a, b in pairwise(edges))
    return tuple(_word(each) for each in pieces)


def _word(piece: Shares) -> str:
    if piece.down:
        return "down"
    if piece.up:
        return "ok"
    return "maintenance" if piece.maintenance else "unknown"
