"""The overview: one period of one slice, judged, with what it is made of and what was before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.alert_records import Alert
from wabawatch.domain.calls import CallCounts
from wabawatch.domain.compliance import Thresholds, Verdict, judge_above, judge_below
from wabawatch.domain.error_codes import Fault, fault_of, lookup
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram, percentile
from wabawatch.domain.metrics import (
    Rate,
    Tally,
    Weights,
    count,
    delivery_rate,
    failure_rate,
    message_counts,
    quality_score,
    template_sends,
)
from wabawatch.domain.metrics import template_health as health_of
from wabawatch.domain.report import Assessment, BodyCounts
from wabawatch.domain.rollups import TIERS, Tier
from wabawatch.domain.runs import Gap
from wabawatch.domain.standing import DAY_MS, HOUR_MS, Role
from wabawatch.domain.uptime import UptimeFigures

MOST_NUMBERS = 20
"""So many numbers are shown, the worst first"""


class SliceKind(StrEnum):
    """Of what figures are."""

    ALL = "all"
    WABA = "waba"
    NUMBER = "number"


class Slice(NamedTuple):
    """Everything, one account, or one number."""

    kind: SliceKind = SliceKind.ALL
    id: str = ""


EVERYTHING = Slice()


def tier_for(length_ms: Millis) -> Tier:
    """How wide the buckets of a chart over so long a period are: 20 to 150 of them, where they are kept."""
    if length_ms <= 12 * HOUR_MS:
        return Tier.FIVE
    return Tier.HOUR if length_ms <= 5 * DAY_MS else Tier.DAY


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of the period."""

    at: Millis
    """Its start"""
    attempted: int
    failed: int
    delivery: Rate
    """No case where its messages are too young to be judged"""
    failure: Rate
    template_use: Rate
    quality: float | None
    """Of the parts that change within the period: with the numbers' ratings as they are at its end"""
    webhook_p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Cause:
    """An error code that messages failed with."""

    code: int
    n: int
    fault: Fault
    meaning: str
    """"" for a code that nobody has explained yet"""
    next_step: str
    is_transient: bool | None


@dataclass(frozen=True, slots=True)
class NumberStands:
    """One number in the period."""

    number: str
    waba: str
    attempted: int
    delivery: Rate
    failure: Rate
    rating: str
    """At the end of the period, as it was known then; "" unknown"""
    verdict: Verdict
    """The worse of its two rates'"""


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first page shows."""

    as_of: Millis
    start: Millis
    end: Millis
    of: Slice
    tier: Tier
    assessment: Assessment
    before: Assessment
    """The period of the same length before it"""
    points: tuple[Point, ...]
    points_before: tuple[Point, ...]
    """Of the period before, without webhooks"""
    causes: tuple[Cause, ...]
    numbers: tuple[NumberStands, ...]
    """The worst first, at most so many as were asked for"""
    numbers_in_all: int
    """How many numbers sent anything in the period"""
    places: Mapping[str, str]
    """The account of every number that is known, whatever it sent; "" unknown"""
    names: Mapping[str, str]
    """What Meta calls each of *numbers*, "" unknown"""
    alerts: tuple[Alert, ...]
    """What fires now, the gravest first"""
    uptime: UptimeFigures
    bodies: BodyCounts
    calls: CallCounts
    is_running: bool
    last_cycle_at: Millis | None
    gaps: tuple[Gap, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was sent, received or answered in the period."""
        counts = self.assessment.messages
        return not (counts.attempted or counts.inbound or counts.orphan or self.bodies.received or self.calls.calls)


def points(
    tallies: Mapping[Millis, Tally],
    answers: Mapping[Millis, Histogram],
    tier: Tier,
    ripe_until: Millis,
    number: float | None,
    weights: Weights,
) -> tuple[Point, ...]:
    """The buckets of a period in order. Those that end after *ripe_until* have no delivery rate yet."""
    width = TIERS[tier].width_ms
    return tuple(
        _point(at, tallies.get(at, {}), answers.get(at, {}), at + width <= ripe_until, number, weights)
        for at in sorted(tallies.keys() | answers.keys())
    )


def _point(
    at: Millis, tally: Tally, answers: Histogram, is_ripe: bool, number: float | None, weights: Weights
) -> Point:
    delivery = delivery_rate(tally) if is_ripe else Rate(0, 0)
    failure, counted = failure_rate(tally), message_counts(tally)
    score = quality_score(delivery, failure, number, health_of(tally), Rate(0, 0), weights)
    return Point(
        at=at,
        attempted=counted.attempted,
        failed=counted.failed,
        delivery=delivery,
        failure=failure,
        template_use=template_sends(tally),
        quality=score.value if delivery.n else None,
        webhook_p99_ms=percentile(answers, 0.99),
    )


def causes(failed: Mapping[int, int]) -> tuple[Cause, ...]:
    """Error codes with how often messages failed with them, the most frequent first."""
    return tuple(_cause(code, n) for code, n in sorted(failed.items(), key=lambda each: (-each[1], each[0])) if n > 0)


def _cause(code: int, n: int) -> Cause:
    known = lookup(code)
    if known is None:
        return Cause(code, n, fault_of(code), "", "", None)
    return Cause(code, n, known.fault, known.meaning, known.next_step, known.is_transient)


_ORDER = {Verdict.VIOLATION: 0, Verdict.WARNING: 1, Verdict.COMPLIANT: 2, Verdict.INSUFFICIENT_DATA: 3}


def worst_first(
    tallies: Mapping[str, Tally],
    matured: Mapping[str, Tally],
    owners: Mapping[str, str],
    ratings: Mapping[str, str],
    thresholds: Thresholds,
) -> list[NumberStands]:
    """The numbers that sent anything: violations first, then warnings; of those the one with the most failed first."""
    found = [
        _stands(number, tally, matured.get(number, {}), owners.get(number, ""), ratings.get(number, ""), thresholds)
        for number, tally in tallies.items()
    ]
    sent = [each for each in found if each.attempted]
    return sorted(sent, key=lambda each: (_ORDER[each.verdict], -each.failure.hits, each.number))


def _stands(number: str, tally: Tally, matured: Tally, waba: str, rating: str, thresholds: Thresholds) -> NumberStands:
    delivery, failure, least = delivery_rate(matured), failure_rate(tally), thresholds.min_sample
    verdicts = (
        judge_above(delivery.value, delivery.interval, delivery.n, thresholds.delivery_rate, least),
        judge_below(failure.value, failure.interval, failure.n, thresholds.failure_rate, least),
    )
    attempted = count(tally, lambda standing: standing.role is Role.ATTEMPTED)
    return NumberStands(number, waba, attempted, delivery, failure, rating, min(verdicts, key=_ORDER.__getitem__))


def touching(alerts: Iterable[Alert], of: Slice, places: Mapping[str, str]) -> Sequence[Alert]:
    """Those of *alerts* that are about *of*, a part of it, or about everything."""
    if of.kind is SliceKind.ALL:
        return list(alerts)
    waba = of.id if of.kind is SliceKind.WABA else places.get(of.id, "")
    number = of.id if of.kind is SliceKind.NUMBER else ""
    return [each for each in alerts if _touches(each, waba, number, places)]


def _touches(alert: Alert, waba: str, number: str, places: Mapping[str, str]) -> bool:
    if alert.number:
        return alert.number == number if number else (alert.scope.waba or places.get(alert.number, "")) == waba
    whose = alert.scope.id if alert.scope.kind == "waba" else alert.scope.waba
    return not whose or whose == waba
