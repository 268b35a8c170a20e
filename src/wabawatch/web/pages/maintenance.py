"""`/alerts/maintenance`: planned work, during which nobody is told of alerts and which uptime leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.alerting_ports import AlertFigures
from wabawatch.domain.access import Right
from wabawatch.domain.errors import BadRequest, NotFound, Refusal
from wabawatch.domain.facts import Millis
from wabawatch.domain.silences import Window
from wabawatch.domain.standing import DAY_MS
from wabawatch.flows.silencing import Silencing
from wabawatch.ports import Clock
from wabawatch.web.forms import Form, form_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.spans import WINDOWS, begin_of, length_of
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.visitors import Visitor

MAINTENANCE = "/alerts/maintenance"
SHOWN_MS = 30 * DAY_MS
"""Windows are shown so far back and ahead"""


@dataclass(frozen=True, slots=True)
class MaintenancePage:
    """The windows, and the form for a new one."""

    silencing: Silencing
    figures: AlertFigures
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes. They must stand before those of an alert by its key."""
        return [
            desk.page(MAINTENANCE, Right.VIEW, self.page),
            desk.page(f"{MAINTENANCE}/new", Right.ADMINISTER, self.add, "POST"),
            desk.page(MAINTENANCE + "/{number:int}/end", Right.ADMINISTER, self.end, "POST"),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The page."""
        return self._shown(request, visitor, Form())

    def add(self, request: Request, visitor: Visitor) -> Response:
        """Enter a window; where it is refused, the form again with why."""
        form = form_of(request)
        try:
            self.silencing.maintain(_window(form, self.clock.now()), visitor.actor)
        except BadRequest as refused:
            return self._shown(request, visitor, form, refused)
        return RedirectResponse(MAINTENANCE, 303, headers=SECURE)

    def end(self, request: Request, visitor: Visitor) -> Response:
        """End a window now, or call off one that has not begun."""
        try:
            self.silencing.end_maintenance(int(request.path_params["number"]), visitor.actor)
        except NotFound as refused:
            return self._shown(request, visitor, Form(), refused)
        return RedirectResponse(MAINTENANCE, 303, headers=SECURE)

    def _shown(self, request: Request, visitor: Visitor, form: Form, refused: Refusal | None = None) -> Response:
        status = {BadRequest: 422, NotFound: 404}.get(type(refused), 200) if refused else 200
        return self.views.render(
            "maintenance.html",
            request,
            visitor=visitor,
            status=status,
            refused="" if refused is None else str(refused),
            typed=form,
            durations=WINDOWS,
            clients=sorted({waba for waba in self.figures.owners().values() if waba}),
            may=visitor.may(Right.ADMINISTER),
            **self._lists(),
        )

    def _lists(self) -> dict[str, Any]:
        """Windows by whether they hold now, are to come, or are over; the last of these the newest first."""
        now = self.clock.now()
        every = self.silencing.windows(now - SHOWN_MS, now + SHOWN_MS)
        return {
            "active": [each for each in every if each.is_active(now)],
            "coming": [each for each in every if each.starts_at > now],
            "ended": [each for each in reversed(every) if each.ends_at <= now],
        }


def _window(form: Form, now: Millis) -> Window:
    """Raises BadRequest that names the field."""
    begin, lasts = begin_of(form, now), length_of(form, WINDOWS)
    start = now if begin is None else begin
    waba = form.one("waba").strip()
    wabas = frozenset({waba} if waba else ())
    return Window(form.one("name").strip()[:64], start, start + lasts, form.one("reason"), wabas)
