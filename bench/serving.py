"""The servers that are measured: `wabawatch serve` in a process of its own, and the receivers to compare with."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.support.postgres import PostgresServer
from tests.support.server import HOST, Server

from bench.filling import DAYS, Installation, fill
from bench.receivers import Where
from bench.stage import POSTGRESQL, Stage

DIGEST_PATIENCE_S = 1_200.0


class Served(Server):
    """The real server, as an operator would run it: in production, monitoring on."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(folder, {"APP_ENV": "production", **(settings or {})})

    def figure(self, name: str) -> float:
        """A figure without labels from `/metrics`, which computes them every ten seconds at most."""
        found = re.search(rf"^{name} (\S+)$", self.get("/metrics").text, re.MULTILINE)
        if found is None:
            raise RuntimeError(f"/metrics has no {name}")
        return float(found[1])

    def digested(self, stage: Stage) -> dict[str, Any]:
        """The status, once all that was accepted is digested."""
        give_up_at = time.monotonic() + DIGEST_PATIENCE_S
        found = self.status()
        most = found["webhooks"]["backlog"]
        with stage.task("digesting what waits", most) as show:
            while waiting := found["webhooks"]["backlog"]:
                if time.monotonic() > give_up_at:
                    raise RuntimeError(f"{waiting:,} bodies are still not digested")
                show(most - waiting, f"{waiting:,} wait")
                time.sleep(min(1.0, waiting / 20_000))
                found = self.status()
        return found


@contextmanager
def wabawatch(where: Installation, *, is_started: bool = True) -> Iterator[Served]:
    """`wabawatch serve` on *where*; ended in the end, whatever happens."""
    server = Served(where.folder, where.settings)
    try:
        if is_started:
            server.start()
        yield server
    finally:
        server.close()


def installation(stage: Stage, database: str) -> Installation:
    """A new one with nothing in it. For PostgreSQL a server is started, once in a stage, with every commit durable."""
    if database != POSTGRESQL:
        return Installation(stage.folder(), {})
    server = stage.once(POSTGRESQL, _postgres)
    return Installation(stage.folder(), {"DATABASE_URL": stage.enter(server.database())})


def filled(stage: Stage, total: int, database: str, broken: float = 0.0) -> Installation:
    """One with about *total* messages of the last thirty days (*broken*: see `ReferenceMix`); filled once in a stage,
    and used by whoever asks."""

    def made(stage: Stage) -> Installation:
        new = installation(stage, database)
        with stage.task(f"filling in {total:,} messages, {database}", DAYS) as show:
            fill(new, total, show, broken)
        return new

    return stage.once((total, database, broken), made)


def _postgres(stage: Stage) -> PostgresServer:
    server = PostgresServer(is_fast=False)
    stage.enter(closing(server))
    return server


@contextmanager
def receiver(kind: str, where: Where) -> Iterator[tuple[int, int]]:
    """One of `bench.receivers` in a process of its own: its pid and port. The socket listens already."""
    with socket.create_server((HOST, 0), backlog=1024) as listening:
        fd = listening.fileno()
        command = [sys.executable, "-m", "bench.receivers", kind, "--folder", str(where.folder), "--fd", str(fd)]
        command += ["--database-url", where.database_url]
        process = subprocess.Popen(command, pass_fds=[fd], start_new_session=True)
        try:
            yield process.pid, listening.getsockname()[1]
        finally:
            process.terminate()
            try:
                process.wait(30)
            finally:
                process.kill()
