"""`/live`: server-sent events that tell open pages that something they show is not as it was.

An event says that there is news, not what: each page then asks for what it shows, of its own period and slice. So an
event that is missed loses nothing: the next one, or the one on coming back (`Last-Event-ID`), makes the page whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from wabawatch.alerting_ports import OpenCounts
from wabawatch.domain.access import Right
from wabawatch.domain.errors import Trouble
from wabawatch.ports import DIGESTED, Figures
from wabawatch.web.pages.views import SECURE
from wabawatch.web.visitors import Visitor

MOST_CLIENTS = 200
"""So many windows may listen at a time; others are told to come back, and meanwhile ask once a minute."""
GLANCE_S = 1.0
FIGURES_EVERY_S = 5.0
"""Figures that change all the time are told so often, alerts at once."""
BEAT_EVERY_S = 15.0
"""So often something is sent, so that nobody between takes the connection for dead."""
RECHECK_EVERY_S = 30.0
"""So often it is asked whether who listens is still signed in."""
COME_BACK_MS = 3_000


class News(NamedTuple):
    """What stands where: two of them differ when there is news."""

    figures: str
    """How far bodies are digested, and the newest window that was judged"""
    alerts: str
    """What fires"""

    @property
    def id(self) -> str:
        """As `Last-Event-ID` gives it back."""
        return f"{self.figures}/{self.alerts}"


NOTHING = News("", "")


def news_of(last_event_id: str) -> News | None:
    """What a page had been told last; None where that cannot be told."""
    figures, slash, alerts = last_event_id.partition("/")
    return News(figures, alerts) if slash else None


@dataclass
class Live:
    """The endpoint, and what all who listen share."""

    visitor_of: Callable[[Request], Visitor | None]
    """`Visitors.of`"""
    figures: Figures
    alerts: OpenCounts
    right: Right = Right.VIEW
    clients: int = 0
    is_ending: bool = False
    _seen: News = field(default=NOTHING)
    _seen_at: float = float("-inf")
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def routes(self) -> list[Route]:
        """The route."""
        return [Route("/live", self, methods=["GET"])]

    def end(self) -> None:
        """Have every stream end within a second: the server stops. Callable from a signal handler."""
        self.is_ending = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await self._answer(request)
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if not await self._may_listen(request):
            return Response(status_code=401, headers=SECURE)
        if self.clients >= MOST_CLIENTS or self.is_ending:
            return Response(status_code=503, headers={**SECURE, "retry-after": "60"})
        headers = {**SECURE, "x-accel-buffering": "no"}
        return StreamingResponse(self._stream(request), headers=headers, media_type="text/event-stream")

    async def _may_listen(self, request: Request) -> bool:
        visitor = await run_in_threadpool(self.visitor_of, request)
        return visitor is not None and visitor.may(self.right)

    async def _stream(self, request: Request) -> AsyncIterator[str]:
        self.clients += 1
        try:
            told = news_of(request.headers.get("last-event-id", ""))
            told_at = beat_at = checked_at = time.monotonic()
            yield f"retry: {COME_BACK_MS}\n\n"
            while not self.is_ending:
                now, news = time.monotonic(), await self._news()
                if told is None:
                    # A page that has just been made shows what there is.
                    told = news
                    yield _event("hello", news)
                if news.alerts != told.alerts:
                    told = told._replace(alerts=news.alerts)
                    yield _event("alerts", told)
                if news.figures != told.figures and now - told_at >= FIGURES_EVERY_S:
                    told, told_at = told._replace(figures=news.figures), now
                    yield _event("figures", told)
                if now - beat_at >= BEAT_EVERY_S:
                    beat_at = now
                    yield ": beat\n\n"
                if now - checked_at >= RECHECK_EVERY_S:
                    checked_at = now
                    if not await self._may_listen(request):
                        return
                await asyncio.sleep(GLANCE_S)
        finally:
            self.clients -= 1

    async def _news(self) -> News:
        """What stands where: looked at once a second, however many listen. In trouble it stands as it did."""
        async with self._looking:
            if time.monotonic() - self._seen_at >= GLANCE_S:
                with suppress(Trouble):  # the page that asks is told; here the next glance is a second away
                    self._seen = await run_in_threadpool(self._look)
                self._seen_at = time.monotonic()
            return self._seen

    def _look(self) -> News:
        firing = "-".join(f"{severity}{n}" for severity, n in sorted(self.alerts.counts().items()))
        return News(f"{self.figures.mark(DIGESTED)}-{self.figures.last_cycle_at() or 0}", firing)


def _event(name: str, news: News) -> str:
    return f"id: {news.id}\nevent: {name}\ndata: {news.id}\n\n"
