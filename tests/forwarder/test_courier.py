"""Posting one webhook to a real server on this machine, and what is made of its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from wabawatch.domain.forwarding import Outcome, Target
from wabawatch.flows.forwarding import Parcel
from wabawatch.forwarder.courier import Courier
from wabawatch.forwarder.means import Answer
from wabawatch.net import HttpClient, Timeouts, guard_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PARCEL = Parcel(b'{"object": "x"}', "sha256=" + "0" * 64)
FOREVER = Timeouts(None, None, None)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(app) as server:
        yield str(server.make_url("/hook"))


async def posted(url: str, *, timeout_s: float = 20.0, allowed: tuple[str, ...] = ("127.0.0.1",)) -> Answer:
    client = HttpClient(guard_of(allowed), FOREVER)
    try:
        return await Courier(client)(Target("crm", url, timeout_s=timeout_s), PARCEL, 7)
    finally:
        await client.close()


def answer_to(handler: Handler, **options: float) -> Answer:
    async def scene() -> Answer:
        async with serving(handler) as url:
            return await posted(url, **options)  # type: ignore[arg-type]

    return asyncio.run(scene())


def test_bytes_and_signature_come_as_they_are() -> None:
    came: list[tuple[bytes, str, str]] = []

    async def handler(request: web.Request) -> web.Response:
        headers = request.headers
        came.append((await request.read(), headers["X-Hub-Signature-256"], headers["Content-Type"]))
        return web.Response()

    assert answer_to(handler) == (Outcome.DELIVERED, "HTTP 200")
    assert came == [(PARCEL.content, PARCEL.signature, "application/json")]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(204, Outcome.DELIVERED), (404, Outcome.REFUSED), (500, Outcome.FAILED), (503, Outcome.FAILED)],
)
def test_the_status_decides(status: int, outcome: Outcome) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status)

    assert answer_to(handler) == (outcome, f"HTTP {status}")


def test_a_redirect_is_not_followed() -> None:
    paths: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    assert answer_to(handler)[0] is Outcome.REDIRECTED
    assert paths == ["/hook"]


def test_a_server_that_takes_too_long_is_cut() -> None:
    async def handler(_: web.Request) -> web.Response:
        await asyncio.sleep(20)
        return web.Response()

    assert answer_to(handler, timeout_s=0.05) == (Outcome.TIMED_OUT, "no answer within 0.05 s")


def test_a_server_that_closes_the_connection_is_asked_once_more() -> None:
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.transport is not None:
            request.transport.close()
        return web.Response()

    assert answer_to(handler)[0] is Outcome.BROKEN_OFF
    assert len(asked) == 2


def test_a_private_address_is_not_reached_unless_it_is_allowed() -> None:
    came: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        came.append(request.path)
        return web.Response()

    async def scene() -> Answer:
        async with serving(handler) as url:
            return await posted(url, allowed=())

    outcome, words = asyncio.run(scene())
    assert (outcome, came) == (Outcome.FORBIDDEN, [])
    assert "WABAWATCH_ALLOW_PRIVATE_URLS" in words


def test_nobody_listening_is_said_without_the_path() -> None:
    async def nothing(_: web.Request) -> web.Response:
        return web.Response()

    async def scene() -> Answer:
        async with serving(nothing) as url:
            pass
        return await posted(f"{url}?token=secret")

    outcome, words = asyncio.run(scene())
    assert outcome is Outcome.UNREACHABLE
    assert "secret" not in words


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1_000):
            await response.write(b"x" * 65_536)
        return response

    assert answer_to(handler, timeout_s=10)[0] is Outcome.DELIVERED


def test_what_a_target_is_shown_as_hides_its_address_and_secret() -> None:
    shown = repr(replace(Target("crm", "https://crm.example/token"), secret=b"secret"))

    assert "token" not in shown
    assert "secret'" not in shown
