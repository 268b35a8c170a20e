"""Probing: what is due is looked at, looks become incidents, and incidents get their cause.

While the books cannot be written, looks go on and wait in memory: an outage of the database is written down when it
is over, from its first moment on.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from wabawatch.domain.causes import Cause, Decision, Why, decide, stronger
from wabawatch.domain.checks import UNANSWERED, Change, CheckState, Failure, Outcome, Plan, Seen, after, is_due
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.facts import Millis
from wabawatch.ports import MONITORING, RUNNING, Clock
from wabawatch.uptime_ports import CheckBooks, CheckLedger, Crew

log = logging.getLogger(__name__)

RHYTHM_S = 5.0
TIDY_MS = 3_600_000
ASLEEP_MS = 10_000
"""When looks took so much longer than their time-outs allow, this process was paused, or the clock was set."""
MOST_WAITING = 5_000
"""So many looks wait in memory at most while the books cannot be written; then the oldest are forgotten."""
SETTLE_MS = 3_000
"""So long after its start nothing is looked at: the socket of the own server may not be open yet."""


class Marks(Protocol):
    """The watermarks of the books."""

    def mark(self, name: str) -> int:
        """A watermark (0: never set). Raises StoreUnavailable."""


@dataclass(slots=True)
class Probing:
    """Looks at checks. Belongs to monitoring: it rests while that is stopped, and what it does not see is unknown."""

    plans: Sequence[Plan]
    crew: Crew
    books: CheckBooks
    marks: Marks
    clock: Clock
    jitter: Callable[[Millis], Millis] = lambda _every: 0
    """How much later a check is looked at than its rhythm says"""
    timer: Callable[[], float] = time.monotonic
    """Seconds that pass also while the clock is set"""
    on_change: Callable[[], None] = lambda: None
    """Called, outside any transaction, when a check stands otherwise than before"""
    _states: dict[str, CheckState] = field(default_factory=dict)
    """How checks stand, as far as this process knows: what counts while the books cannot be read"""
    _waiting: deque[Seen] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))
    _is_wanted: bool = False
    _is_registered: bool = False
    _has_changed: bool = False
    _began_at: float | None = None
    _tidied_at: Millis = 0

    def step(self) -> bool:
        """Look at what is due, if monitoring is wanted. Gives False: nothing has to be asked at once."""
        if not self._must_look():
            return False
        now = self.clock.now()
        due = self._claim(now)
        if due:
            self._waiting.extend(self._look(due))
        if self._waiting or not self._is_registered:
            self._keep()
        if not self._waiting and not 0 <= now - self._tidied_at < TIDY_MS:
            self.books.drop_old(now)
            self._tidied_at = now
        return False

    def look_now(self, name: str) -> Seen | None:
        """Look at one check at once, and keep what it gave; None: there is none of that name."""
        plan = next((each for each in self.plans if each.name == name), None)
        if plan is None:
            return None
        seen = self._look([plan])[0]
        self._waiting.append(seen)
        self._keep()
        return seen

    def _must_look(self) -> bool:
        with suppress(StoreUnavailable):  # as it was wanted when somebody could last tell: the outage must be seen
            self._is_wanted = self.marks.mark(MONITORING) == RUNNING
        if not self._is_wanted:
            self._began_at = None
            return False
        if self._began_at is None:
            self._began_at = self.timer()
        return (self.timer() - self._began_at) * 1000 >= SETTLE_MS

    def _claim(self, now: Millis) -> list[Plan]:
        """The checks that this process looks at now. Of several processes one gets each."""
        try:
            self._states = {**self._states, **self.books.states()}
            due = self._due(now)
            if not due:
                return []
            with self.books.writing() as ledger:
                self._states |= ledger.states()
                due = self._due(now)
                for plan in due:
                    # Should this process die meanwhile, the check is only looked at one time less.
                    ledger.put_off([plan.name], now + plan.every_ms + plan.timeout_ms)
        except StoreUnavailable:
            due = self._due(now)
        for plan in due:
            before = self._states.get(plan.name, CheckState())
            self._states[plan.name] = replace(before, due_at=now + plan.every_ms + plan.timeout_ms)
        return due

    def _due(self, now: Millis) -> list[Plan]:
        return [plan for plan in self.plans if is_due(plan, self._states.get(plan.name, CheckState()), now)]

    def _look(self, plans: Sequence[Plan]) -> list[Seen]:
        began_at, began_s = self.clock.now(), self.timer()
        found = self.crew.look(plans)
        most_ms = max(plan.timeout_ms for plan in plans) + ASLEEP_MS
        took_ms, took_s = self.clock.now() - began_at, self.timer() - began_s
        if 0 <= took_ms <= most_ms and took_s * 1000 <= most_ms:
            return found
        log.warning("looks took %d ms: nothing bad is believed", took_ms, extra={"action": "probing_asleep"})
        return [_disbelieved(seen) for seen in found]

    def _keep(self) -> None:
        """Write down the looks that wait, in order. What cannot be written goes on waiting."""
        now, waiting = self.clock.now(), list(self._waiting)
        try:
            with self.books.writing() as ledger:
                if not self._is_registered:
                    self._register(ledger, now)
                states = dict(ledger.states())
                for seen in waiting:
                    self._take_in(ledger, states, seen, now)
                self._judge(ledger, states, {seen.check for seen in waiting})
                self._hurry(ledger, states, now)
        except StoreUnavailable:
            for seen in waiting[-len(self.plans) :]:
                self._remember(seen, now)
            return
        self._is_registered = True
        self._states.update(states)
        self._waiting.clear()
        if self._has_changed:
            self._has_changed = False
            self.on_change()

    def _register(self, ledger: CheckLedger, now: Millis) -> None:
        """End what concerns checks that the settings do not name any more."""
        wanted = {plan.name for plan in self.plans}
        for name, incident in ledger.open_incidents().items():
            if name not in wanted:
                ledger.close(incident, now)

    def _take_in(self, ledger: CheckLedger, states: dict[str, CheckState], seen: Seen, now: Millis) -> None:
        plan = self._plan(seen.check)
        before = states.get(plan.name, CheckState())
        step = after(plan, before, seen, max(now, seen.at))
        if step.is_ignored:
            return
        state = replace(step.state, due_at=step.state.due_at + self.jitter(plan.every_ms))
        step = replace(step, state=state)
        ledger.save(plan, seen, step)
        states[plan.name] = state
        self._has_changed |= step.change in (Change.OPENS, Change.CLOSES) or _is_refused(before) != _is_refused(state)
        if step.change is Change.OPENS:
            decision = decide(plan, state, self._others(plan, states))
            ledger.open(plan, state, seen.at, decision)
            context = {"action": "incident_opened", "check": plan.name, "cause": str(decision.cause)}
            log.warning("%s fails: %s", plan.name, seen.words, extra={**context, "why": str(decision.why)})
        elif step.change is Change.CLOSES:
            if (incident := ledger.open_incidents().get(plan.name)) is not None:
                ledger.close(incident, seen.at)
            log.info("%s works again", plan.name, extra={"action": "incident_closed", "check": plan.name})

    def _judge(self, ledger: CheckLedger, states: Mapping[str, CheckState], looked: set[str]) -> None:
        """Decide again on the incidents that are open: evidence may have come, from the check itself or from others."""
        for name, incident in ledger.open_incidents().items():
            state = states.get(name)
            plan = next((each for each in self.plans if each.name == name), None)
            if plan is None or state is None or state.last is None:
                continue
            before = Decision(Cause(incident.cause), Why(incident.why))
            decision = stronger(before, decide(plan, state, self._others(plan, states)))
            if name in looked or decision != before:
                ledger.go_on(incident, decision, state.last.words, state.failures)

    def _hurry(self, ledger: CheckLedger, states: dict[str, CheckState], now: Millis) -> None:
        """When somebody does not answer, have the other places on the Internet asked soon: they bear witness."""
        silent = [state.since for state in states.values() if _is_silent(state)]
        if not silent:
            return
        since = max(at for at in silent if at is not None)
        late = [
            plan.name
            for plan in self.plans
            if plan.is_outside and (state := states.get(plan.name)) and state.newest and state.newest.at < since
        ]
        ledger.put_off(late, now)
        for name in late:
            states[name] = replace(states[name], due_at=now)

    def _remember(self, seen: Seen, now: Millis) -> None:
        plan = self._plan(seen.check)
        self._states[plan.name] = after(plan, self._states.get(plan.name, CheckState()), seen, max(now, seen.at)).state

    def _plan(self, name: str) -> Plan:
        return next(plan for plan in self.plans if plan.name == name)

    def _others(self, plan: Plan, states: Mapping[str, CheckState]) -> Iterable[tuple[Plan, CheckState]]:
        return [(each, states[each.name]) for each in self.plans if each is not plan and each.name in states]


def _is_refused(state: CheckState) -> bool:
    return state.last is not None and state.last.failure is Failure.REFUSED


def _is_silent(state: CheckState) -> bool:
    return state.failures == 1 and state.last is not None and state.last.failure in UNANSWERED


def _disbelieved(seen: Seen) -> Seen:
    if seen.outcome is Outcome.OK:
        return seen
    return replace(
        seen, outcome=Outcome.UNKNOWN, words="this process was paused, or the clock was set, while it looked"
    )
