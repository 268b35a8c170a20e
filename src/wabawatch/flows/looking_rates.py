"""Looking at rates: what one window of messages, calls and answers is to every rule about rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from wabawatch.alerting_ports import AlertFigures, StateKey
from wabawatch.domain.alert_evidence import Answers, Slices, Traffic
from wabawatch.domain.alert_rates import RateWindow, window_at
from wabawatch.domain.alert_records import Change, change_of
from wabawatch.domain.alerting import step
from wabawatch.domain.alerts import EVERYTHING, NEVER, AlertScope, AlertState, Phase, Reading, Rule, RuleKind, ScopeKind
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import above
from wabawatch.domain.metrics import Rate, Tally, Weights
from wabawatch.domain.platform import Kind, of_kind, value
from wabawatch.domain.readings_counts import LATE_MS, api_reading, webhook_reading
from wabawatch.domain.readings_messages import (
    DELIVERY,
    FAILURE,
    QUALITY,
    More,
    contributors,
    country_readings,
    number_readings,
    on_time,
    parent_readings,
    patient,
)
from wabawatch.domain.rule_set import RuleSet
from wabawatch.domain.standing import DAY_MS, HOUR_MS
from wabawatch.ports import Figures, Window

OF_MESSAGES = (DELIVERY, FAILURE, QUALITY)
OF_WEBHOOKS = ("webhook_timeout", "webhook_errors", "webhook_slow")
COUNTRIES, CALLS = "delivery_anomaly", "api_errors_high"
WEEK_MS = 7 * DAY_MS


@dataclass
class Usual:
    """What is usual, as the last week tells: read once an hour."""

    hour: int = -1
    on_time: Mapping[str, float] = field(default_factory=dict)
    countries: Mapping[str, Tally] = field(default_factory=dict)
    is_fixed: bool = False
    """Not read again"""


@dataclass(frozen=True, slots=True)
class RateLooks:
    """Looks at one window after the other."""

    figures: AlertFigures
    calls: Figures
    rules: RuleSet
    grace_ms: Millis
    weights: Weights
    usual: Usual

    def changes(
        self, at: Millis, states: Mapping[StateKey, AlertState], now: Millis, watched_ms: Millis
    ) -> list[Change]:
        """What the window that ends at *at* changes of *states*."""
        look = _Look(self, at, dict(states), now, watched_ms)
        for rule in self.rules.of_kind(RuleKind.RATE):
            look.at_rule(rule)
        look.at_rest()
        return look.found

    def usual_at(self, at: Millis) -> Usual:
        """What is usual at the time *at*."""
        hour = at // HOUR_MS
        if self.usual.hour != hour and not self.usual.is_fixed:
            today = at // DAY_MS * DAY_MS
            week = Window(today - WEEK_MS, today)
            self.usual.on_time = {number: on_time(tally) for number, tally in self.figures.numbers(week).items()}
            self.usual.countries = self.figures.countries(week)
            self.usual.hour = hour
        return self.usual


class _Look:
    """One look: what several rules need is read once."""

    def __init__(
        self, looks: RateLooks, at: Millis, states: dict[StateKey, AlertState], now: Millis, watched_ms: Millis
    ) -> None:
        self.found: list[Change] = []
        self._looks, self._at, self._now, self._watched_ms = looks, at, now, watched_ms
        self._states = states
        self._traffic: dict[Millis, Traffic] = {}
        self._slices: dict[Millis, Slices] = {}
        self._answers: dict[Millis, Answers] = {}
        self._seen: set[StateKey] = set()

    def at_rule(self, rule: Rule) -> None:
        """Look with one rule."""
        window = window_at(self._at, rule.window_ms)
        if rule.metric in OF_MESSAGES:
            self._at_messages(rule, window)
        elif rule.metric in OF_WEBHOOKS:
            self._step(rule.name, webhook_reading(rule, self._answered(window), window, rule.metric))
        elif rule.metric == CALLS:
            calls = self._looks.calls.calls(Window(window.start, window.end))
            self._step(rule.name, api_reading(rule, calls, window))
        elif rule.metric == COUNTRIES:
            self._at_countries(rule, window)

    def at_rest(self) -> None:
        """Of what is open and was not looked at, nothing is known."""
        for (name, scope), state in list(self._states.items()):
            if (name, scope) not in self._seen and state.phase in (Phase.PENDING, Phase.FIRING):
                self._step(name, Reading(scope, self._at, None, words="nothing is known of it any more"))

    def _at_messages(self, rule: Rule, window: RateWindow) -> None:
        traffic = self._messages(window)
        more = More(_in_time(self._answered(window)), self._looks.weights)

        def rule_for(scope: AlertScope) -> Rule | None:
            is_wanted = rule.scope in (ScopeKind.NUMBER, scope.kind)
            return self._looks.rules.rule(rule.name, scope) if is_wanted else None

        bad: list[AlertScope] = []
        if rule.scope is ScopeKind.NUMBER:
            for reading in number_readings(rule_for, traffic, window, rule.metric, more):
                self._step(rule.name, self._explained(rule, reading, traffic, window))
                if reading.is_bad:
                    bad.append(reading.scope)
        told = {*bad, *self._firing(rule.name)}
        for reading in parent_readings(rule_for, traffic, window, rule.metric, more, told):
            self._step(rule.name, self._explained(rule, reading, traffic, window))

    def _at_countries(self, rule: Rule, window: RateWindow) -> None:
        # Countries are counted by the hour: in its first quarter, the hour before counts as well.
        began = (window.end - 1) // HOUR_MS * HOUR_MS
        start = began if window.end - began > HOUR_MS // 4 else began - HOUR_MS
        counted = self._looks.figures.countries(Window(start, window.end))
        usual = self._looks.usual_at(self._at).countries
        for reading in country_readings(lambda scope: self._looks.rules.rule(rule.name, scope), counted, usual, window):
            self._step(rule.name, reading)

    def _explained(self, rule: Rule, reading: Reading, traffic: Traffic, window: RateWindow) -> Reading:
        """*reading* with what it is made of, if it is bad."""
        if not reading.is_bad:
            return reading
        if rule.window_ms not in self._slices:
            self._slices[rule.window_ms] = self._looks.figures.slices(Window(window.start, window.end))
        numbers = _numbers_of(reading.scope, traffic)
        return replace(reading, contributors=contributors(rule.metric, numbers, traffic, self._slices[rule.window_ms]))

    def _messages(self, window: RateWindow) -> Traffic:
        width = window.end - window.start
        if width not in self._traffic:
            figures, grace = self._looks.figures, self._looks.grace_ms
            ratings = {
                subject.id: known
                for subject, aspects in of_kind(figures.states(), Kind.NUMBER)
                if (known := value(aspects, "quality"))
            }
            self._traffic[width] = Traffic(
                figures.numbers(Window(window.start, window.end)),
                figures.numbers(Window(window.start - grace, window.end - grace)),
                self._looks.usual_at(self._at).on_time,
                figures.owners(),
                ratings,
            )
        return self._traffic[width]

    def _answered(self, window: RateWindow) -> Answers:
        width = window.end - window.start
        if width not in self._answers:
            self._answers[width] = self._looks.figures.answers(Window(window.start, window.end))
        return self._answers[width]

    def _firing(self, rule: str) -> list[AlertScope]:
        return [scope for (name, scope), state in self._states.items() if name == rule and state.phase is Phase.FIRING]

    def _step(self, name: str, reading: Reading) -> None:
        rule = self._looks.rules.rule(name, reading.scope)
        self._seen.add((name, reading.scope))
        if rule is None:
            return
        before = self._states.get((name, reading.scope), NEVER)
        rule = patient(rule, reading.scope) if rule.metric in OF_MESSAGES else rule
        stepped = step(rule, before, reading, self._now, watched_ms=self._watched_ms)
        change = change_of(rule, reading.scope, before, stepped, reading)
        if change is not None:
            self._states[name, reading.scope] = change.after
            self.found.append(change)


def _numbers_of(scope: AlertScope, traffic: Traffic) -> set[str]:
    if scope.kind is ScopeKind.NUMBER:
        return {scope.id}
    every = traffic.tallies.keys() | traffic.matured.keys()
    if scope == EVERYTHING:
        return set(every)
    return {number for number in every if traffic.owners.get(number, "") == scope.id}


def _in_time(answers: Answers) -> Rate:
    """How many webhooks were answered within the limit."""
    answered = sum(answers.times.values())
    return Rate(answered - above(answers.times, LATE_MS), answered + answers.unanswered)
