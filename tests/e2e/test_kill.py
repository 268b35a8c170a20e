"""The server is killed at random moments under load: what it answered with 200 is there afterwards, once."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

from tests.support.server import PATIENCE_S, Server, run, sender
from tests.support.thorough import examples
from tests.support.traffic import QUEUE, Traffic, check_bodies, check_messages, check_rows, keep_sending

KILLS = examples(8)
AT_ONCE = 12


async def storm(server: Server, traffic: Traffic) -> None:
    """Load from beginning to end, and kills while it lasts. Afterwards the server lives."""
    is_over = asyncio.Event()
    async with sender(server.url, AT_ONCE) as post:
        load = [asyncio.create_task(keep_sending(traffic, post, is_over)) for _ in range(AT_ONCE)]
        for _ in range(KILLS):
            await _one_life(server, traffic)
        server.spawn()
        await _acked_more_than(traffic, traffic.acked.total(), server)
        is_over.set()
        await asyncio.gather(*load)
        for request in traffic.left_over():
            await traffic.carry(request, post)


async def _one_life(server: Server, traffic: Traffic) -> None:
    """One life in five may end while the server still starts; the others end under load."""
    server.spawn()
    if traffic.chance.random() < 0.8:
        await _acked_more_than(traffic, traffic.acked.total(), server)
    await asyncio.sleep(traffic.chance.uniform(0, 1.2))
    server.kill()


async def _acked_more_than(traffic: Traffic, before: int, server: Server) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while traffic.acked.total() <= before:
            server.must_be_alive()
            await asyncio.sleep(0.01)


def test_what_was_answered_is_processed_exactly_once_after_many_kills(tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(2**32))
    print(f"KILL_SEED={seed} makes the same traffic again")
    traffic = Traffic(random.Random(seed))
    server = Server(tmp_path)
    try:
        asyncio.run(storm(server, traffic))
        status = server.settled()
        assert server.terminate() == 0
    finally:
        server.close()

    assert not traffic.surprises
    assert "Traceback" not in server.log, server.log
    check_bodies(traffic, status["webhooks"])
    check_messages(traffic, status["messages"])
    check_rows(traffic, server.sql(QUEUE))
    assert not server.sql("SELECT * FROM whatsapp_logs WHERE event IN ('retrying', 'parked')")
    verified = run(tmp_path, "rebuild", "--verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
