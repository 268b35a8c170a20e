"""`/settings/retention`: what is kept for how long, what would go now, and what is archived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.archives import Part, PartState, day_name
from wabawatch.flows.archive_desk import ArchiveDesk
from wabawatch.web.pages.desk import Desk
from wabawatch.web.visitors import Visitor

RETENTION = "/settings/retention"
SHOWN = 60
"""So many days of the archive are listed"""
STATES = {
    PartState.ARCHIVED: ("good", "Archived"),
    PartState.MOVING: ("warn", "Being archived"),
    PartState.RESTORING: ("warn", "Being restored"),
}


class Day(NamedTuple):
    """A day of the archive."""

    name: str
    messages: int
    bytes: int
    state: PartState


@dataclass(frozen=True, slots=True)
class RetentionPage:
    """Only shows: the days are settings, and archives are restored on the command line."""

    retention: ArchiveDesk
    parts: Callable[[], Sequence[Part]]
    place: str
    """Where the archive is"""
    is_enabled: bool
    desk: Desk

    def routes(self) -> list[Route]:
        """Its routes: the page, and what is counted for it."""
        page, right = self.desk.page, Right.ADMINISTER
        return [page(RETENTION, right, self.show), page("/parts/retention", right, self.preview)]

    def show(self, request: Request, visitor: Visitor) -> Response:
        """The page."""
        days = days_of(self.parts())
        return self.desk.views.render(
            "settings_retention.html",
            request,
            visitor=visitor,
            kept=self.retention.kept,
            days=days[:SHOWN],
            n_days=len(days),
            messages=sum(day.messages for day in days),
            bytes=sum(day.bytes for day in days),
            place=self.place,
            is_enabled=self.is_enabled,
            states=STATES,
        )

    def preview(self, request: Request, visitor: Visitor) -> Response:
        """What would go now, which takes longer to count than the page may take."""
        found = self.retention.preview()
        return self.desk.views.render("parts/retention.html", request, visitor=visitor, found=found)


def days_of(parts: Sequence[Part]) -> list[Day]:
    """The days that *parts*, the newest first, are of."""
    found = []
    for day, some in groupby(parts, attrgetter("day")):
        files = list(some)
        states = {each.state for each in files}
        state = PartState.ARCHIVED if states == {PartState.ARCHIVED} else (states - {PartState.ARCHIVED}).pop()
        found.append(Day(day_name(day), sum(each.held for each in files), sum(each.bytes for each in files), state))
    return found
