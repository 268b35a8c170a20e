"""Trying a rule on the past, with the figures that it looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wabawatch.alerting_ports import AlertFigures
from wabawatch.domain.alerts import Rule
from wabawatch.domain.backtests import Backtest, Spot, Tryout, slice_of, spots
from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import Weights, failure_rate
from wabawatch.domain.rollups import TIERS, Tier
from wabawatch.overview_ports import SlicedFigures
from wabawatch.ports import Window

DRAWN = ("delivery_rate", "failure_rate", "quality_score", "read_rate")
"""The metrics of which there is a line to draw"""
MOST_NUMBERS = 200


@dataclass(frozen=True, slots=True)
class RuleTrying:
    """Says when a rule would have fired, and shows why."""

    backtest: Callable[[Rule, int], Backtest]
    """`AlertDesk.try_rule`"""
    slices: SlicedFigures
    figures: AlertFigures
    grace_ms: Millis
    weights: Weights

    def look(self, rule: Rule, days: int, wanted: str) -> Tryout:
        """*rule* in the last *days*, with the figures of the number that is *wanted* (`all`: of everything; "": of the
        number about which it fired most). Nothing is written. Raises BadRequest."""
        found = self.backtest(rule, days)
        of = slice_of(found, wanted)
        window = Window(found.start, found.end)
        counted = {number: failure_rate(tally).n for number, tally in self.figures.numbers(window).items()}
        busiest = sorted((number for number, n in counted.items() if n), key=lambda each: (-counted[each], each))
        drawn: tuple[Spot, ...] = ()
        if rule.metric in DRAWN:
            series = self.slices.series(window, of, Tier.HOUR)
            drawn = spots(rule.metric, series, TIERS[Tier.HOUR].width_ms, found.end - self.grace_ms, self.weights)
        return Tryout(found, of, drawn, tuple(busiest[:MOST_NUMBERS]))
