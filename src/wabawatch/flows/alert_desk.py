"""The desk of alerts: what fires and fired, how the rules hold, and whether a rule would have fired."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from wabawatch.alerting_ports import AlertBook, StateKey
from wabawatch.domain.alert_records import Alert, AlertFilter, worst
from wabawatch.domain.alert_relations import About, related
from wabawatch.domain.alerts import AlertState, Phase, Rule, RuleKind, Transition
from wabawatch.domain.backtests import Backtest, Fired
from wabawatch.domain.errors import BadRequest, NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import failure_rate
from wabawatch.domain.rule_set import RuleSet, Ruling
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS
from wabawatch.domain.uptime import Incident
from wabawatch.flows.looking_rates import COUNTRIES, OF_MESSAGES, RateLooks, Usual
from wabawatch.ports import Clock, Window

MOST_DAYS = 34
"""Figures in five minutes are kept for 35 days."""
SEEN_WITHIN_MS = HOUR_MS
"""An incident is looked at so long after its end at the latest, if it is looked at."""
AROUND_MS = 7 * DAY_MS
"""Alerts that have to do with a message are looked for among those that fired so long before it, or still fire."""
MOST_AROUND = 500
LOOKS = 4
"""A back-test looks so many times at each window; monitoring looks more often, and sees a fall a little sooner."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How a rule is to be other than it is; None: as it is."""

    threshold: float | None = None
    min_sample: int | None = None
    window_min: int | None = None
    for_min: int | None = None


@dataclass(frozen=True, slots=True)
class AlertDesk:
    """Reads alerts and rules."""

    book: AlertBook
    rules: Ruling
    looks: RateLooks
    clock: Clock

    def open(self) -> list[Alert]:
        """What fires now, the gravest first."""
        return worst(alert for alert in self.book.open() if alert.phase is Phase.FIRING)

    def find(self, wanted: AlertFilter, limit: int) -> list[Alert]:
        """The newest alerts that are *wanted*. Raises NotFound when there is no such rule, and never was one."""
        if wanted.rule and wanted.rule not in self.rules.rules:
            past = AlertFilter(rule=wanted.rule, with_pending=True)
            if not self.book.find(past, 1):
                raise self._no_rule(wanted.rule)
        return self.book.find(wanted, limit)

    def show(self, key: str) -> tuple[Alert, list[Transition], Rule | None]:
        """One alert with everything that changed, and its rule as it holds now (None: it is gone). Raises NotFound."""
        alert = self.book.alert(key)
        if alert is None:
            raise NotFound(f"alert: there is no alert {key!r}; `wabawatch alerts list` shows them")
        return alert, self.book.transitions(key), self.rules.rule(alert.rule, alert.scope)

    def title(self, key: str) -> str:
        """What the alert of that key is called; "": there is none."""
        alert = self.book.alert(key)
        return alert.title if alert else ""

    def of_incidents(self, incidents: Sequence[Incident]) -> dict[int, list[Alert]]:
        """The alerts that *incidents* raised, the first one first, by the id of the incident."""
        if not incidents:
            return {}
        now, wanted = self.clock.now(), {incident.id for incident in incidents}
        end = max(now if each.ended_at is None else each.ended_at for each in incidents)
        raised: defaultdict[int, list[Alert]] = defaultdict(list)
        for alert in self.book.of_checks(min(each.opened_at for each in incidents), end + SEEN_WITHIN_MS):
            for incident in alert.incidents:
                if incident in wanted:
                    raised[incident].append(alert)
        return dict(raised)

    def around(self, about: About) -> list[tuple[Alert, str]]:
        """The alerts that have to do with a message, the gravest first, each with what they share."""
        recent = AlertFilter(since=about.start - AROUND_MS, before=(about.end + 1, ""))
        found = worst(self.book.find(recent, MOST_AROUND))
        return [(alert, words) for alert in found if (words := related(alert, about))]

    def listed(self) -> list[Rule]:
        """Every rule, by name."""
        return [self.rules.rules[name] for name in sorted(self.rules.rules)]

    def backtest(self, name: str, days: int, trial: Trial) -> Backtest:
        """When a rule about rates would have fired in the last *days*, by the figures as they are known now.

        Nothing is written, and nobody is told. Raises NotFound, BadRequest.
        """
        rule = self.rules.rules.get(name)
        if rule is None:
            raise self._no_rule(name)
        return self.try_rule(_tried(rule, trial), days)

    def try_rule(self, rule: Rule, days: int) -> Backtest:
        """The same of a rule as it is given. Raises BadRequest."""
        name = rule.name
        if rule.kind is not RuleKind.RATE or rule.metric not in (*OF_MESSAGES, COUNTRIES):
            raise BadRequest(f"rule: {name} is not about a rate of messages: only these can be tried on the past")
        if not 1 <= days <= MOST_DAYS:
            raise BadRequest(f"days: {days} is not from 1 to {MOST_DAYS}: older figures are not fine enough")
        if rule.unit == "share" and rule.threshold is not None and not 0 <= rule.threshold <= 1:
            raise BadRequest(f"threshold: {rule.threshold:g} is no share from 0 to 1: 0.95 is 95 %")
        rule = replace(rule, is_enabled=True)
        pace = max(5 * MINUTE_MS, rule.window_ms // LOOKS)
        end = self.clock.now() // pace * pace
        start = end - days * DAY_MS
        looks = replace(self.looks, rules=RuleSet({name: rule}), usual=_usual(self.looks, start), believes_imports=True)
        states: dict[StateKey, AlertState] = {}
        changes: list[Transition] = []
        for at in range(start + pace, end + 1, pace):
            for change in looks.changes(at, states, at, 2 * pace):
                states[change.rule, change.scope] = change.after
                if change.transition is not None:
                    changes.append(change.transition)
        tallies = self.looks.figures.numbers(Window(start, end)).values()
        return Backtest(rule, start, end, tuple(_fired(changes)), sum(failure_rate(tally).n for tally in tallies))

    def _no_rule(self, name: str) -> NotFound:
        near = get_close_matches(name.upper(), self.rules.rules, 3, 0.5)
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        return NotFound(f"rule: there is no rule {name[:100]!r}{meant or ';'} `wabawatch alerts rules` lists them")


def _tried(rule: Rule, trial: Trial) -> Rule:
    return replace(
        rule,
        threshold=rule.threshold if trial.threshold is None else trial.threshold,
        min_sample=rule.min_sample if trial.min_sample is None else trial.min_sample,
        window_ms=rule.window_ms if trial.window_min is None else trial.window_min * MINUTE_MS,
        for_ms=rule.for_ms if trial.for_min is None else trial.for_min * MINUTE_MS,
    )


def _usual(looks: RateLooks, start: Millis) -> Usual:
    """What was usual in the week before: read once, and the same for the whole time."""
    known = replace(looks, usual=Usual()).usual_at(start)
    return replace(known, is_fixed=True)


def _fired(changes: list[Transition]) -> list[Fired]:
    begun = {t.alert: t for t in changes if t.became is Phase.FIRING and t.was is not Phase.FIRING}
    ended = {t.alert: t for t in changes if t.was is Phase.FIRING and t.became is not Phase.FIRING}
    found = []
    for key, first in begun.items():
        last = ended.get(key)
        at, reason = (last.at, last.reason) if last else (None, None)
        found.append(Fired(first.scope, first.at, at, reason, first.reading.words))
    return sorted(found, key=lambda each: (each.at, str(each.scope)))
