"""The real server forwards to real applications on this machine: killed, stopped, and with targets of every kind."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.support.server import PATIENCE_S, SECRET, Server, run, sender

from wabawatch.meta.signature import is_genuine

OWN = b"own secret"


class Shop:
    """An application: it notes the bodies that come with their signatures, and answers with a status."""

    def __init__(self, status: int = 200, delay_s: float = 0.0) -> None:
        self.status = status
        self.delay_s = delay_s
        self.got: list[tuple[bytes, str]] = []

    async def hook(self, request: web.Request) -> web.Response:
        self.got.append((await request.read(), request.headers.get("X-Hub-Signature-256", "")))
        await asyncio.sleep(self.delay_s)
        return web.Response(status=self.status)

    @property
    def bodies(self) -> set[bytes]:
        return {body for body, _ in self.got}


@asynccontextmanager
async def serving(shop: Shop) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/hook", shop.hook)
    async with TestServer(app) as server:
        yield str(server.make_url("/hook"))


def target(name: str, url: str, **more: str) -> dict[str, str]:
    given = {"URL": url, **{key.upper(): value for key, value in more.items()}}
    return {"WABAWATCH_ALLOW_PRIVATE_URLS": "127.0.0.1"} | {
        f"WABAWATCH_FORWARD_{name.upper()}_{key}": value for key, value in given.items()
    }


def told(waba: str, number: str, wamid: str) -> dict[str, object]:
    status = {"id": wamid, "status": "sent", "timestamp": "1795176000", "recipient_id": "15550101001"}
    value = {"metadata": {"phone_number_id": number}, "statuses": [status]}
    return {"id": waba, "changes": [{"field": "messages", "value": value}]}


def webhook(*entries: dict[str, object]) -> bytes:
    return json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()


def numbered(n: int) -> bytes:
    return webhook(told("1", "11", f"wamid.{n}"))


async def until(is_so: Callable[[], bool], server: Server) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():
            server.must_be_alive()
            await asyncio.sleep(0.02)


@pytest.mark.timeout(180)
def test_kills_in_the_middle_of_forwarding_lose_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        shop, sent = Shop(delay_s=0.002), set[bytes]()
        async with serving(shop) as url:
            server = Server(tmp_path, target("crm", url, app="default"))
            try:
                for life in range(3):
                    await asyncio.to_thread(server.start)
                    async with sender(server.url) as post:
                        for n in range(life * 200, life * 200 + 200):
                            if await post.webhook(numbered(n)) == 200:
                                sent.add(numbered(n))
                    await asyncio.sleep(0.1 * life)
                    server.kill()
                await asyncio.to_thread(server.start)
                await until(lambda: sent <= shop.bodies, server)
                assert await asyncio.to_thread(server.terminate) == 0
            finally:
                server.close()
        assert len(sent) == 600
        assert all(is_genuine(body, signature, [SECRET.encode()]) for body, signature in shop.got)
        assert "Traceback" not in server.log, server.log

    asyncio.run(scene())


def test_after_an_orderly_stop_nothing_is_sent_twice(tmp_path: Path) -> None:
    async def scene() -> None:
        shop = Shop(delay_s=0.02)
        async with serving(shop) as url:
            server = Server(tmp_path, target("crm", url, app="*", concurrency="4"))
            try:
                await asyncio.to_thread(server.start)
                async with sender(server.url) as post:
                    for n in range(100):
                        assert await post.webhook(numbered(n)) == 200
                assert await asyncio.to_thread(server.terminate) == 0
                await asyncio.to_thread(server.start)
                await until(lambda: len(shop.bodies) == 100, server)
            finally:
                server.close()
        assert Counter(body for body, _ in shop.got).most_common(1)[0][1] == 1

    asyncio.run(scene())


def test_nothing_of_one_client_reaches_the_other(tmp_path: Path) -> None:
    async def scene() -> None:
        first, second = Shop(), Shop()
        async with serving(first) as one, serving(second) as two:
            targets = target("one", one, waba="1", secret=OWN.decode()) | target("two", two, number="22", secret="x")
            server = Server(tmp_path, targets)
            try:
                await asyncio.to_thread(server.start)
                both, alone = webhook(told("1", "11", "wamid.a"), told("2", "22", "wamid.b")), numbered(3)
                async with sender(server.url) as post:
                    assert [await post.webhook(both), await post.webhook(alone)] == [200, 200]
                await until(lambda: len(first.got) == 2 and len(second.got) == 1, server)
            finally:
                server.close()
        got = dict(first.got)
        assert all(b"wamid.b" not in body for body in got)
        assert b"wamid.a" not in second.got[0][0]
        assert is_genuine(alone, got[alone], [SECRET.encode()])
        (split,) = first.bodies - {alone}
        assert is_genuine(split, got[split], [OWN])
        assert is_genuine(second.got[0][0], second.got[0][1], [b"x"])

    asyncio.run(scene())


def test_the_application_is_judged_and_its_dead_target_is_shown(tmp_path: Path) -> None:
    async def scene() -> None:
        good, bad = Shop(), Shop(500)
        async with serving(good) as one, serving(bad) as two:
            server = Server(tmp_path, target("good", one, app="*") | target("bad", two, app="default"))
            try:
                await asyncio.to_thread(server.start)
                async with sender(server.url) as post:
                    for n in range(40):
                        assert await post.webhook(numbered(n)) == 200
                await until(lambda: len(good.bodies) == 40 and len(bad.got) >= 5, server)
                assert await asyncio.to_thread(server.terminate) == 0
                listed = json.loads(run(tmp_path, "forward", "list", "--json", settings=server.settings).stdout)
                status = json.loads(run(tmp_path, "status", "--json", settings=server.settings).stdout)
            finally:
                server.close()
        by_name = {each["target"]: each for each in listed}
        assert (by_name["good"]["state"], by_name["good"]["waiting"]) == ("open", 0)
        assert (by_name["bad"]["state"], by_name["bad"]["trouble"]) == ("left_alone", "HTTP 500")
        response = status["requirements"]["webhook_response"]
        assert (response["subject"], response["verdict"]) == ("application", "violation")

    asyncio.run(scene())
