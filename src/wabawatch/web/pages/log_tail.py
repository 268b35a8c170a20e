"""`/parts/logs/tail`: what has arrived since a reader asked last, oldest first, and what became of what is shown.

A reader's place in line is a number in the question: who stops asks for nothing and loses nothing, and who asks twice
gets the same. Headers tell where things stand; the body is rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.errors import BadRequest, Forbidden
from wabawatch.domain.facts import Millis
from wabawatch.flows.browsing import Browsing
from wabawatch.flows.tailing import Tail, Tailing
from wabawatch.ports import Clock, Held
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.log_query import UNMASK, LogQuery, log_query
from wabawatch.web.pages.log_shown import STATES
from wabawatch.web.pages.places import Whereabouts, whereabouts
from wabawatch.web.pages.views import Views
from wabawatch.web.visitors import Visitor

AT_ONCE = 1_000
"""Rows of one answer at most"""
MOST_AGAIN = 100
"""Rows that are shown already, of one answer at most"""
Lines = Callable[[list[Held], Millis, bool], list[Any]]
"""`logs.lines_of`"""


class _Asked(NamedTuple):
    """What a reader wants of their line."""

    start: int
    limit: int
    again: list[int]
    is_new: bool


@dataclass(frozen=True, slots=True)
class LogTailPage:
    """The tail of a log."""

    tailing: Tailing
    browsing: Browsing
    lines_of: Lines
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its route."""
        return [desk.page("/parts/logs/tail", Right.VIEW, self.rows)]

    def rows(self, request: Request, visitor: Visitor) -> Response:
        """The rows from a place in line on. Raises BadRequest that names the parameter."""
        asked = request.query_params
        at = whereabouts(asked, self.clock.now())
        query = log_query(asked, at)
        if query.wrong:
            raise BadRequest("; ".join(query.wrong.values()))
        name = asked.get("tail", "")
        if not re.fullmatch(r"[0-9a-z]{8,40}", name, re.ASCII):
            raise BadRequest("tail: a name of 8 to 40 small letters and digits")
        start, newest, limit = (_number(asked.get(each, "0"), each) for each in ("place", "after", "limit"))
        # Names are a reader's own, and of what they may see: unmasking is not for who has been given another's name.
        is_masked = UNMASK not in query.given
        tail, is_new = self.tailing.follow(visitor.id, f"{name}{'' if is_masked else '+'}", query.wanted, newest)
        if not is_masked:
            self._may_see(visitor, query, is_new)
        again = [_number(each, "again") for each in asked.get("again", "").split(".") if each][:MOST_AGAIN]
        with tail.lock:
            return self._answer(
                request, visitor, at, query, tail, _Asked(0 if is_new else start, min(limit, AT_ONCE), again, is_new)
            )

    def _may_see(self, visitor: Visitor, query: LogQuery, is_new: bool) -> None:
        if not visitor.may(Right.UNMASK):
            raise Forbidden("your account may not see whole phone numbers; ask an administrator for that right")
        if is_new:
            self.browsing.unmasked(visitor.actor, query.filters)

    def _answer(
        self,
        request: Request,
        visitor: Visitor,
        at: Whereabouts,
        query: LogQuery,
        tail: Tail,
        asked: _Asked,
    ) -> Response:
        found = tail.read(asked.start, asked.limit)
        old, swept_until = tail.again(asked.again) if asked.again else ([], 0)
        is_masked = UNMASK not in query.given
        answer = self.views.render(
            "parts/log_tail.html",
            request,
            visitor=visitor,
            at=at,
            query=query,
            lines=self.lines_of(found.held, found.swept_until, is_masked)[::-1],
            again=self.lines_of(old, swept_until, is_masked),
            states=STATES,
        )
        told: Mapping[str, int | str] = {
            "start": found.start,
            "next": found.following,
            "total": found.total,
            "newest": found.newest,
            "rows": len(found.held),
            "new": int(asked.is_new),
        }
        if asked.start < found.start and (span := tail.span(asked.start, found.start)):
            told = {**told, "lost": found.start - asked.start, "link": _between(at, query, span)}
        elif skipped := request.query_params.get("skipped", ""):
            span = tail.span(_number(skipped, "skipped"), asked.start)
            told = {**told, "link": _between(at, query, span)} if span else told
        answer.headers.update({f"x-tail-{name}": str(value) for name, value in told.items()})
        return answer


def _between(at: Whereabouts, query: LogQuery, span: tuple[Millis, Millis]) -> str:
    """The search for what is between two moments."""
    return replace(at, range="", start=span[0], end=span[1]).link("/logs", **query.given)


def _number(text: str, name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text or "0", re.ASCII):
        raise BadRequest(f"{name}: a whole number")
    return int(text or "0")
