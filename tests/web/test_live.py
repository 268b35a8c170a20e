"""Server-sent events: who may listen, how many, what is told, and that nothing is missed by who comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
from starlette.requests import Request
from tests.support.asgi import Request as Asked
from tests.support.asgi import ask
from tests.support.books import HandClock

from wabawatch.domain.access import Right
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.ports import Figures
from wabawatch.web import live
from wabawatch.web.live import Live, News, news_of
from wabawatch.web.visitors import Visitor

LOOKER = Visitor("Vera", frozenset({Right.VIEW}), id=8)


class Books:
    """What stands where."""

    def __init__(self) -> None:
        self.digested = 7
        self.alerts = ""
        self.read: dict[int, int] = {}
        self.is_broken = False

    def mark(self, _name: str) -> int:
        if self.is_broken:
            raise StoreUnavailable("no disk")
        return self.digested

    def last_cycle_at(self) -> int:
        return 100

    def sign(self, _now: int) -> str:
        return self.alerts

    def looks(self) -> dict[int, int]:
        return dict(self.read)


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    for name in ("GLANCE_S", "FIGURES_EVERY_S", "BEAT_EVERY_S", "RECHECK_EVERY_S"):
        monkeypatch.setattr(live, name, 0.0)
    return Books()


def listening(books: Books, visitor: Visitor | None = LOOKER) -> Live:
    return Live(lambda _: visitor, cast(Figures, books), books, HandClock(0))


def stream(endpoint: Live, last_event_id: str = "") -> AsyncIterator[str]:
    headers = [(b"last-event-id", last_event_id.encode())] if last_event_id else []
    request = Request({"type": "http", "headers": headers, "method": "GET", "path": "/live"})
    return endpoint._stream(request, LOOKER.id)


async def next_of(stream: AsyncIterator[str], kind: str) -> str:
    """The next event of *kind*, beats and others left out."""
    async for told in stream:
        if f"event: {kind}\n" in told:
            return told
    raise AssertionError(f"the stream ended before {kind}")


def test_who_is_not_signed_in_hears_nothing(books: Books) -> None:
    assert ask(listening(books, None), Asked("GET", "/live")).status == 401


def test_more_than_so_many_are_told_to_come_back(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_CLIENTS", 0)

    answer = ask(listening(books), Asked("GET", "/live"))

    assert answer.status == 503
    assert answer.headers[b"retry-after"] == b"60"


def test_who_comes_is_told_where_things_stand_and_then_what_is_new() -> None:
    async def talk(books: Books) -> list[str]:
        told = stream(listening(books))
        hello = await next_of(told, "hello")
        books.digested = 8
        figures = await next_of(told, "figures")
        books.alerts = "1.0.0.0"
        return [hello, figures, await next_of(told, "alerts")]

    with pytest.MonkeyPatch.context() as patch:
        for name in ("GLANCE_S", "FIGURES_EVERY_S"):
            patch.setattr(live, name, 0.0)
        hello, figures, alerts = asyncio.run(talk(Books()))

    assert hello == "id: 7-100//\nevent: hello\ndata: 7-100//\n\n"
    assert "id: 8-100//\n" in figures
    assert "id: 8-100/1.0.0.0/\n" in alerts


def test_who_has_read_the_list_in_one_window_is_told_so_in_the_others_and_nobody_else_is(books: Books) -> None:
    async def talk() -> str:
        told = stream(listening(books))
        await next_of(told, "hello")
        books.read = {9: 3}
        assert "event" not in await anext(told)
        books.read = {9: 3, 8: 4}
        return await next_of(told, "seen")

    assert "id: 7-100//4\n" in asyncio.run(talk())


def test_who_comes_back_is_told_what_was_missed(books: Books) -> None:
    async def talk() -> str:
        return await next_of(stream(listening(books), "5-100//"), "figures")

    assert "id: 7-100//\n" in asyncio.run(talk())


def test_who_comes_back_and_missed_nothing_is_told_nothing(books: Books) -> None:
    async def talk() -> list[str]:
        told = stream(listening(books), "7-100//")
        return [await anext(told) for _ in range(4)]

    assert asyncio.run(talk()) == ["retry: 3000\n\n", *[": beat\n\n"] * 3]


def test_a_stream_ends_when_its_listener_is_not_signed_in_any_more(books: Books) -> None:
    endpoint = listening(books, None)

    async def talk() -> list[str]:
        return [told async for told in stream(endpoint, "7-100//")]

    assert asyncio.run(talk())[-1] == ": beat\n\n"
    assert endpoint.clients == 0


def test_every_stream_ends_when_the_server_does(books: Books) -> None:
    endpoint = listening(books)

    async def talk() -> int:
        told = stream(endpoint)
        await next_of(told, "hello")
        at_first = endpoint.clients
        endpoint.end()
        assert not [each async for each in told if "event" in each]
        return at_first

    assert asyncio.run(talk()) == 1
    assert endpoint.clients == 0


def test_in_trouble_a_stream_goes_on_and_tells_of_it_later(books: Books) -> None:
    async def talk() -> str:
        told = stream(listening(books))
        await next_of(told, "hello")
        books.is_broken = True
        await anext(told)
        books.is_broken, books.digested = False, 9
        return await next_of(told, "figures")

    assert "id: 9-100//\n" in asyncio.run(talk())


@pytest.mark.parametrize(
    ("text", "news"), [("", None), ("rubbish", None), ("7-100/5.2.0.0/9", News("7-100", "5.2.0.0", "9"))]
)
def test_what_a_page_was_told_last_is_read_back(text: str, news: News | None) -> None:
    assert news_of(text) == news
