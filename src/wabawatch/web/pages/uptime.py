"""`/uptime`: how each check stands, how much of the period it worked, and the incidents with their cause."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS
from wabawatch.domain.uptime import Incident, UptimeFigures
from wabawatch.flows.uptime import UptimeDesk
from wabawatch.ports import Clock
from wabawatch.web.answers_uptime import Raised
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.places import whereabouts
from wabawatch.web.pages.views import Views
from wabawatch.web.visitors import Visitor

MOST_INCIDENTS = 100
"""So many incidents are listed, the newest"""
MOST_BARS = 120
WIDTHS = (5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, DAY_MS)
"""How much time a bar may stand for: a day, where the period has several; a shorter one has finer bars"""
FEWEST_BARS = 7
STATES = {"ok": ("good", "Up"), "failed": ("bad", "Down"), "unknown": ("none", "Unknown")}
"""Of each outcome of a check its colour and its word"""
BARS = {"ok": "up", "down": "down", "maintenance": "in maintenance", "unknown": "unknown"}


def width_of(start: Millis, end: Millis) -> Millis:
    """How much time one bar stands for: a day, unless the period has less than seven of them; then less."""
    wide = [width for width in WIDTHS if end - start >= FEWEST_BARS * width]
    width = wide[-1] if wide else WIDTHS[0]
    return max(width, -(-(end - start) // MOST_BARS))


@dataclass(frozen=True, slots=True)
class UptimePage:
    """The page, and the part of it that is fetched again."""

    uptime: UptimeDesk
    raised: Callable[[Sequence[Incident]], Raised]
    """The alerts that incidents raised"""
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        return [
            desk.page("/uptime", Right.VIEW, self.page),
            desk.page("/parts/uptime", Right.VIEW, self.figures),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The whole page."""
        return self._answer("uptime.html", request, visitor)

    def figures(self, request: Request, visitor: Visitor) -> Response:
        """All that changes."""
        return self._answer("parts/uptime_figures.html", request, visitor)

    def _answer(self, template: str, request: Request, visitor: Visitor) -> Response:
        at = whereabouts(request.query_params, self.clock.now())
        width = width_of(at.start, at.end)
        parts = max(1, round((at.end - at.start) / width))
        seen = self.uptime.over(at.start, at.end, parts)
        return self.views.render(template, request, visitor=visitor, at=at, **self._values(seen, parts))

    def _values(self, seen: UptimeFigures, parts: int) -> dict[str, Any]:
        incidents = seen.incidents[:MOST_INCIDENTS]
        return {
            "seen": seen,
            "incidents": incidents,
            "raised": self.raised(incidents),
            "starts": [seen.start + (seen.end - seen.start) * part // parts for part in range(parts)],
            "bar_ms": (seen.end - seen.start) / parts,
            "outcomes": STATES,
            "bar_words": BARS,
        }
