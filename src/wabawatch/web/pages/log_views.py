"""Saved views of the log: forms that save and delete one, and the links that the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.log_views import LogView
from wabawatch.flows.log_views import LogViewDesk
from wabawatch.ports import Clock
from wabawatch.web.forms import form_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.log_query import KINDS, UNMASK, LogQuery, log_query
from wabawatch.web.pages.places import Whereabouts, whereabouts
from wabawatch.web.pages.views import SECURE
from wabawatch.web.visitors import Visitor


class Saved(NamedTuple):
    """A view as the page lists it."""

    view: LogView
    href: str
    is_current: bool
    may_delete: bool


@dataclass(frozen=True, slots=True)
class LogViewForms:
    """Saving and deleting views."""

    desk: LogViewDesk
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Their routes."""
        return [
            desk.page("/logs/views", Right.VIEW, self.save, "POST"),
            desk.page("/logs/views/{id:int}/delete", Right.VIEW, self.delete, "POST"),
        ]

    def listed(self, visitor: Visitor, at: Whereabouts, query: LogQuery) -> Sequence[Saved]:
        """The views that *visitor* may choose from."""
        here = _spoken(at, query)
        shares = visitor.may(Right.OPERATE)
        return [
            Saved(
                view,
                f"/logs?{view.query}" if view.query else "/logs",
                view.query == here,
                view.owner == visitor.id or (view.is_shared and shares),
            )
            for view in self.desk.listed(visitor.id)
        ]

    def save(self, request: Request, visitor: Visitor) -> Response:
        """Keep what the page looks for under a name, and go back there."""
        form = form_of(request)
        at, query = self._asked(form.one("query"))
        if query.wrong:
            raise BadRequest("query: the search itself is not right yet; mend it, then save it")
        if query.searched and query.searched.partition(":")[0] not in KINDS:
            raise BadRequest(
                "query: a view does not keep whose messages are looked for; take the phone number, id or wamid out of "
                "the search line, then save it"
            )
        said = _spoken(at, query)
        view = LogView(0, visitor.id, form.one("name"), said, bool(form.one("shared")))
        self.desk.save(view, visitor.actor, may_share=visitor.may(Right.OPERATE))
        return RedirectResponse(f"/logs?{said}" if said else "/logs", 303, headers=SECURE)

    def delete(self, request: Request, visitor: Visitor) -> Response:
        """Take one away, and go back."""
        may_share = visitor.may(Right.OPERATE)
        self.desk.delete(request.path_params["id"], visitor.id, visitor.actor, may_share=may_share)
        at, query = self._asked(form_of(request).one("query"))
        return RedirectResponse(at.link("/logs", **query.given), 303, headers=SECURE)

    def _asked(self, text: str) -> tuple[Whereabouts, LogQuery]:
        given = QueryParams(text[:20_000])
        at = whereabouts(given, self.clock.now())
        return at, log_query(given, at)


def _spoken(at: Whereabouts, query: LogQuery) -> str:
    """What a view keeps of a page, always written the same way: never whether numbers are whole."""
    return at.link("", **{**query.given, UNMASK: ()}).lstrip("?")
