"""`/logs`: "WhatsApp Logs". The messages that fit all filters, the newest first, page after page; and their sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.error_codes import lookup
from wabawatch.domain.errors import Forbidden
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import look
from wabawatch.flows.browsing import Browsing
from wabawatch.flows.log_summing import LogSumming
from wabawatch.ports import Clock, Held
from wabawatch.web.masking import masked
from wabawatch.web.message_answers import MessageRow, row_of
from wabawatch.web.pages.archived import Archived, placed
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.log_columns import COLUMNS
from wabawatch.web.pages.log_query import UNMASK, LogQuery, log_query
from wabawatch.web.pages.log_shown import FILTERED, STATES, chips, facets, histogram, lasted
from wabawatch.web.pages.log_views import Saved
from wabawatch.web.pages.places import Whereabouts, whereabouts
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.visitors import Visitor
from wabawatch.wire import is_local_id

PAGE, MORE = 50, 100
"""Messages that are shown at once, and that come when one scrolls on"""
COUNT = "count"
"""Whether the page itself brings its sums, which a script asks for by itself: with any value"""

OPEN = "open"
"""The message that stands beside the list, by our own number of it"""


class Line(NamedTuple):
    """A message as the table shows it."""

    row: MessageRow
    at: Millis
    cause: str
    """Why it failed, in a few words"""
    meaning: str
    """The same in a sentence; "" unknown"""
    took: str
    """How long it took to arrive, in words; "" it has not"""


@dataclass(frozen=True, slots=True)
class LogsPage:
    """The log of messages, and what it is made of."""

    browsing: Browsing
    summing: LogSumming
    owners: Callable[[], Mapping[str, str]]
    """`AlertFigures.owners`: the client of every number"""
    saved: Callable[[Visitor, Whereabouts, LogQuery], Sequence[Saved]]
    """`LogViewForms.listed`: the views that a visitor may choose from"""
    archived: Archived
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes: the page, the rows that come after those it shows, and its sums."""
        return [
            desk.page("/logs", Right.VIEW, self.page),
            desk.page("/parts/logs", Right.VIEW, self.rows),
            desk.page("/parts/logs/sums", Right.VIEW, self.sums),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The whole page. An id that an application was given for its message leads to that message."""
        at, query = self._asked(request)
        if is_local_id(query.searched):
            return RedirectResponse(at.link(f"/messages/{query.searched}"), 303, headers=SECURE)
        owners = self.owners()
        more = {
            "query": query,
            "titles": FILTERED,
            "columns": COLUMNS,
            "saved": self.saved(visitor, at, query),
            "may_share": visitor.may(Right.OPERATE),
            "here_query": at.link("", **query.given).lstrip("?"),
            "chips": chips(at, query),
            "clients": sorted({waba for waba in owners.values() if waba}),
            "numbers": sorted(n for n, waba in owners.items() if not at.client or waba == at.client),
            "may_unmask": visitor.may(Right.UNMASK),
            "is_first": not request.query_params.get("cursor"),
            "is_counted": COUNT in request.query_params,
            "opened": _id(request.query_params.get(OPEN, "")),
            "n_archived": 0 if query.wrong else self.archived.held_in(query.wanted),
        }
        if more["is_counted"]:
            more |= self._sums(at, query)
        status = 422 if query.wrong else 200
        values = more | self._values(request, visitor, at, query)
        return self.views.render("logs.html", request, visitor=visitor, at=at, status=status, **values)

    def rows(self, request: Request, visitor: Visitor) -> Response:
        """The rows of one page of the table, and the way to the next."""
        at, query = self._asked(request)
        values = self._values(request, visitor, at, query, MORE)
        return self.views.render("parts/log_rows.html", request, visitor=visitor, at=at, query=query, **values)

    def sums(self, request: Request, visitor: Visitor) -> Response:
        """The histogram, and what one may filter by."""
        at, query = self._asked(request)
        values = self._sums(at, query) | {"is_part": True}
        return self.views.render("parts/log_sums.html", request, visitor=visitor, at=at, query=query, **values)

    def _asked(self, request: Request) -> tuple[Whereabouts, LogQuery]:
        at = whereabouts(request.query_params, self.clock.now())
        return at, log_query(request.query_params, at)

    def _sums(self, at: Whereabouts, query: LogQuery) -> dict[str, Any]:
        if query.wrong or query.is_archived or query.wanted.since is None:  # one message, whenever it was
            return {"sums": None, "bars": None, "facets": []}
        sums = self.summing.look(query.wanted, at.slice)
        return {"sums": sums, "bars": histogram(sums, at, query), "facets": facets(sums, at, query)}

    def _values(
        self, request: Request, visitor: Visitor, at: Whereabouts, query: LogQuery, limit: int = PAGE
    ) -> dict[str, Any]:
        if query.wrong:
            nothing: dict[str, Any] = {"lines": [], "older": "", "older_part": "", "looked_back_to": None}
            return {**nothing, "newest": 0, "states": STATES}
        is_masked = self._is_masked(visitor, query)
        browsing = self.archived.browsing if query.is_archived else self.browsing
        page = browsing.search(query.wanted, limit, request.query_params.get("cursor") or None)
        found = page.found
        # From the second page on it is a range from a moment to a moment: a cursor belongs to it.
        fixed = replace(at, range="")
        following = {**query.given, "cursor": (page.following,)} if page.following else None
        return {
            "lines": lines_of(found.held, found.swept_until, is_masked, is_archived=query.is_archived),
            "newest": found.newest,
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


def lines_of(held: Sequence[Held], swept_until: Millis, is_masked: bool, *, is_archived: bool = False) -> list[Line]:
    """Messages as the table shows them."""
    lines = [_line(each, swept_until, is_masked=is_masked) for each in held]
    return [line._replace(row=placed(line.row, line.at)) for line in lines] if is_archived else lines


def _line(held: Held, swept_until: Millis, *, is_masked: bool) -> Line:
    row = row_of(held, swept_until)
    known = None if row.error_code is None else lookup(row.error_code)
    cause, meaning = (known.title, known.meaning) if known else (row.error_title, "")
    seen = look(held.message)
    took = "" if seen.arrived_at is None else lasted(max(0, seen.arrived_at - seen.cohort_at))
    return Line(masked(row) if is_masked else row, seen.cohort_at, cause, meaning, took)


def _id(text: str) -> str:
    """An id of ours; "" for anything else."""
    return text if text.isascii() and text.isdigit() and len(text) < 19 else ""
