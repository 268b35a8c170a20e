"""Two real servers on one PostgreSQL: whichever of them takes a body in, one of them forwards it, once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.test_forward import Shop, numbered, serving, target, until
from tests.support.postgres import PostgresServer
from tests.support.server import Server, sender

BODIES = 600
"""More than one look at the list brings"""


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    new = PostgresServer()
    yield new
    new.close()


async def post_all(server: Server, first: int) -> None:
    async with sender(server.url) as post:
        for n in range(first, first + BODIES):
            assert await post.webhook(numbered(n)) == 200


@pytest.mark.timeout(120)
def test_two_servers_on_one_database_forward_each_body_once(postgres: PostgresServer, tmp_path: Path) -> None:
    async def scene(url: str) -> None:
        shop = Shop(delay_s=0.005)
        async with serving(shop) as hook:
            settings = target("crm", hook, app="*") | {
                "DATABASE_URL": url,
                "WABAWATCH_KEY_FILE": str(tmp_path / "keys.json"),
            }
            folders = tmp_path / "one", tmp_path / "two"
            for folder in folders:
                folder.mkdir()
            one, two = (Server(folder, settings) for folder in folders)
            try:
                await asyncio.to_thread(one.start)
                await asyncio.to_thread(two.start)
                await asyncio.gather(post_all(one, 0), post_all(two, BODIES))
                # The one that forwards may be the one that stops: the other one goes on from there.
                assert await asyncio.to_thread(one.terminate) == 0
                await post_all(two, 2 * BODIES)
                everything = {numbered(n) for n in range(3 * BODIES)}
                await until(lambda: everything <= shop.bodies, two)
                assert await asyncio.to_thread(two.terminate) == 0
            finally:
                one.close()
                two.close()
        assert Counter(body for body, _ in shop.got).most_common(1)[0][1] == 1
        assert "Traceback" not in one.log + two.log, one.log + two.log

    with postgres.database() as url:
        asyncio.run(scene(url))
