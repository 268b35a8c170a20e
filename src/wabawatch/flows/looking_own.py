"""Looking at the figures that rules of one's own are about: percentiles, ages, uptime, and what other rules see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from wabawatch.alerting_ports import AlertFigures, OwnSigns
from wabawatch.domain.alert_rules import BY_NAME
from wabawatch.domain.alerts import EVERYTHING, Reading, Rule, RuleKind
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram, percentile
from wabawatch.domain.own_metrics import OWN_METRICS
from wabawatch.domain.rule_set import Ruling
from wabawatch.domain.standing import MINUTE_MS
from wabawatch.ports import Figures, Window

Found = list[tuple[str, Reading]]

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class OwnLooks:
    """Looks at what is no rate. What nobody asks for is not read."""

    figures: AlertFigures
    calls: Figures
    own: OwnSigns
    uptime: Callable[[Millis, Millis], float | None]
    """The share of known time without an incident; None: nothing is known"""
    rules: Ruling

    def names(self) -> list[str]:
        """The rules that `readings` is complete for."""
        return [rule.name for rule in self._mine()]

    def readings(self, found: Sequence[tuple[str, Reading]], now: Millis) -> Found:
        """What own rules see. *found*: what the rules of the product see at the same moment."""
        seen: Found = []
        for rule in self._mine():
            like = OWN_METRICS[rule.metric].like
            if like:
                seen += [(rule.name, reading) for name, reading in found if name == like]
            else:
                seen.append((rule.name, self._reading(rule, now)))
        return seen

    def _mine(self) -> Iterator[Rule]:
        return (rule for rule in self.rules.of_kind(RuleKind.STATE) if rule.name not in BY_NAME)

    def _reading(self, rule: Rule, now: Millis) -> Reading:
        end = now // MINUTE_MS * MINUTE_MS
        window = Window(end - rule.window_ms, end)
        what, _, which = rule.metric.rpartition("_")
        if rule.metric == "backlog_age":
            oldest = self.own.backlog().oldest_at
            age = 0.0 if oldest is None else (now - oldest) / 1_000
            return _seen(now, age, 1, f"the oldest webhook that waits has waited for {age:.0f} s")
        if rule.metric == "uptime":
            share = self.uptime(now - rule.window_ms, now)
            words = "nothing was checked" if share is None else f"uptime is {int(share * 100_000) / 1_000:.3f} %"
            return _seen(now, share, 1, words)
        if what == "webhook":
            answers = self.figures.answers(window)
            who = "the application" if answers.is_application else "the receiver"
            return _timed(rule, answers.times, which, now, f"webhooks are answered by {who}")
        return _timed(rule, self.calls.calls(window).send_ms, which, now, "Meta answers sends")


def _timed(rule: Rule, times: Histogram, which: str, now: Millis, what: str) -> Reading:
    n = sum(times.values())
    if n < max(1, rule.min_sample):
        return _seen(now, None, n, f"only {n} answers: too few to say anything")
    ms = percentile(times, SHARES[which])
    return _seen(now, ms, n, f"{what} within {ms:.0f} ms ({which} of {n})")


def _seen(now: Millis, value: float | None, n: int, words: str) -> Reading:
    """A figure, to be held against the rule's threshold."""
    return Reading(EVERYTHING, now, None if value is None else True, value, n, words=words)
