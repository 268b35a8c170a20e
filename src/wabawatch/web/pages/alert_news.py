"""What is new about alerts, for a window that is open: the part that every page fetches when it is told that there is
news."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.alert_news import DeedKind, Told
from wabawatch.domain.errors import BadRequest, Trouble
from wabawatch.flows.alert_news import AlertNews
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.views import SECURE, Bell, Views
from wabawatch.web.visitors import Visitor

MOST_KEPT = 100
DEEDS = {
    DeedKind.ACKNOWLEDGED: "acknowledged",
    DeedKind.NOTED: "wrote a note about",
    DeedKind.SILENCED: "silenced",
    DeedKind.UNSILENCED: "ended a silence of",
}
"""What somebody did, before the title of the alert"""


def bell_of(news: AlertNews, visitor: Visitor) -> Bell:
    """What the frame of a page says of alerts; in trouble it says nothing, and the page says why."""
    with suppress(Trouble):
        return Bell(news.unread(visitor.id), str(news.told()))
    return Bell()


@dataclass(frozen=True, slots=True)
class AlertNewsPart:
    """The part, and that somebody has the list of alerts before them."""

    news: AlertNews
    views: Views

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        return [
            desk.page("/parts/alert-news", Right.VIEW, self.part),
            desk.page("/parts/alert-news/seen", Right.VIEW, self.see, "POST"),
        ]

    def part(self, request: Request, visitor: Visitor) -> Response:
        """What is new since the window was told last, as it says."""
        query = request.query_params
        found = self.news.news(told_of(query.get("after", "")), _numbers(query.get("keep", "")), visitor.id)
        return self.views.render("parts/alert_news.html", request, visitor=visitor, news=found, deeds=DEEDS)

    def see(self, _request: Request, visitor: Visitor) -> Response:
        """Note that the visitor looks at the list now."""
        self.news.look(visitor.id)
        return Response(status_code=204, headers=SECURE)


def told_of(text: str) -> Told:
    """How far a window was told. Raises BadRequest."""
    numbers = [int(each) for each in text.split(".") if each.isascii() and each.isdecimal() and len(each) <= 18]
    if len(numbers) != 2 or text.count(".") != 1:
        raise BadRequest("after: this is no place in the news; load the page again")
    return Told(*numbers)


def _numbers(text: str) -> list[int]:
    found = [each for each in text.split(",") if each]
    if not all(each.isascii() and each.isdecimal() and len(each) <= 18 for each in found):
        raise BadRequest("keep: these are no numbers of news; load the page again")
    return [int(each) for each in found[:MOST_KEPT]]
