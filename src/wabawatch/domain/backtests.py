"""What a rule would have done in the past. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from wabawatch.domain.alerts import AlertScope, Reason, Rule, ScopeKind
from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import Rate, Tally, Weights, delivery_rate, failure_rate, quality_score, read_rate
from wabawatch.domain.metrics import template_health as health_of
from wabawatch.domain.overview import EVERYTHING, Slice, SliceKind


@dataclass(frozen=True, slots=True)
class Fired:
    """One alert that there would have been."""

    scope: AlertScope
    at: Millis
    ended_at: Millis | None
    """None: it would still fire"""
    ended: Reason | None
    words: str


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a rule would have done."""

    rule: Rule
    start: Millis
    end: Millis
    fired: tuple[Fired, ...]
    messages: int = 0
    """So many sends were in that time; 0: there is nothing to try it on, which says nothing of the rule"""


class Spot(NamedTuple):
    """What a rule looks at, in one bucket of time."""

    at: Millis
    """Its start"""
    value: float
    n: int
    low: float
    """Of its 95 % interval, where it has one"""
    high: float


@dataclass(frozen=True, slots=True)
class Tryout:
    """A back-test with the figures that it looked at."""

    found: Backtest
    of: Slice
    """What the figures are of"""
    spots: tuple[Spot, ...]
    """Empty: there is no such line to draw"""
    numbers: tuple[str, ...]
    """The numbers that sent anything, the busiest first"""

    @property
    def shaded(self) -> tuple[Fired, ...]:
        """What would have fired about the figures that are drawn, about a part of them, or the whole."""
        if self.of.kind is not SliceKind.NUMBER:
            return self.found.fired
        return tuple(
            each for each in self.found.fired if each.scope.kind is not ScopeKind.NUMBER or each.scope.id == self.of.id
        )


def slice_of(found: Backtest, wanted: str) -> Slice:
    """What to draw: a number as *wanted*, everything for `all`, else the number about which it fired most."""
    if wanted:
        return EVERYTHING if wanted == "all" else Slice(SliceKind.NUMBER, wanted)
    about = Counter(each.scope.id for each in found.fired if each.scope.kind is ScopeKind.NUMBER)
    return Slice(SliceKind.NUMBER, min(about, key=lambda each: (-about[each], each))) if about else EVERYTHING


def spots(
    metric: str, tallies: Mapping[Millis, Tally], width_ms: Millis, ripe_until: Millis, weights: Weights
) -> tuple[Spot, ...]:
    """The *metric* in each bucket of *tallies*; of delivery only where it can be judged by now."""
    found = []
    for at, tally in sorted(tallies.items()):
        if metric != "failure_rate" and at + width_ms > ripe_until:
            continue
        if metric == "quality_score":
            score = quality_score(
                delivery_rate(tally), failure_rate(tally), None, health_of(tally), Rate(0, 0), weights
            )
            n = failure_rate(tally).n
            if score.value is not None and n:
                found.append(Spot(at, score.value, n, score.value, score.value))
            continue
        rate = {"delivery_rate": delivery_rate, "failure_rate": failure_rate, "read_rate": read_rate}[metric](tally)
        if rate.value is not None and rate.interval is not None:
            found.append(Spot(at, rate.value, rate.n, *rate.interval))
    return tuple(found)
