"""On PostgreSQL: no 200 before the sync; killed under load, nothing answered is lost or doubled, and all goes on."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.support import strace
from tests.support.children import ending
from tests.support.conversations import Commits, Conversations
from tests.support.health import check_of, eventually, is_well
from tests.support.postgres import PostgresServer
from tests.support.power import webhook
from tests.support.server import PATIENCE_S, Server, run, sender
from tests.support.traffic import QUEUE, Traffic, check_bodies, check_messages, check_rows, keep_sending

KILLS = 3
AT_ONCE = 12
WEBHOOKS = 200


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    new = PostgresServer(is_fast=False)
    yield new
    new.close()


async def storm(server: Server, postgres: PostgresServer, traffic: Traffic) -> None:
    """Load from beginning to end, and PostgreSQL killed while it lasts. Afterwards it lives."""
    is_over = asyncio.Event()
    async with sender(server.url, AT_ONCE) as post:
        load = [asyncio.create_task(keep_sending(traffic, post, is_over)) for _ in range(AT_ONCE)]
        for _ in range(KILLS):
            await more(traffic.acked.total)
            await asyncio.sleep(traffic.chance.uniform(0, 1))
            await asyncio.to_thread(postgres.kill)
            await more(lambda: traffic.surprises[503])
            await asyncio.to_thread(must_be_unwell, server)
            await asyncio.to_thread(postgres.start)
        await more(traffic.acked.total)
        is_over.set()
        await asyncio.gather(*load)
        for request in traffic.left_over():
            await traffic.carry(request, post)


async def more(count: Callable[[], int]) -> None:
    """Wait until *count* has grown."""
    before = count()
    async with asyncio.timeout(PATIENCE_S):
        while count() <= before:
            await asyncio.sleep(0.01)


def must_be_unwell(server: Server) -> None:
    """It says so, and what to do; it does not end."""
    health = server.get("/healthz")
    assert (health.status_code, health.json()["status"]) == (503, "failing")
    assert "See that PostgreSQL runs" in check_of(server, "database")["detail"]
    assert server.get("/readyz").status_code == 503


@pytest.mark.timeout(200)
def test_what_was_answered_counts_once_after_postgresql_was_killed_three_times(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(2**32))
    print(f"KILL_SEED={seed} makes the same traffic again")
    traffic = Traffic(random.Random(seed))
    with postgres.database() as url:
        server = Server(tmp_path, {"DATABASE_URL": url})
        try:
            server.start()
            asyncio.run(storm(server, postgres, traffic))
            eventually(lambda: is_well(server))
            status = server.settled()
            assert server.terminate() == 0
        finally:
            server.close()
        with psycopg.connect(url) as connection:
            rows = connection.execute(QUEUE).fetchall()
            aside = connection.execute("SELECT * FROM whatsapp_logs WHERE event IN ('retrying', 'parked')").fetchall()
        verified = run(tmp_path, "rebuild", "--verify", settings={"DATABASE_URL": url})

    assert traffic.surprises.keys() == {503}
    assert "Traceback" not in server.log, server.log
    check_bodies(traffic, status["webhooks"])
    check_messages(traffic, status["messages"])
    check_rows(traffic, rows)
    assert not aside
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.mark.timeout(120)
def test_no_200_begins_to_leave_before_postgresql_has_synced_its_body(postgres: PostgresServer, tmp_path: Path) -> None:
    strace.must_be_there()
    log = tmp_path / "log"
    with postgres.database() as url, traced(postgres, tmp_path / "postgres"):
        server = Server(tmp_path, {"DATABASE_URL": url}, strace.command(log, strace.SOCKETS + ",write,writev,close"))
        try:
            server.start()
            pid = server.pid
            accepted = asyncio.run(webhooks(server))
            server.kill()
        finally:
            server.close()
    conversations, commits, answers = Conversations(), Commits(), []

    for event in strace.events(in_order(strace.lines(log, pid), (tmp_path / "postgres").read_text().splitlines())):
        if event.call.name in Commits.CALLS and "/pg_wal/" in event.call.arguments:
            commits.feed(event)
        elif (answer := conversations.feed(event)) and answer.target.startswith(b"POST /webhooks/"):
            answers.append(answer)
            assert commits.waited_for(answer), answer

    assert len(answers) == accepted == WEBHOOKS


async def webhooks(server: Server) -> int:
    """Post webhooks; gives how many were answered with 200."""
    async with sender(server.url, AT_ONCE) as post:
        sent = (post.webhook(webhook(f"wamid.{number}", 1_800_000_000)) for number in range(WEBHOOKS))
        return sum([status == 200 for status in await asyncio.gather(*sent)])


@contextmanager
def traced(postgres: PostgresServer, log: Path) -> Iterator[None]:
    """Have what PostgreSQL writes and syncs told to *log*, with the names of the files."""
    calls = "trace=pwrite64,pwritev,fsync,fdatasync"
    everyone = [word for pid in postgres.pids for word in ("-p", f"{pid}")]  # and whoever is made later
    command = ["strace", "-f", "-q", "-ttt", "-y", "-s", "0", "-e", calls, "-o", str(log), *everyone]
    with ending(subprocess.Popen(command)) as tracer:
        strace.wait_until_traced(postgres.pid, tracer)
        yield
        tracer.terminate()  # not killed: it writes down what it has seen
        tracer.wait(PATIENCE_S)


def in_order(*logs: list[str]) -> list[str]:
    """The lines of several logs by their time. Who waits for another is told of later, whoever writes it down."""
    return sorted((line for log in logs for line in log), key=lambda line: float(line.split(maxsplit=2)[1]))
