"""Rates as rules see them: an hour that is judged again and again while it grows, without alarms by chance.

A rule looks at each hour every cycle, so a fall need not wait for the hour's end. To look twelve times as if each were
the only time would make chance alarms of it. So early looks ask for more (the boundary of O'Brien and Fleming: the
quantile divided by the root of how much of the window there is), and the last one asks for the plain interval.

Each window begins a quarter of an hour early: what breaks at the end of one is seen at the beginning of the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, lgamma, log, log1p, sqrt
from statistics import NormalDist
from typing import NamedTuple

from wabawatch.domain.alerting import is_past
from wabawatch.domain.alerts import AlertScope, Comparison, Reading, Rule
from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import Rate, wilson

CARRIED = 4
"""A window carries over this part of itself (1 / CARRIED) from the one before."""
CLUSTERS = 1.5
"""Messages share their fate with others (one country's network, one template): so many tell as much as one that is
alone. Measured in `docs/alerts.md`."""
EXACT_BELOW = 400
"""With fewer bad cases expected than this the chance is computed exactly, not by the interval alone."""


class RateWindow(NamedTuple):
    """What a look covers, and how much of the whole that is (0-1]."""

    start: Millis
    end: Millis
    fraction: float


def window_at(at: Millis, width_ms: Millis) -> RateWindow:
    """The window that a look at the time *at* is about: since the hour that ends at *at* or later began."""
    began = (at - 1) // width_ms * width_ms
    carried = width_ms // CARRIED
    return RateWindow(began - carried, at, (at - began + carried) / (width_ms + carried))


@lru_cache(maxsize=1_024)
def quantile(confidence: float, fraction: float) -> float:
    """How many standard errors a rate must be off when *fraction* of its window is there."""
    return NormalDist().inv_cdf((1 + confidence) / 2) / sqrt(fraction)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rate rule sees of one scope."""

    rate: Rate
    """How many of how many are good (`BELOW`) or bad (`ABOVE`)"""
    usual: float = 1.0
    """Delivery: which part of what arrives at all is usually there at this age"""


def judged(rule: Rule, scope: AlertScope, window: RateWindow, seen: Seen, noun: str) -> Reading:
    """What *rule* makes of a rate; too small a sample says nothing. *noun*: what is counted, as `messages arrived`."""
    rate, line = seen.rate, rule.threshold or 0.0
    reading = Reading(scope, window.end, None, rate.value, rate.n)
    if rate.n < max(1, rule.min_sample):
        return replace(reading, words=f"only {rate.n} since {_hour(window)}: too few to say anything")
    reach = quantile(rule.confidence, window.fraction)
    bounds = interval(rate.hits, rate.n, reach)
    line = line * seen.usual if rule.comparison is Comparison.BELOW else line
    beyond = bounds[1] if rule.comparison is Comparison.BELOW else bounds[0]
    is_bad = is_past(rule.comparison, beyond, line) and not _is_chance(rule, rate, line, reach)
    shown = 1 - rule.confidence
    words = (
        f"{rate.hits} of {rate.n} {noun} ({_percent(rate.hits / rate.n)}; chance below {shown:.2%}: {_span(bounds)})"
    )
    return replace(reading, is_bad=is_bad, interval=bounds, since=window.start, words=words)


def interval(hits: int, n: int, reach: float) -> tuple[float, float]:
    """The Wilson interval of a share whose cases come in clusters, *reach* standard errors wide to each side."""
    return wilson(hits, n, reach * sqrt(CLUSTERS))


def _is_chance(rule: Rule, rate: Rate, line: float, reach: float) -> bool:
    """Whether so many bad ones may come by chance were the rate just at its line: exactly, for small numbers."""
    is_low = rule.comparison is Comparison.BELOW
    bad, share = (rate.n - rate.hits, 1 - line) if is_low else (rate.hits, line)
    if rate.n * share >= EXACT_BELOW:
        return False
    allowed = 1 - NormalDist().cdf(reach)
    cases = max(1, round(rate.n / CLUSTERS))
    return at_least(round(bad / CLUSTERS), cases, share) > allowed


def at_least(k: int, n: int, share: float) -> float:
    """The chance of *k* or more hits in *n* tries of *share* each (0 < share < 1)."""
    if k <= 0:
        return 1.0
    if k > n or share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    term = exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(share) + (n - k) * log1p(-share))
    total = 0.0
    for i in range(k, n + 1):
        total += term
        term *= (n - i) / (i + 1) * share / (1 - share)
        if term < total * 1e-9 and i > n * share:
            break
    return min(1.0, total)


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


def _span(bounds: tuple[float, float]) -> str:
    return f"{bounds[0]:.1%} to {bounds[1]:.1%}".replace("%", " %")


def _hour(window: RateWindow) -> str:
    minutes = (window.end - window.start) // 60_000
    return f"{minutes} minutes ago"
