"""The monitoring cycle: at each interval the last closed window is judged and the verdict kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from wabawatch.domain.facts import Millis
from wabawatch.domain.report import Assessment
from wabawatch.domain.runs import Ended
from wabawatch.domain.standing import HOUR_MS, MINUTE_MS
from wabawatch.flows.assessing import Rules, assess_window, closed_minute
from wabawatch.monitoring_ports import CYCLE_AT, CycleLog
from wabawatch.ports import ALIVE, MONITORING, RUNNING, STOPPED, Clock, Deed, Figures, Window

WINDOW_MS = 24 * HOUR_MS
CATCH_UP_MS = 48 * HOUR_MS
"""Missed cycles further back than this are not made up: the fine figures of that time are no longer kept."""
ALIVE_EVERY_MS = MINUTE_MS


class Wanted(StrEnum):
    """What monitoring is asked to do."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"


def due(last: Millis, now: Millis, interval_ms: Millis) -> Millis | None:
    """The end of the next window to judge, on whole intervals; None when its time has not come.

    A window that was missed comes first, the oldest at most `CATCH_UP_MS` ago. Where the clock was set back by more
    than an interval, it goes on from what the clock says now.
    """
    newest = now - now % interval_ms
    if not last or last - now > interval_ms:
        return newest
    oldest = now - CATCH_UP_MS
    following = max(last - last % interval_ms + interval_ms, oldest - oldest % interval_ms)
    return following if following <= newest else None


@dataclass(frozen=True, slots=True)
class Cycle:
    """Monitoring, as a step and as three commands."""

    figures: Figures
    log: CycleLog
    rules: Rules
    clock: Clock
    to_json: Callable[[Assessment], str]

    def step(self) -> bool:
        """Judge the next window if monitoring is wanted and a window is due. True: another may be due."""
        if self.figures.mark(MONITORING) != RUNNING:
            return False
        now = self.clock.now()
        at = due(self.figures.mark(CYCLE_AT), now, self.rules.interval_ms)
        if at is None:
            if abs(now - self.figures.mark(ALIVE)) >= ALIVE_EVERY_MS:
                self.log.note_alive(now)
            return False
        end = closed_minute(at)  # an interval need not be of whole minutes
        assessment = assess_window(self.figures, Window(end - WINDOW_MS, end), end, self.rules)
        marks = {CYCLE_AT: at, ALIVE: now}
        self.log.keep_cycle(end, now, assessment.verdict, self.to_json(assessment), marks)
        return True

    def control(self, wanted: Wanted, actor: str, reason: str = "") -> bool:
        """Start, stop or restart monitoring, for every process on these books and beyond a restart.

        *reason* stands in the audit trail; see `audit_trail.reason_of`. Gives whether monitoring is wanted now. What
        was missed while it was stopped stays unknown: it is not made up.
        """
        done = Deed(actor, f"monitoring_{wanted}", detail={"reason": reason} if reason else {})
        now = self.clock.now()
        is_running = self.figures.mark(MONITORING) == RUNNING
        if wanted is Wanted.STOP:
            self.log.decide(now, {MONITORING: STOPPED, ALIVE: 0}, done, Ended.STOPPED)
            return False
        if wanted is Wanted.RESTART or not is_running:
            ended = Ended.RESTARTED if is_running else None
            self.log.decide(now, {MONITORING: RUNNING, CYCLE_AT: 0}, done, ended)
        return True

    def start_first_time(self, actor: str) -> bool:
        """Start monitoring unless somebody ever decided about it. Gives whether this call started it."""
        if self.figures.mark(MONITORING):
            return False
        return self.control(Wanted.START, actor)
