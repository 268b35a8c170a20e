"""Alerting: after each cycle, and when news of states arrive, every rule looks; what that changes is written at once.

Each window that monitoring has judged is looked at once and in order, also after a time in which this did not run. What
monitoring did not judge (it was stopped) is not made up. Of two processes that look at once one writes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from wabawatch.alerting_ports import AlertBook, AlertFigures, OwnSigns, StateKey
from wabawatch.domain.alert_looks import Found, complete, held_to
from wabawatch.domain.alert_records import Change, change_of
from wabawatch.domain.alerting import WATCHED_MS, acknowledge, end, step
from wabawatch.domain.alerts import NEVER, AlertState, Phase, Reading, Reason, RuleKind, ScopeKind
from wabawatch.domain.errors import Conflict, NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.readings_platform import event_readings
from wabawatch.domain.rule_set import Ruling
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS
from wabawatch.flows.looking_rates import RateLooks
from wabawatch.flows.looking_states import StateLooks, own_readings
from wabawatch.ports import MONITORING, RUNNING, Clock

ALERTED_AT = "alerted_at"
"""The mark up to which cycles were looked at."""
EVENTS_SEEN = "alerted_event"
"""The mark up to which events were looked at, plus one: 0 means never."""
STATES_EVERY_MS = MINUTE_MS
"""So often states are looked at also while no news comes."""
CATCH_UP_MS = 48 * HOUR_MS
"""Windows further back are not made up: fine figures of them are not kept."""
NEWS_MS = DAY_MS
"""Events that came longer ago are history."""
SOME_EVENTS, ROUNDS = 20, 25
"""So many events are read at once, and so often in one step: what they change is to fit into one transaction with the
mark, for an event that was looked at twice would be news twice."""
OF_OURSELVES = ("BACKLOG_OLD", "MONITORING_STALLED", "CHANNEL_FAILING")


@dataclass
class Memory:
    """What one process remembers between steps; nothing is lost with it."""

    states_at: Millis = 0
    checks: frozenset[tuple[str, bool | None, bool]] = frozenset()
    """How checks stood then"""


@dataclass(frozen=True, slots=True)
class Alerting:
    """Looks at everything, and writes what changes."""

    book: AlertBook
    figures: AlertFigures
    rules: Ruling
    own: OwnSigns
    rates: RateLooks
    states: StateLooks
    clock: Clock
    interval_ms: Millis
    memory: Memory

    def step(self) -> bool:
        """One cycle, the news since the last step, and what of our own can be seen. True: more waits."""
        if self.figures.mark(MONITORING) != RUNNING:
            return False
        now = self.clock.now()
        has_news = self._news(now)
        checks = frozenset((each.name, each.is_bad, each.is_refused) for each in self.own.checks(now))
        if has_news or checks != self.memory.checks or abs(now - self.memory.states_at) >= STATES_EVERY_MS:
            self._look_at_states(now)
            self.memory.states_at, self.memory.checks = now, checks
        return self._cycle(now) or has_news

    def own_step(self) -> bool:
        """Look at what can be seen of ourselves: also in a process that does not monitor, for the one that does may be
        dead."""
        if self.figures.mark(MONITORING) == RUNNING:
            now = self.clock.now()
            states = self.book.states(OF_OURSELVES)
            self.book.save(self._changes(own_readings(self.own, self.rules, now), states, now), {})
        return False

    def acknowledge(self, key: str, by: str, note: str = "") -> None:
        """Note that somebody has seen an alert. One about an event ends with that, others when they recover.

        Raises NotFound, Conflict when it is over.
        """
        now, alert = self.clock.now(), self.book.alert(key)
        if alert is None:
            raise NotFound(f"alert: there is no alert {key!r}; `wabawatch alerts list` shows them")
        rule = self.rules.rule(alert.rule, alert.scope)
        before = self.book.states([alert.rule]).get((alert.rule, alert.scope), NEVER)
        change = None
        if rule is not None and before.alert == key:
            stepped = acknowledge(rule, alert.scope, before, alert.newest, now)
            change = change_of(rule, alert.scope, before, stepped, alert.newest)
        if not self.book.acknowledge(key, now, by, note, change):
            raise Conflict(f"alert: {key} is over; only what is pending or firing can be acknowledged")

    def _cycle(self, now: Millis) -> bool:
        """Look at the next window that monitoring has judged. True: another may wait."""
        last = self.figures.mark(ALERTED_AT)
        newest = self.figures.last_cycle(now)
        if newest is None:
            return False
        if not last or last > now + self.interval_ms or last < now - CATCH_UP_MS:
            last = newest - 1  # never looked, or the clock was set back, or it is too long ago
        at = self.figures.next_cycle(last, now)
        if at is None:
            return False
        states = self.book.states([rule.name for rule in self.rules.of_kind(RuleKind.RATE)])
        changes = self.rates.changes(at, states, now, self._watched_ms(), self.book.past_causes(at))
        self.book.save(changes, {ALERTED_AT: at})
        return at < newest

    def _news(self, now: Millis) -> bool:
        """Look at events that came since the last look. True: there were some."""
        for rounds in range(ROUNDS):
            if not self._events(now):
                return rounds > 0
        return True

    def _events(self, now: Millis) -> bool:
        """Look at the oldest events that nobody has looked at. True: there were some."""
        mark = self.figures.mark(EVENTS_SEEN)
        if not mark:  # what was so before we looked first is told as a state, if at all
            self.book.save([], {EVENTS_SEEN: self.figures.newest_event() + 1})
            return False
        events = self.figures.events(mark - 1, SOME_EVENTS)
        if not events:
            return False
        found = [each for event in events if event.seen_at > now - NEWS_MS for each in event_readings(event)]
        states = dict(self.book.states({name for name, _ in found})) if found else {}
        changes: list[Change] = []
        for name, reading in found:
            changes += self._step(name, reading, states, now)
        self.book.save(_joined(changes), {EVENTS_SEEN: events[-1].id + 1})
        return True

    def _look_at_states(self, now: Millis) -> None:
        """Look at what is so now, whether events are over, and whether all rules are still wanted."""
        known = self.book.states()
        events = {rule.name for rule in self.rules.of_kind(RuleKind.EVENT)}
        rates = {rule.name for rule in self.rules.of_kind(RuleKind.RATE)}
        mine = {
            (name, scope): state
            for (name, scope), state in _of(known, self.states.names()).items()
            if name not in rates or scope.kind is ScopeKind.CHECK  # rates themselves are looked at by `_cycle`
        }
        changes = self._changes(self.states.readings(now), mine, now)
        changes += self._changes([], _of(known, events), now)
        self.book.save(changes + self._gone(known), {})

    def _changes(self, found: Found, known: Mapping[StateKey, AlertState], now: Millis) -> list[Change]:
        """What was *found* changes of the states that are *known*; what was not found is good."""
        states = dict(known)
        changes: list[Change] = []
        for name, reading in complete(found, states, now):
            changes += self._step(name, reading, states, now)
        return changes

    def _step(self, name: str, reading: Reading, states: dict[StateKey, AlertState], now: Millis) -> list[Change]:
        """The change that *reading* makes, if any; *states* has it then."""
        rule = self.rules.rule(name, reading.scope)
        if rule is None:
            return []
        before = states.get((name, reading.scope), NEVER)
        reading = held_to(rule, reading)
        change = change_of(
            rule, reading.scope, before, step(rule, before, reading, now, watched_ms=self._watched_ms()), reading
        )
        if change is None:
            return []
        states[name, reading.scope] = change.after
        return [change]

    def _gone(self, states: Mapping[StateKey, AlertState]) -> list[Change]:
        """The ends of alerts whose rule is not wanted any more."""
        now = self.clock.now()
        found = []
        for (name, scope), state in states.items():
            if state.phase in (Phase.PENDING, Phase.FIRING) and self.rules.rule(name, scope) is None:
                reading = Reading(scope, now, None, words="the rule is not wanted any more")
                after, transition = end(name, scope, state, reading, now, Reason.RULE_GONE)
                found.append(Change(name, name, scope, state, after, reading, transition))
        return found

    def _watched_ms(self) -> Millis:
        return max(WATCHED_MS, 3 * self.interval_ms)


def _of(states: Mapping[StateKey, AlertState], names: Collection[str]) -> dict[StateKey, AlertState]:
    return {key: state for key, state in states.items() if key[0] in names}


def _joined(changes: Sequence[Change]) -> list[Change]:
    """*changes* as they can be written in one transaction: the versions of one state follow on each other."""
    versions: dict[StateKey, int] = {}
    found = []
    for change in changes:
        key = change.rule, change.scope
        version = versions.get(key, change.before.version)
        found.append(replace(change, before=replace(change.before, version=version)))
        versions[key] = version + 1
    return found
