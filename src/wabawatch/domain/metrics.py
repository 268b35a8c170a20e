"""From counts to figures: rates with their interval, message counts, the quality score (SPEC.md section 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import TypeAlias

from wabawatch.domain.standing import Outcome, Role, Standing, TemplateUse

Tally: TypeAlias = Mapping[Standing, int]
"""How many messages of each standing."""

Z_95 = 1.959963984540054
"""Normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of *n* cases, with its 95 % Wilson interval."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """The share, 0-1; None without a case."""
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval; None without a case."""
        return wilson(self.hits, self.n) if self.n else None


def wilson(hits: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """The Wilson score interval of *hits* out of *n* (n >= 1): right also for small n and shares near 0 or 1."""
    share = hits / n
    spread = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / spread
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / spread
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, slots=True)
class MessageCounts:
    """The `messages` of `status --json`. The six statuses are exclusive and add up to `attempted`."""

    attempted: int
    accepted: int
    sent: int
    delivered: int
    read: int
    failed: int
    expired: int
    pending: int
    rejected: int
    unlinked: int
    orphan: int
    inbound: int


def message_counts(tally: Tally) -> MessageCounts:
    """The counts of one window."""

    def having(status: Outcome) -> int:
        return count(tally, lambda s: s.role is Role.ATTEMPTED and s.status is status)

    return MessageCounts(
        attempted=count(tally, lambda s: s.role is Role.ATTEMPTED),
        accepted=count(tally, lambda s: s.is_accepted),
        sent=having(Outcome.SENT),
        delivered=having(Outcome.DELIVERED),
        read=having(Outcome.READ),
        failed=having(Outcome.FAILED),
        expired=having(Outcome.EXPIRED),
        pending=having(Outcome.PENDING),
        rejected=count(tally, lambda s: s.is_rejected),
        unlinked=count(tally, lambda s: s.is_unlinked),
        orphan=count(tally, lambda s: s.role is Role.ORPHAN),
        inbound=count(tally, lambda s: s.role is Role.INBOUND),
    )


def count(tally: Tally, counts: Callable[[Standing], bool]) -> int:
    """How many messages have a standing that *counts*."""
    return sum(n for standing, n in tally.items() if counts(standing))


def _rate(tally: Tally, belongs: Callable[[Standing], bool], hits: Callable[[Standing], bool]) -> Rate:
    found = whole = 0
    for standing, n in tally.items():
        if belongs(standing):
            whole += n
            found += n if hits(standing) else 0
    return Rate(found, whole)


def delivery_rate(matured: Tally) -> Rate:
    """(delivered + read) / accepted. *matured* ends a grace time before the window does."""
    return _rate(matured, lambda s: s.in_delivery, lambda s: s.status in (Outcome.DELIVERED, Outcome.READ))


def read_rate(matured: Tally) -> Rate:
    """read / (delivered + read): of what arrived, how much was read so far. Many people do not let anybody know."""
    arrived = (Outcome.DELIVERED, Outcome.READ)
    return _rate(matured, lambda s: s.in_delivery and s.status in arrived, lambda s: s.status is Outcome.READ)


def failure_rate(tally: Tally) -> Rate:
    """failed / attempted, over the sends whose answer is known: an unlinked send is in no rate."""
    return _rate(tally, lambda s: s.in_failure, lambda s: s.status is Outcome.FAILED)


def failures_by_fault(tally: Tally) -> dict[str, int]:
    """The failed ones, split by who can mend it."""
    split: dict[str, int] = {}
    for standing, n in tally.items():
        if standing.fault and standing.in_failure:
            split[standing.fault] = split.get(standing.fault, 0) + n
    return split


def coverage(tally: Tally) -> Rate:
    """Accepted messages whose send was recorded / accepted. Below 90 % webhooks alone tell the story."""
    return _rate(tally, lambda s: s.is_accepted, lambda s: s.is_recorded)


def template_sends(tally: Tally) -> Rate:
    """Template sends that do not violate the rule / template sends."""
    return _rate(tally, lambda s: bool(s.template_use), lambda s: s.template_use is not TemplateUse.VIOLATION)


def template_health(tally: Tally) -> Rate:
    """Template sends on approved templates neither red nor paused / template sends whose template's state is known."""
    return _rate(tally, lambda s: bool(s.template_health), lambda s: s.template_health == "healthy")


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of the quality score weighs; they need not add up to 1."""

    delivery: float = 0.30
    failure: float = 0.20
    number: float = 0.25
    template: float = 0.15
    webhook: float = 0.10


NUMBER_QUALITY = {"GREEN": 1.0, "YELLOW": 0.7, "RED": 0.3}
"""What a number's quality rating is worth; any other rating is left out."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the quality score, 0 (bad) to 1 (good). `n` is None where it is no rate."""

    value: float
    low: float
    high: float
    weight: float
    n: int | None


@dataclass(frozen=True, slots=True)
class Score:
    """The quality score with its interval and parts. `value` is None when no part is known."""

    value: float | None
    interval: tuple[float, float] | None
    n: int
    """The smallest n of its rate parts; 0 when there is none"""
    parts: Mapping[str, Part]


def number_quality(ratings: Mapping[str, int]) -> float | None:
    """Mean worth of the numbers' ratings, each weighted by its accepted messages (rating -> messages)."""
    known = {rating: n for rating, n in ratings.items() if rating in NUMBER_QUALITY and n > 0}
    total = sum(known.values())
    return sum(NUMBER_QUALITY[rating] * n for rating, n in known.items()) / total if total else None


def quality_score(
    delivery: Rate, failure: Rate, number: float | None, template: Rate, webhook: Rate, weights: Weights
) -> Score:
    """Weighted mean of what is known; missing parts are left out and the rest renormalised."""
    parts: dict[str, Part] = {}
    for name, rate, weight in (
        ("delivery", delivery, weights.delivery),
        ("failure", Rate(failure.n - failure.hits, failure.n), weights.failure),
        ("template", template, weights.template),
        ("webhook", webhook, weights.webhook),
    ):
        if rate.value is not None and rate.interval is not None and weight > 0:
            parts[name] = Part(rate.value, *rate.interval, weight=weight, n=rate.n)
    if number is not None and weights.number > 0:
        parts["number"] = Part(number, number, number, weights.number, None)
    total = sum(part.weight for part in parts.values())
    if not total:
        return Score(None, None, 0, {})
    counted = [part.n for part in parts.values() if part.n is not None]
    return Score(
        value=sum(part.value * part.weight for part in parts.values()) / total,
        interval=(
            sum(part.low * part.weight for part in parts.values()) / total,
            sum(part.high * part.weight for part in parts.values()) / total,
        ),
        n=min(counted, default=0),
        parts=parts,
    )
