"""How templates stand in a period: what Meta says of each, and what became of what was sent with it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import NamedTuple, TypeAlias

from wabawatch.domain.compliance import Thresholds, Verdict, judge_above, judge_below
from wabawatch.domain.costs import Line
from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.metrics import Rate, Tally, count, delivery_rate, failure_rate, read_rate
from wabawatch.domain.platform import Known
from wabawatch.domain.standing import HOUR_MS, Outcome, Role, TemplateUse
from wabawatch.domain.templates import APPROVED, status_meaning


class TemplateText(NamedTuple):
    """A part of what a template says."""

    part: str
    """header | body | footer | button"""
    text: str


class Trouble(IntEnum):
    """How bad it is with a template, the worst first."""

    MISUSED = 0
    """Sends broke the rule "only approved templates" """
    STOPPED = 1
    """Meta stopped it, or is about to"""
    MISSING_RATES = 2
    """What is sent with it misses the requirements"""
    DOUBTFUL = 3
    """Its quality or a rate is on the way down, Meta refused it, or its category is to change"""
    WAITING = 4
    FINE = 5
    UNUSED = 6
    """Nothing is wrong, and nothing was sent with it"""
    GONE = 7


_STOPPED = frozenset({"PAUSED", "DISABLED", "LOCKED"})
_REFUSED = frozenset({"REJECTED", "IN_APPEAL", "LIMIT_EXCEEDED", "FLAGGED"})
_GONE = frozenset({"DELETED", "PENDING_DELETION", "ARCHIVED"})
_ORDER = {Verdict.VIOLATION: 0, Verdict.WARNING: 1, Verdict.COMPLIANT: 2, Verdict.INSUFFICIENT_DATA: 3}


@dataclass(frozen=True)
class TemplateStands:
    """One template of one account."""

    waba: str
    """"" where nobody told whose it is"""
    ref: TemplateRef
    aspects: Mapping[str, Known]
    """What Meta says of it, as `platform.Known`"""
    tally: Tally
    matured: Tally
    """Those that are old enough to be judged for delivery"""
    thresholds: Thresholds
    cost: Decimal | None = None
    """About, at list prices; None: not known"""

    @property
    def key(self) -> str:
        """What it is called in lists of states."""
        return f"{self.ref.name}/{self.ref.language}"

    def known(self, aspect: str) -> str:
        """What is known of an aspect, "" nothing."""
        found = self.aspects.get(aspect)
        return found.value if found else ""

    @property
    def status(self) -> str:
        """As Meta calls it, "" unknown."""
        return self.known("status")

    @property
    def is_sendable(self) -> bool | None:
        """Whether it may be sent; None: nobody told."""
        meant = status_meaning(self.status)
        return meant == APPROVED if meant else None

    @property
    def changed_at(self) -> Millis | None:
        """When status, quality or category last changed, as far as we know."""
        times = [each.at for name, each in self.aspects.items() if name in ("status", "quality", "category")]
        return max(times, default=0) or None

    @cached_property
    def attempted(self) -> int:
        """Sends that were asked for."""
        return count(self.tally, lambda s: s.role is Role.ATTEMPTED)

    @cached_property
    def delivery(self) -> Rate:
        """Of those old enough."""
        return delivery_rate(self.matured)

    @cached_property
    def read(self) -> Rate:
        """Of those that arrived and are old enough."""
        return read_rate(self.matured)

    @cached_property
    def failure(self) -> Rate:
        """Of those whose answer is known."""
        return failure_rate(self.tally)

    @cached_property
    def violations(self) -> int:
        """Sends that broke the template rule."""
        return count(self.tally, lambda s: s.template_use is TemplateUse.VIOLATION)

    @cached_property
    def unverified(self) -> int:
        """Sends of which nobody can say whether they did."""
        return count(self.tally, lambda s: s.template_use is TemplateUse.UNVERIFIED)

    @cached_property
    def charged(self) -> int:
        """Messages that Meta charges for."""
        return charged(self.tally)

    @cached_property
    def delivery_verdict(self) -> Verdict:
        """On the delivery rate."""
        rate, lines = self.delivery, self.thresholds
        return judge_above(rate.value, rate.interval, rate.n, lines.delivery_rate, lines.min_sample)

    @cached_property
    def failure_verdict(self) -> Verdict:
        """On the failure rate."""
        rate, lines = self.failure, self.thresholds
        return judge_below(rate.value, rate.interval, rate.n, lines.failure_rate, lines.min_sample)

    @property
    def verdict(self) -> Verdict:
        """The worse of the two."""
        return min(self.delivery_verdict, self.failure_verdict, key=_ORDER.__getitem__)

    @cached_property
    def trouble(self) -> Trouble:
        """How bad it is."""
        if self.violations:
            return Trouble.MISUSED
        if self.status in _GONE:
            return Trouble.GONE
        if self.status in _STOPPED or self.known("quality") == "RED":
            return Trouble.STOPPED
        if self.verdict is Verdict.VIOLATION:
            return Trouble.MISSING_RATES
        is_low = self.known("quality") == "YELLOW" or self.verdict is Verdict.WARNING
        if is_low or self.status in _REFUSED or self.known("category_notice"):
            return Trouble.DOUBTFUL
        if self.status == "PENDING":
            return Trouble.WAITING
        return Trouble.FINE if self.attempted else Trouble.UNUSED


def charged(tally: Tally) -> int:
    """How many messages Meta charges for: those that are billable and did not fail."""
    return count(tally, lambda s: s.is_billable and s.role is Role.ATTEMPTED and s.status not in _FREE)


_FREE = (Outcome.FAILED, Outcome.EXPIRED)


class Order(StrEnum):
    """In which order templates are listed."""

    WORST = "worst"
    NAME = "name"
    SENT = "sent"
    DELIVERY = "delivery"
    READ = "read"
    FAILURES = "failures"
    COST = "cost"
    CHANGED = "changed"


def ordered(some: Iterable[TemplateStands], order: Order) -> list[TemplateStands]:
    """*some* in *order*: what one looks for first, and where that is the same by how bad it is."""
    found = sorted(some, key=_badness)
    match order:
        case Order.WORST:
            return found
        case Order.NAME:
            return sorted(found, key=lambda each: each.ref)
        case _:
            return sorted(found, key=_FIGURES[order])


def _badness(each: TemplateStands) -> tuple[int, int, int, TemplateRef, str]:
    return each.trouble, -each.failure.hits, -each.attempted, each.ref, each.waba


def _low(rate: Rate) -> float:
    return 2.0 if rate.value is None else rate.value


_FIGURES: Mapping[Order, Callable[[TemplateStands], float]] = {
    Order.SENT: lambda each: -each.attempted,
    Order.DELIVERY: lambda each: _low(each.delivery),
    Order.READ: lambda each: _low(each.read),
    Order.FAILURES: lambda each: -each.failure.hits,
    Order.COST: lambda each: -float(each.cost or 0),
    Order.CHANGED: lambda each: -(each.changed_at or 0),
}


def ripe_hour(end: Millis, grace_ms: Millis) -> Millis:
    """The end of the last whole hour that is *grace_ms* older than *end*: templates are counted by the hour."""
    return (end - grace_ms) // HOUR_MS * HOUR_MS


MeanPrices: TypeAlias = Mapping[tuple[str, str], tuple[int, Decimal]]
"""Messages that have a price and what they cost together, by category in small letters and number ("": of all)"""


def mean_prices(lines: Iterable[Line]) -> MeanPrices:
    """What *lines* say of the mean price of each category."""
    found: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for line in lines:
        amount = line.amount
        if amount is not None and line.n > 0:
            for whose in (line.number, ""):
                n, sum_ = found.get((line.category.lower(), whose), (0, Decimal(0)))
                found[line.category.lower(), whose] = n + line.n, sum_ + amount
    return found


def about(numbers: Mapping[str, int], category: str, prices: MeanPrices) -> Decimal | None:
    """What charged messages, given by number, cost about: at the mean price that each number's of *category* had.

    Exact where the price is the same in every country, or the template is the only one of its category there. None:
    no price is known.
    """
    if not any(numbers.values()):
        return Decimal(0)
    of_all = prices.get((category.lower(), ""))
    if of_all is None:
        return None
    found = Decimal(0)
    for number, n in numbers.items():
        known, amount = prices.get((category.lower(), number), of_all)
        found += amount / known * n
    return found
