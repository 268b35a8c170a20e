"""The state of the system: one window of figures, judged, with what stands around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wabawatch.alerting_ports import OpenCounts
from wabawatch.domain.alerts import Severity
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.domain.polls import Progress, progress
from wabawatch.domain.report import MetricPoint, OpenAlerts, SystemStatus, Uptime
from wabawatch.domain.runs import SILENCE_MS
from wabawatch.domain.standing import HOUR_MS
from wabawatch.flows.assessing import Rules, assess_window
from wabawatch.limits_ports import Hits
from wabawatch.monitoring_ports import Runs
from wabawatch.polling_ports import Boards
from wabawatch.ports import ALIVE, MONITORING, RUNNING, Clock, Figures, Window


@dataclass(frozen=True, slots=True)
class StatusFlow:
    """Reads the figures and judges them."""

    figures: Figures
    clock: Clock
    rules: Rules
    hits: Hits
    runs: Runs
    open_alerts: OpenCounts
    boards: Boards | None = None
    """None: Meta is not asked"""
    uptime: Callable[[Millis | None], Uptime] = lambda _start: Uptime()
    """What is known of the time since then (None: of all time)"""

    def status(self, hours: int = 24) -> SystemStatus:
        """The state of the last *hours*, up to now; 0: of everything there is. Raises BadRequest."""
        _check(hours)
        now = self.clock.now()
        window = Window(now - hours * HOUR_MS, now) if hours else Window(None, None)
        # Before the messages, which may move on meanwhile: what is called done here is in the figures.
        bodies = self.figures.bodies(window)
        is_wanted = self.figures.mark(MONITORING) == RUNNING
        return SystemStatus(
            as_of=now,
            assessment=assess_window(self.figures, window, now, self.rules),
            bodies=bodies,
            calls=self.figures.calls(window),
            is_running=is_wanted and abs(now - self.figures.mark(ALIVE)) < SILENCE_MS,
            last_cycle_at=self.figures.last_cycle_at(),
            interval_ms=self.rules.interval_ms,
            alerts=_open(self.open_alerts.counts()),
            uptime=self.uptime(window.start),
            limit_hits=self.hits.hits(window.start, now, 0).by_code,
            polling=self.polling(),
            gaps=tuple(self.runs.gaps(window.start, now, now)),
        )

    def polling(self) -> Progress | None:
        """How Meta is asked; None: it is not."""
        if self.boards is None:
            return None
        now = self.clock.now()
        board = self.boards.board(now)
        return progress(board.polls, board.usages, now)

    def recent(self, hours: int = 24) -> list[MetricPoint]:
        """The figures of every closed bucket of the last *hours*; 0: of everything there is. Raises BadRequest."""
        _check(hours)
        return self.figures.recent(self.clock.now() - hours * HOUR_MS if hours else 0)


def _open(counted: Mapping[Severity, int]) -> OpenAlerts:
    return OpenAlerts(*(counted.get(severity, 0) for severity in (Severity.CRITICAL, Severity.WARNING, Severity.INFO)))


def _check(hours: int) -> None:
    if hours < 0:
        raise BadRequest(f"hours: {hours} is less than 0 (everything)")
