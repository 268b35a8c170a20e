"""`/live`: server-sent events that tell open pages that something they show is not as it was.

An event says that there is news, not what: each page then asks for what it shows, of its own period and slice. So an
event that is missed loses nothing: the next one, or the one on coming back (`Last-Event-ID`), makes the page whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from wabawatch.alert_news_ports import AlertSigns
from wabawatch.domain.access import Right
from wabawatch.domain.errors import Trouble
from wabawatch.ports import DIGESTED, Clock, Figures
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
    """How alerts stand, and what people did about them"""
    seen: str = ""
    """How far the user who listens has read the list of alerts, in whichever window"""

    @property
    def id(self) -> str:
        """As `Last-Event-ID` gives it back."""
        return f"{self.figures}/{self.alerts}/{self.seen}"


def news_of(last_event_id: str) -> News | None:
    """What a page had been told last; None where that cannot be told."""
    parts = last_event_id.split("/")
    return News(*parts) if len(parts) == 3 else None


class Glance(NamedTuple):
    """What is the same for all who listen, and how far each of them has read."""

    figures: str = ""
    alerts: str = ""
    looks: Mapping[int, int] = MappingProxyType({})

    def of(self, user: int) -> News:
        """What there is for *user*."""
        return News(self.figures, self.alerts, str(self.looks.get(user, "")))


@dataclass
class Live:
    """The endpoint, and what all who listen share."""

    visitor_of: Callable[[Request], Visitor | None]
    """`Visitors.of`"""
    figures: Figures
    alerts: AlertSigns
    clock: Clock
    right: Right = Right.VIEW
    clients: int = 0
    is_ending: bool = False
    _seen: Glance = field(default=Glance())
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
        if (visitor := await self._listener(request)) is None:
            return Response(status_code=401, headers=SECURE)
        if self.clients >= MOST_CLIENTS or self.is_ending:
            return Response(status_code=503, headers={**SECURE, "retry-after": "60"})
        headers = {**SECURE, "x-accel-buffering": "no"}
        return StreamingResponse(self._stream(request, visitor.id), headers=headers, media_type="text/event-stream")

    async def _listener(self, request: Request) -> Visitor | None:
        """Who listens; None: nobody who may."""
        visitor = await run_in_threadpool(self.visitor_of, request)
        return visitor if visitor is not None and visitor.may(self.right) else None

    async def _stream(self, request: Request, user: int) -> AsyncIterator[str]:
        self.clients += 1
        try:
            told = news_of(request.headers.get("last-event-id", ""))
            told_at = beat_at = checked_at = time.monotonic()
            yield f"retry: {COME_BACK_MS}\n\n"
            while not self.is_ending:
                now, news = time.monotonic(), (await self._glance()).of(user)
                if told is None:
                    # A page that has just been made shows what there is.
                    told = news
                    yield _event("hello", news)
                if news.alerts != told.alerts:
                    told = told._replace(alerts=news.alerts)
                    yield _event("alerts", told)
                if news.seen != told.seen:
                    told = told._replace(seen=news.seen)
                    yield _event("seen", told)
                if news.figures != told.figures and now - told_at >= FIGURES_EVERY_S:
                    told, told_at = told._replace(figures=news.figures), now
                    yield _event("figures", told)
                if now - beat_at >= BEAT_EVERY_S:
                    beat_at = now
                    yield ": beat\n\n"
                if now - checked_at >= RECHECK_EVERY_S:
                    checked_at = now
                    if await self._listener(request) is None:
                        return
                await asyncio.sleep(GLANCE_S)
        finally:
            self.clients -= 1

    async def _glance(self) -> Glance:
        """What stands where: looked at once a second, however many listen. In trouble it stands as it did."""
        async with self._looking:
            if time.monotonic() - self._seen_at >= GLANCE_S:
                with suppress(Trouble):  # the page that asks is told; here the next glance is a second away
                    self._seen = await run_in_threadpool(self._look)
                self._seen_at = time.monotonic()
            return self._seen

    def _look(self) -> Glance:
        figures = f"{self.figures.mark(DIGESTED)}-{self.figures.last_cycle_at() or 0}"
        return Glance(figures, self.alerts.sign(self.clock.now()), self.alerts.looks())


def _event(name: str, news: News) -> str:
    return f"id: {news.id}\nevent: {name}\ndata: {news.id}\n\n"
