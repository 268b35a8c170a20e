"""Targets that are down, slow, broken, elsewhere or another client's, all at once behind one real server."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.e2e.test_forward import Shop, target, told, until, webhook
from tests.support.server import PATIENCE_S, SECRET, Server, free_port, sender

from wabawatch.meta.signature import is_genuine

BODIES = 60
SLOW_S, TIMEOUT_S = 25.0, 3
"""So long the slow application takes, and so long it is waited for"""
SECONDS = 5.0
"""An answer that takes so long would have waited for somebody"""
ONE, TWO = "secret of one", "secret of two"


class Town:
    """Applications of every kind, each on a port of its own."""

    def __init__(self) -> None:
        self.good, self.failing, self.late, self.one, self.two = Shop(), Shop(500), Shop(), Shop(), Shop()
        self.moved, self.elsewhere, self.private = Shop(), Shop(), Shop()
        self.hung = self.closed = 0
        self._is_over = asyncio.Event()

    async def hang(self, request: web.Request) -> web.Response:
        """25 s, or until the test is over."""
        await request.read()
        self.hung += 1
        async with asyncio.timeout(SLOW_S):
            await self._is_over.wait()
        return web.Response()

    async def close_up(self, request: web.Request) -> web.Response:
        """Read everything and hang up."""
        await request.read()
        self.closed += 1
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async def point_elsewhere(self, request: web.Request) -> web.Response:
        await self.moved.hook(request)
        raise web.HTTPTemporaryRedirect("/elsewhere")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[dict[str, str]]:
        """Let all but the late one answer; gives the address of each."""
        app = web.Application()
        for name in ("good", "failing", "one", "two", "elsewhere"):
            app.router.add_post(f"/{name}", getattr(self, name).hook)
        app.router.add_post("/slow", self.hang)
        app.router.add_post("/closing", self.close_up)
        app.router.add_post("/moved", self.point_elsewhere)
        async with TestServer(app) as server, serving(self.private, "127.0.0.2", 0) as private:
            try:
                names = ("good", "failing", "one", "two", "slow", "closing", "moved")
                yield {name: str(server.make_url(f"/{name}")) for name in names} | {"private": private}
            finally:
                self._is_over.set()


@asynccontextmanager
async def serving(shop: Shop, host: str, port: int) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/hook", shop.hook)
    async with TestServer(app, host=host, port=port or None) as server:
        yield str(server.make_url("/hook"))


def settings(urls: dict[str, str], late: str) -> dict[str, str]:
    """Everybody but the two clients gets everything. Only 127.0.0.1 is allowed of what is private."""
    found = target("one", urls["one"], waba="1", secret=ONE) | target("two", urls["two"], number="22", secret=TWO)
    found |= target("late", late, app="*") | target("slow", urls["slow"], app="*", timeout=str(TIMEOUT_S))
    for name in ("good", "failing", "closing", "moved", "private"):
        found |= target(name, urls[name], app="*")
    return found


def of_both(n: int) -> bytes:
    return webhook(told("1", "11", f"wamid.of-one.{n}"), told("2", "22", f"wamid.of-two.{n}"))


async def post_all(server: Server, first: int) -> list[float]:
    """Post bodies; gives how long each answer took."""
    took = []
    async with sender(server.url) as post:
        for n in range(first, first + BODIES):
            began = time.monotonic()
            assert await post.webhook(of_both(n)) == 200
            took.append(time.monotonic() - began)
    return took


async def outcomes(server: Server, name: str) -> set[tuple[str, str]]:
    """What the API tells of bodies that *name* did not take and that were tried."""
    answer = await asyncio.to_thread(server.get, f"/api/v1/forward-targets/{name}/retrying")
    return {(each["outcome"], each["detail"]) for each in answer.json() if each["tries"]}


async def states(server: Server) -> dict[str, dict[str, Any]]:
    answer = await asyncio.to_thread(server.get, "/api/v1/forward-targets")
    return {each["target"]: each for each in answer.json()}


@pytest.mark.timeout(120)
def test_targets_of_every_kind_harm_neither_each_other_nor_the_receiver(tmp_path: Path) -> None:
    async def scene() -> None:
        town, port = Town(), free_port()
        async with town.open() as urls:
            server = Server(tmp_path, settings(urls, f"http://127.0.0.1:{port}/hook"))
            try:
                await asyncio.to_thread(server.start)
                await post_all(server, 0)
                await until(lambda: town.hung > 0, server)
                took = await post_all(server, BODIES)  # while the slow one hangs
                everything = {of_both(n) for n in range(2 * BODIES)}
                await until(lambda: everything <= town.good.bodies, server)
                await until(lambda: min(len(town.one.bodies), len(town.two.bodies)) == 2 * BODIES, server)
                assert max(took) < SECONDS

                await check_troubles(server, town)
                check_clients(town)
                async with serving(town.late, "127.0.0.1", port):
                    await until(lambda: everything <= town.late.bodies, server)
                    await asyncio.to_thread(server.terminate)
                assert_once(town.good, town.late)
            finally:
                server.close()
        assert "Traceback" not in server.log, server.log

    asyncio.run(scene())


async def check_troubles(server: Server, town: Town) -> None:
    """Each target that takes nothing is left alone, and its bodies wait with the reason."""
    expected = {
        "slow": ("timed_out", f"no answer within {TIMEOUT_S} s"),
        "failing": ("failed", "HTTP 500"),
        "closing": ("broken_off", "the connection was closed before the answer was whole"),
        "moved": ("redirected", "HTTP 307"),
        "private": (
            "forbidden",
            "127.0.0.2 leads to the private address 127.0.0.2; allow it with WABAWATCH_ALLOW_PRIVATE_URLS",
        ),
        "late": ("unreachable", "no connection: Connect call failed"),
    }
    for name, (outcome, detail) in expected.items():
        async with asyncio.timeout(30):
            while not (found := await outcomes(server, name)):
                await asyncio.sleep(0.2)
        assert {each for each, _ in found} == {outcome}
        assert all(words.startswith(detail) for _, words in found), found
    async with asyncio.timeout(PATIENCE_S):
        while (known := await states(server))["good"]["waiting"]:  # what it took is noted a moment later
            await asyncio.sleep(0.2)
    for name in expected:
        assert known[name]["left_alone_since"], known[name]
        assert known[name]["retrying"] + known[name]["waiting"] >= 2 * BODIES
    assert not town.private.got
    assert not town.elsewhere.got
    assert (known["good"]["waiting"], known["good"]["retrying"], known["good"]["trouble"]) == (0, 0, "")


def check_clients(town: Town) -> None:
    """Each client has all of its own, cut out and signed with its own secret, and nothing of the other's."""
    for shop, own, other, secret in ((town.one, b"of-one", b"of-two", ONE), (town.two, b"of-two", b"of-one", TWO)):
        assert len(shop.bodies) == 2 * BODIES
        for body, signature in shop.got:
            assert (own in body, other in body) == (True, False)
            assert is_genuine(body, signature, [secret.encode()])
    assert all(is_genuine(body, signature, [SECRET.encode()]) for body, signature in town.good.got)


def assert_once(*shops: Shop) -> None:
    for shop in shops:
        assert Counter(body for body, _ in shop.got).most_common(1)[0][1] == 1
