"""How numbers and accounts stand in a period: what Meta says, what became of their messages, what fires. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

from wabawatch.domain.alert_records import Alert
from wabawatch.domain.alerts import Severity
from wabawatch.domain.compliance import Thresholds, Verdict, judge_above, judge_below, judge_quality
from wabawatch.domain.connection import Connection, Judged
from wabawatch.domain.facts import Millis
from wabawatch.domain.headroom import MessagingLimit, NumberPlace
from wabawatch.domain.metrics import (
    NUMBER_QUALITY,
    Rate,
    Score,
    Tally,
    Weights,
    count,
    delivery_rate,
    failure_rate,
    quality_score,
    template_health,
)
from wabawatch.domain.platform import Known
from wabawatch.domain.readings_platform import NUMBER_STATUS_IS
from wabawatch.domain.standing import Role

LIMIT_NEAR = 0.8
"""From this share of a messaging limit on it is near"""


class State(IntEnum):
    """How bad it is with a number, the worst first."""

    CANNOT_SEND = 0
    """Meta lets it send nothing, or the way back from Meta is broken"""
    FAILING = 1
    """It misses a requirement, or is rated RED"""
    DOUBTFUL = 2
    """A warning, a rating of YELLOW, a limit that is near, or something grave fires"""
    FINE = 3
    QUIET = 4
    """Nothing is wrong, and it sent nothing"""


_ORDER = {Verdict.VIOLATION: 0, Verdict.WARNING: 1, Verdict.COMPLIANT: 2, Verdict.INSUFFICIENT_DATA: 3}
_BROKEN = frozenset({Connection.REFUSED, Connection.UNREACHABLE})
UNKNOWN = Judged(Connection.QUIET, (), is_certain=False)
NOWHERE = Rate(0, 0)


@dataclass(frozen=True)
class NumberState:
    """One number in a period."""

    place: NumberPlace
    aspects: Mapping[str, Known]
    """What Meta says of it, as `platform.Known`"""
    tally: Tally
    matured: Tally
    """Those that are old enough to be judged for delivery"""
    thresholds: Thresholds
    weights: Weights
    limit: MessagingLimit | None
    """Of its portfolio; None: not known whose"""
    connection: Judged = UNKNOWN
    alerts: Mapping[Severity, int] = field(default_factory=dict)
    """What fires about it, by severity"""
    last_at: Millis | None = None
    """When a webhook last told of a message of its"""
    display: str = ""
    """As people dial it"""

    def known(self, aspect: str) -> str:
        """What is known of an aspect, "" nothing."""
        found = self.aspects.get(aspect)
        return found.value if found else ""

    @property
    def number(self) -> str:
        """Its phone_number_id."""
        return self.place.number

    @cached_property
    def attempted(self) -> int:
        """Sends that were asked for."""
        return count(self.tally, lambda s: s.role is Role.ATTEMPTED)

    @cached_property
    def inbound(self) -> int:
        """Messages that people wrote to it."""
        return count(self.tally, lambda s: s.role is Role.INBOUND)

    @cached_property
    def delivery(self) -> Rate:
        """Of those old enough."""
        return delivery_rate(self.matured)

    @cached_property
    def failure(self) -> Rate:
        """Of those whose answer is known."""
        return failure_rate(self.tally)

    @cached_property
    def score(self) -> Score:
        """The quality score, of the parts that a number has of its own: without webhooks, which it shares."""
        rating = NUMBER_QUALITY.get(self.known("quality"))
        return quality_score(self.delivery, self.failure, rating, template_health(self.tally), NOWHERE, self.weights)

    @cached_property
    def verdict(self) -> Verdict:
        """The worst of its rates' and its score's. A score without any send says nothing."""
        lines, delivery, failure = self.thresholds, self.delivery, self.failure
        verdicts = [
            judge_above(delivery.value, delivery.interval, delivery.n, lines.delivery_rate, lines.min_sample),
            judge_below(failure.value, failure.interval, failure.n, lines.failure_rate, lines.min_sample),
        ]
        if self.attempted:
            verdicts.append(judge_quality(self.score, lines.quality_score, lines.min_sample))
        return min(verdicts, key=_ORDER.__getitem__)

    @property
    def is_blocked(self) -> bool:
        """Whether Meta lets it send nothing."""
        return NUMBER_STATUS_IS.get(self.known("status"), Severity.CRITICAL) is Severity.CRITICAL or (
            self.known("health") == "BLOCKED"
        )

    @property
    def limit_used(self) -> float | None:
        """Which share of its messaging limit is used at least; None: none is finite, or nobody counted."""
        if self.limit is None or not self.limit.limit or self.limit.used is None:
            return None
        return self.limit.used / self.limit.limit

    @cached_property
    def state(self) -> State:
        """How bad it is."""
        if self.is_blocked or self.connection.state in _BROKEN:
            return State.CANNOT_SEND
        if self.verdict is Verdict.VIOLATION or self.known("quality") == "RED":
            return State.FAILING
        is_low = self.verdict is Verdict.WARNING or self.known("quality") == "YELLOW"
        is_limited = self.known("health") == "LIMITED" or (self.limit_used or 0) >= LIMIT_NEAR
        is_odd = self.connection.state is Connection.SUSPICIOUS or self.known("status") not in ("", "CONNECTED")
        if is_low or is_limited or is_odd or self.alerts.get(Severity.CRITICAL):
            return State.DOUBTFUL
        return State.FINE if self.attempted or self.inbound else State.QUIET


def worst_first(some: Iterable[NumberState]) -> list[NumberState]:
    """*some* by how bad it is, of those the ones that fail most first."""
    return sorted(some, key=_badness)


def _badness(each: NumberState) -> tuple[int, int, int, int, str]:
    grave = each.alerts.get(Severity.CRITICAL, 0)
    return each.state, -grave, -each.failure.hits, -each.attempted, each.number


def firing_by_number(alerts: Iterable[Alert]) -> dict[str, dict[Severity, int]]:
    """How many of *alerts* are about each number, by severity."""
    found: dict[str, dict[Severity, int]] = {}
    for alert in alerts:
        if alert.number:
            counts = found.setdefault(alert.number, {})
            counts[alert.severity] = counts.get(alert.severity, 0) + 1
    return found
