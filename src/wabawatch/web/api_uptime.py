"""Uptime over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from wabawatch.domain.access import Scope
from wabawatch.domain.facts import Millis
from wabawatch.domain.uptime import Incident, UptimeFigures
from wabawatch.flows.uptime import MOST_INCIDENTS, UptimeDesk
from wabawatch.ports import Clock
from wabawatch.web.answers_uptime import IncidentAnswer, Raised, UptimeAnswer, incident_answer, uptime_answer
from wabawatch.web.api_figures import MAX_HOURS
from wabawatch.web.operations import Call, Operation


class Period(msgspec.Struct, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """A period."""

    hours: Annotated[
        int, msgspec.Meta(ge=0, le=MAX_HOURS, description="How many hours to look back; 0 is everything.")
    ] = 24
    start: Annotated[
        Annotated[datetime, msgspec.Meta(tz=True)] | None,
        msgspec.Meta(description="In place of `hours`: where to begin, as ISO 8601 with its offset."),
    ] = None
    end: Annotated[
        Annotated[datetime, msgspec.Meta(tz=True)] | None, msgspec.Meta(description="Where to end; without it, now.")
    ] = None
    bars: Annotated[int, msgspec.Meta(ge=1, le=400, description="Into how many equal parts the period is cut.")] = 24


class Incidents(msgspec.Struct, forbid_unknown_fields=True):
    """Incidents of a window that ends now."""

    hours: Annotated[
        int, msgspec.Meta(ge=0, le=MAX_HOURS, description="How many hours to look back; 0 is everything.")
    ] = 720
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_INCIDENTS, description="At most so many, the newest.")] = 100


@dataclass(frozen=True, slots=True)
class UptimeApi:
    """Checks and incidents."""

    desk: UptimeDesk
    raised: Callable[[Sequence[Incident]], Raised]
    """The alerts that incidents raised"""
    clock: Clock

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        return [
            Operation(
                "GET", "/uptime", Scope.READ, self.get_uptime, "Show uptime, check by check", UptimeAnswer,
                parameters=Period,
                description="Where the time went, how long answers took, MTTR, MTBF and the incidents of a period.",
            ),
            Operation(
                "GET", "/incidents", Scope.READ, self.get_incidents, "Show incidents", list[IncidentAnswer],
                parameters=Incidents, description="Those that were open in the window, the newest first.",
            ),
        ]  # fmt: skip

    def get_uptime(self, call: Call) -> UptimeAnswer:
        """Uptime over a period."""
        asked: Period = call.parameters
        if asked.start is None and asked.end is None:
            return self._answer(self.desk.recent(asked.hours, asked.bars))
        end = self.clock.now() if asked.end is None else _millis(asked.end)
        start = end - asked.hours * 3_600_000 if asked.start is None else _millis(asked.start)
        return self._answer(self.desk.over(start, end, asked.bars))

    def get_incidents(self, call: Call) -> list[IncidentAnswer]:
        """Incidents, the newest first."""
        asked: Incidents = call.parameters
        now = self.clock.now()
        incidents = self.desk.incidents(asked.hours, asked.limit)
        raised = self.raised(incidents)
        return [incident_answer(each, now, raised) for each in incidents]

    def _answer(self, figures: UptimeFigures) -> UptimeAnswer:
        return uptime_answer(figures, self.raised(figures.incidents))


def _millis(at: datetime) -> Millis:
    return int(at.astimezone(UTC).timestamp() * 1000)
