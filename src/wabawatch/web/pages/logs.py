"""`/logs`: "WhatsApp Logs". The messages that fit all filters, the newest first, page after page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.error_codes import lookup
from wabawatch.domain.errors import Forbidden
from wabawatch.domain.facts import Millis
from wabawatch.domain.search import Direction, State
from wabawatch.domain.standing import look
from wabawatch.flows.browsing import Browsing
from wabawatch.ports import Clock, Held
from wabawatch.web.masking import masked
from wabawatch.web.message_answers import MessageRow, row_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.log_query import UNMASK, LogQuery, log_query
from wabawatch.web.pages.places import Whereabouts, whereabouts
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.visitors import Visitor
from wabawatch.wire import is_local_id

PAGE = 50
"""Messages that are shown at once"""
STATES: Mapping[State, tuple[str, str]] = {
    State.PENDING: ("none", "Pending"),
    State.SENT: ("none", "Sent"),
    State.DELIVERED: ("good", "Delivered"),
    State.READ: ("good", "Read"),
    State.FAILED: ("bad", "Failed"),
    State.EXPIRED: ("warn", "Expired"),
    State.RECEIVED: ("none", "Received"),
}
"""Of each status its colour and its word"""


class Line(NamedTuple):
    """A message as the table shows it."""

    row: MessageRow
    at: Millis
    cause: str
    """Why it failed, in a few words"""
    meaning: str
    """The same in a sentence; "" unknown"""


@dataclass(frozen=True, slots=True)
class LogsPage:
    """The log of messages, and what it is made of."""

    browsing: Browsing
    owners: Callable[[], Mapping[str, str]]
    """`AlertFigures.owners`: the client of every number"""
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes: the page, and the rows that come after those it shows."""
        return [
            desk.page("/logs", Right.VIEW, self.page),
            desk.page("/parts/logs", Right.VIEW, self.rows),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The whole page. An id that an application was given for its message leads to that message."""
        at = whereabouts(request.query_params, self.clock.now())
        query = log_query(request.query_params, at)
        if is_local_id(query.given.get("q", "")):
            return RedirectResponse(at.link(f"/messages/{query.given['q']}"), 303, headers=SECURE)
        owners = self.owners()
        more = {
            "query": query,
            "clients": sorted({waba for waba in owners.values() if waba}),
            "numbers": sorted(n for n, waba in owners.items() if not at.client or waba == at.client),
            "statuses": [(each.value, STATES[each][1]) for each in State],
            "directions": [(Direction.OUTBOUND.value, "Sent by us"), (Direction.INBOUND.value, "Received")],
            "may_unmask": visitor.may(Right.UNMASK),
            "is_first": not request.query_params.get("cursor"),
        }
        status = 422 if query.wrong else 200
        values = more | self._values(request, visitor, at, query)
        return self.views.render("logs.html", request, visitor=visitor, at=at, status=status, **values)

    def rows(self, request: Request, visitor: Visitor) -> Response:
        """The rows of one page of the table, and the way to the next."""
        at = whereabouts(request.query_params, self.clock.now())
        query = log_query(request.query_params, at)
        values = self._values(request, visitor, at, query)
        return self.views.render("parts/log_rows.html", request, visitor=visitor, at=at, query=query, **values)

    def _values(self, request: Request, visitor: Visitor, at: Whereabouts, query: LogQuery) -> dict[str, Any]:
        if query.wrong:
            return {"lines": [], "older": "", "older_part": "", "looked_back_to": None, "states": STATES}
        is_masked = self._is_masked(visitor, query)
        page = self.browsing.search(query.wanted, PAGE, request.query_params.get("cursor") or None)
        found = page.found
        # From the second page on it is a range from a moment to a moment: a cursor belongs to it.
        fixed = replace(at, range="")
        following = {**query.given, "cursor": page.following} if page.following else None
        return {
            "lines": [_line(held, found.swept_until, is_masked=is_masked) for held in found.held],
            "older": fixed.link("/logs", **following) if following else "",
            "older_part": fixed.link("/parts/logs", **following) if following else "",
            "looked_back_to": found.following.at if found.is_cut and found.following else None,
            "states": STATES,
        }

    def _is_masked(self, visitor: Visitor, query: LogQuery) -> bool:
        if UNMASK not in query.given:
            return True
        if not visitor.may(Right.UNMASK):
            raise Forbidden("your account may not see whole phone numbers; ask an administrator for that right")
        self.browsing.unmasked(visitor.actor, query.filters)
        return False


def _line(held: Held, swept_until: Millis, *, is_masked: bool) -> Line:
    row = row_of(held, swept_until)
    known = None if row.error_code is None else lookup(row.error_code)
    cause, meaning = (known.title, known.meaning) if known else (row.error_title, "")
    return Line(masked(row) if is_masked else row, look(held.message).cohort_at, cause, meaning)
