"""Uptime, as it is asked for: the checks and all of them together over a period."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch.domain.alert_records import Alert
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.domain.report import Uptime
from wabawatch.domain.standing import HOUR_MS
from wabawatch.domain.uptime import (
    CheckFigures,
    CheckView,
    Incident,
    Looks,
    Spans,
    UptimeFigures,
    bars,
    common,
    joined,
    shares,
)
from wabawatch.ports import Clock
from wabawatch.uptime_ports import Checks, Maintenance, Watched, no_maintenance

BARS = 24
MOST_INCIDENTS = 1_000


@dataclass(frozen=True, slots=True)
class UptimeDesk:
    """Answers what is asked about uptime."""

    checks: Checks
    clock: Clock
    maintenance: Maintenance = no_maintenance

    def recent(self, hours: int = 24, parts: int = BARS) -> UptimeFigures:
        """The last *hours*, up to now; 0: since anything was looked at first. Raises BadRequest."""
        if hours < 0:
            raise BadRequest(f"hours: {hours} is less than 0 (everything)")
        now = self.clock.now()
        start = now - hours * HOUR_MS if hours else self.checks.first_at()
        return self.over(now if start is None else start, now, parts)

    def over(self, start: Millis, end: Millis, parts: int = BARS) -> UptimeFigures:
        """The time from *start* to *end*; what is to come is not in it. Raises BadRequest when it ends before it
        begins."""
        now = self.clock.now()
        if end < start:
            raise BadRequest("the period ends before it begins")
        end = max(start, min(end, now))
        watched, out = self.checks.watched(start, end, now), joined(self.maintenance(start, end))
        each = [_figures(view, watched, out, start, end, now, parts) for view in watched.views]
        essential = [view for view in watched.views if view.is_essential]
        known = joined(span for view in essential for span in watched.known.get(view.name, ()))
        down = joined(span for view in essential for span in _down(view.name, watched, now))
        return UptimeFigures(
            start,
            end,
            shares(start, end, known, down, out),
            tuple(each),
            watched.incidents,
            sum(watched.looks.get(view.name, Looks()).n for view in essential),
        )

    def status(self, start: Millis | None) -> Uptime:
        """What `status` shows of the time since *start* (None: since the beginning)."""
        now = self.clock.now()
        first = self.checks.first_at() if start is None else start
        figures = self.over(now if first is None else first, now, parts=1)
        return Uptime(
            figures.whole.uptime,
            figures.n,
            figures.whole.incidents,
            sum(incident.ended_at is None for incident in figures.incidents),
            {check.view.name: str(check.view.outcome) for check in figures.checks},
        )

    def views(self) -> list[CheckView]:
        """How each check stands now."""
        return self.checks.views(self.clock.now())

    def incidents(self, hours: int, limit: int = MOST_INCIDENTS) -> list[Incident]:
        """Incidents of the last *hours* (0: of all time), the newest first."""
        return self.checks.incidents(self.clock.now() - hours * HOUR_MS if hours else 0, limit)

    def incidents_of(self, alert: Alert) -> list[Incident]:
        """The incidents that raised *alert*, the newest first."""
        found = (self.checks.incident(each) for each in reversed(alert.incidents))
        return [incident for incident in found if incident is not None]


def _down(name: str, watched: Watched, now: Millis) -> Spans:
    """When a check is known to have failed: an incident goes on through time that nobody watched, and says nothing of
    it."""
    spans = joined(incident.span(now) for incident in watched.incidents if incident.check == name)
    return common(spans, watched.known.get(name, ()))


def _figures(
    view: CheckView, watched: Watched, out: Spans, start: Millis, end: Millis, now: Millis, parts: int
) -> CheckFigures:
    known = watched.known.get(view.name, ())
    spans = [incident.span(now) for incident in watched.incidents if incident.check == view.name]
    return CheckFigures(
        view,
        shares(start, end, known, spans, out),
        watched.looks.get(view.name, Looks()),
        bars(start, end, parts, known, joined(spans), out),
    )
