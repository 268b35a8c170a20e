"""Looking at rates: what one window of messages, calls and answers is to every rule about rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from wabawatch.alerting_ports import AlertFigures, StateKey
from wabawatch.domain.alert_evidence import Answers, Traffic
from wabawatch.domain.alert_rates import RateWindow, window_at
from wabawatch.domain.alert_records import Change, change_of
from wabawatch.domain.alerting import step
from wabawatch.domain.alerts import (
    EVERYTHING,
    NEVER,
    AlertScope,
    AlertState,
    OpenAlert,
    Phase,
    Reading,
    Rule,
    RuleKind,
    ScopeKind,
)
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import above
from wabawatch.domain.imported import NOT_NEWS, imported_until, is_touched
from wabawatch.domain.inhibition import outage_end
from wabawatch.domain.metrics import Rate, Tally, Weights, failure_rate
from wabawatch.domain.platform import Kind, of_kind, value
from wabawatch.domain.readings_counts import LATE_MS, api_reading, webhook_reading
from wabawatch.domain.readings_makeup import Makeup
from wabawatch.domain.readings_messages import (
    DELIVERY,
    FAILURE,
    QUALITY,
    READ,
    More,
    country_readings,
    number_readings,
    on_time,
    parent_readings,
    patient,
)
from wabawatch.domain.readings_parts import Parts
from wabawatch.domain.rule_set import Ruling
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS
from wabawatch.ports import Figures, Window

OF_MESSAGES = (DELIVERY, FAILURE, QUALITY, READ)
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
    rules: Ruling
    grace_ms: Millis
    weights: Weights
    usual: Usual
    believes_imports: bool = False
    """Whether what was imported counts like anything else: when the past is judged, and nobody is told"""

    def changes(
        self,
        at: Millis,
        states: Mapping[StateKey, AlertState],
        now: Millis,
        watched_ms: Millis,
        past: Sequence[OpenAlert] = (),
    ) -> list[Change]:
        """What the window that ends at *at* changes of *states*.

        After a cause in *past* (an outage that is over), messages that it explains are judged by what came since.
        """
        look = _Look(self, at, dict(states), now, watched_ms, past)
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
        self,
        looks: RateLooks,
        at: Millis,
        states: dict[StateKey, AlertState],
        now: Millis,
        watched_ms: Millis,
        past: Sequence[OpenAlert],
    ) -> None:
        self.found: list[Change] = []
        self._looks, self._at, self._now, self._watched_ms = looks, at, now, watched_ms
        self._states, self._past = states, past
        self._parts: dict[tuple[Millis, Millis], Parts] = {}
        self._makeups: dict[tuple[Millis, Millis], Makeup] = {}
        self._answers: dict[Millis, Answers] = {}
        self._seen: set[StateKey] = set()

    def at_rule(self, rule: Rule) -> None:
        """Look with one rule."""
        window = window_at(self._at, rule.window_ms)
        if rule.metric in OF_MESSAGES:
            self._at_messages(rule, window)
        elif rule.metric in OF_WEBHOOKS:
            reading = webhook_reading(rule, self._answered(window), window, rule.metric)
            self._step(rule.name, replace(reading, counted_from=window.start))
        elif rule.metric == CALLS:
            calls = self._looks.calls.calls(Window(window.start, window.end))
            self._step(rule.name, replace(api_reading(rule, calls, window), counted_from=window.start))
        elif rule.metric == COUNTRIES:
            self._at_countries(rule, window)

    def at_rest(self) -> None:
        """Of what is open and was not looked at, nothing is known."""
        for (name, scope), state in list(self._states.items()):
            if scope.kind is ScopeKind.CHECK:  # a state
                continue
            if (name, scope) not in self._seen and state.phase in (Phase.PENDING, Phase.FIRING):
                self._step(name, Reading(scope, self._at, None, words="nothing is known of it any more"))

    def _at_messages(self, rule: Rule, window: RateWindow) -> None:
        parts = self._messages(window)
        more = More(_in_time(self._answered(window)), self._looks.weights)

        def rule_for(scope: AlertScope) -> Rule | None:
            is_wanted = rule.scope in (ScopeKind.NUMBER, scope.kind)
            return self._looks.rules.rule(rule.name, scope) if is_wanted else None

        def sight(scope: AlertScope) -> list[tuple[Parts, RateWindow]]:
            since = self._since_outage(rule, scope, window)
            return [(parts, window)] if since is None else [(parts, window), (self._messages(since), since)]

        bad: list[AlertScope] = []
        if rule.scope is ScopeKind.NUMBER:
            for seen in number_readings(rule_for, parts, sight, rule.metric, more):
                reading = self._believed(seen, parts, window)
                self._step(rule.name, self._explained(rule, reading, *sight(reading.scope)[-1]))
                if reading.is_bad:
                    bad.append(reading.scope)
        told = {*bad, *self._firing(rule.name)}
        for seen in parent_readings(rule_for, parts, sight, rule.metric, more, told):
            reading = self._believed(seen, parts, window)
            self._step(rule.name, self._explained(rule, reading, *sight(reading.scope)[-1]))

    def _since_outage(self, rule: Rule, scope: AlertScope, window: RateWindow) -> RateWindow | None:
        """The part of *window* after the last outage that explains the rule for *scope*; None: none reaches into it."""
        ended_at = -(-outage_end(rule.name, rule.severity, scope, self._past) // MINUTE_MS) * MINUTE_MS
        start = ended_at + (0 if rule.metric == FAILURE else self._looks.grace_ms)  # of delivery, what was sent since
        if start <= window.start:
            return None
        part = max(MINUTE_MS, window.end - start) / (window.end - window.start)
        return RateWindow(min(start, window.end), window.end, window.fraction * part)

    def _at_countries(self, rule: Rule, window: RateWindow) -> None:
        # Countries are counted by the hour. In its first quarter the one before counts as well, for those of which this
        # one has too little: of others it would hide for a quarter of an hour what has just begun.
        began = (window.end - 1) // HOUR_MS * HOUR_MS
        running = RateWindow(began, window.end, (window.end - began) / HOUR_MS)
        counted = self._looks.figures.countries(Window(began, window.end))
        least = rule.min_sample if window.end - began <= HOUR_MS // 4 else 0
        enough = {country: tally for country, tally in counted.items() if failure_rate(tally).n >= least}
        self._at_some_countries(rule, enough, running, began)
        if least:
            more = self._looks.figures.countries(Window(began - HOUR_MS, window.end))
            rest = {country: tally for country, tally in more.items() if country not in enough}
            self._at_some_countries(rule, rest, window, began - HOUR_MS)

    def _at_some_countries(self, rule: Rule, some: Mapping[str, Tally], window: RateWindow, since: Millis) -> None:
        usual = self._looks.usual_at(self._at).countries
        for reading in country_readings(lambda scope: self._looks.rules.rule(rule.name, scope), some, usual, window):
            seen = _not_news(reading) if reading.is_bad and self._is_brought(since) else reading
            self._step(rule.name, replace(seen, counted_from=since))

    def _is_brought(self, start: Millis) -> bool:
        """Whether anything was imported into the time from *start* on."""
        imported = {} if self._looks.believes_imports else imported_until(self._looks.figures.states())
        return any(is_touched(number, start, imported) for number in imported)

    def _believed(self, reading: Reading, parts: Parts, window: RateWindow) -> Reading:
        """*reading*, if nothing was imported into its window: else nothing is known where it is bad."""
        start, imported = window.start - self._looks.grace_ms, parts.traffic.imported
        if not reading.is_bad or not any(is_touched(n, start, imported) for n in _numbers_of(reading.scope, parts)):
            return reading
        return _not_news(reading)

    def _explained(self, rule: Rule, reading: Reading, parts: Parts, window: RateWindow) -> Reading:
        """*reading* with what it is made of, if it is bad. Who does not read is not a slice that somebody can mend."""
        if not reading.is_bad or rule.metric == READ:
            return reading
        span = window.start, window.end
        if span not in self._makeups:
            self._makeups[span] = Makeup(parts, self._looks.figures.slices(Window(*span)))
        numbers, is_delivery = _numbers_of(reading.scope, parts), rule.metric == DELIVERY
        found = self._makeups[span].contributors(numbers, is_delivery=is_delivery)
        return replace(reading, contributors=found)

    def _messages(self, window: RateWindow) -> Parts:
        span = window.start, window.end
        if span not in self._parts:
            figures, grace = self._looks.figures, self._looks.grace_ms
            states = figures.states()
            ratings = {
                subject.id: known
                for subject, aspects in of_kind(states, Kind.NUMBER)
                if (known := value(aspects, "quality"))
            }
            traffic = Traffic(
                figures.numbers(Window(window.start, window.end)),
                figures.numbers(Window(window.start - grace, window.end - grace)),
                self._looks.usual_at(self._at).on_time,
                figures.owners(),
                ratings,
                {} if self._looks.believes_imports else imported_until(states),
                grace,
            )
            self._parts[span] = Parts(traffic)
        return self._parts[span]

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


def _not_news(reading: Reading) -> Reading:
    return replace(reading, is_bad=None, words=NOT_NEWS)


def _numbers_of(scope: AlertScope, parts: Parts) -> list[str]:
    if scope.kind is ScopeKind.NUMBER:
        return [scope.id]
    if scope == EVERYTHING:
        return parts.numbers
    return [number for number in parts.numbers if parts.traffic.owners.get(number, "") == scope.id]


def _in_time(answers: Answers) -> Rate:
    """How many webhooks were answered within the limit."""
    answered = sum(answers.times.values())
    return Rate(answered - above(answers.times, LATE_MS), answered + answers.unanswered)
