"""PostgreSQL, which holds the inbox too, is killed while sends pass the gateway: none fails, is lost or doubled."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psycopg
import pytest
from tests.support.health import eventually, is_well
from tests.support.postgres import PostgresServer
from tests.support.server import PATIENCE_S, Server
from tests.support.upstream import Packet, json_answer, upstream

from wabawatch.wire import write

AWAY_S = float(os.environ.get("STORE_AWAY_S") or 8)
AT_ONCE = 8
LONGEST_PAUSE_S = 60.0
"""A loop that failed all the time waits so long before it tries again"""
NUMBER = "106540352242922"


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    new = PostgresServer(is_fast=False)
    yield new
    new.close()


async def accept(seen: Packet, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept a send as the message that its text names."""
    wamid = seen.body.partition(b'"body":"')[2].partition(b'"')[0]
    writer.write(json_answer(b'{"messages":[{"id":"%s"}]}' % wamid))


async def keep_sending(session: aiohttp.ClientSession, line: int, is_over: asyncio.Event) -> list[str]:
    """Send until it is over; gives the wamids. Any other answer than 200 fails."""
    wamids: list[str] = []
    while not is_over.is_set():
        wamids.append(f"wamid.{line}-{len(wamids)}")
        body = {"to": "15551234567", "type": "text", "text": {"body": wamids[-1]}}
        async with session.post(f"/graph/v25.0/{NUMBER}/messages", data=write(body)) as answer:
            assert (answer.status, (await answer.json())["messages"][0]["id"]) == (200, wamids[-1])
        await asyncio.sleep(0.01)
    return wamids


@pytest.mark.timeout(240)
def test_a_store_that_is_away_under_traffic_fails_no_send_and_loses_no_record(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    async def run(server: Server) -> list[str]:
        async with upstream(accept) as meta:
            server.settings["WHATSAPP_API_URL"] = meta.url
            await asyncio.to_thread(server.start)
            is_over = asyncio.Event()
            timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
            async with aiohttp.ClientSession(server.url, timeout=timeout) as session:
                load = [asyncio.create_task(keep_sending(session, n, is_over)) for n in range(AT_ONCE)]
                await asyncio.sleep(1)
                await asyncio.to_thread(postgres.kill)
                await asyncio.sleep(AWAY_S)
                await asyncio.to_thread(postgres.start)
                await asyncio.sleep(1)
                is_over.set()
                return [wamid for sent in await asyncio.gather(*load) for wamid in sent]

    with postgres.database() as url:
        server = Server(tmp_path, {"DATABASE_URL": url})
        try:
            wamids = asyncio.run(run(server))
            eventually(lambda: is_well(server), LONGEST_PAUSE_S + PATIENCE_S)
            eventually(lambda: not list((tmp_path / "data").glob("spool-*")))
            counted = server.settled()["messages"]
            assert server.terminate() == 0
        finally:
            server.close()
        with psycopg.connect(url) as connection:
            [(rows,)] = connection.execute("SELECT COUNT(*) FROM whatsapp_message_queue").fetchall()

    assert (counted["attempted"], counted["accepted"], counted["unlinked"], rows) == (
        len(wamids),
        len(wamids),
        0,
        len(wamids),
    )
    assert len(wamids) > AT_ONCE * 10
    print(f"{len(wamids)} sends, {AWAY_S:.0f} s without a store")
