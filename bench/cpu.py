"""What the server takes of a core while nothing happens, and at one message per second, with a million stored.

    python -m bench.cpu [--seconds 60] [--settle 30] [--messages 1000000] [--database sqlite|postgresql]

A message is four requests: its send, recorded over the API, and three statuses. PostgreSQL's processes do not count.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from tests.support.server import API_TOKEN, SECRET

from bench.figures import Measured
from bench.machine import cpu_s
from bench.sender import Plan
from bench.sending import Sending
from bench.serving import Served, filled, wabawatch
from bench.stage import SQLITE, Stage, alone
from bench.webhooks import watch


def measure(
    stage: Stage, *, seconds: float = 60.0, settle: float = 30.0, messages: int = 1_000_000, database: str = SQLITE
) -> Sequence[Measured]:
    """Idle for *seconds*, then busy for *seconds*, after *settle* seconds for what a start has to do."""
    with wabawatch(filled(stage, messages, database)) as server:
        stage.pause("the server settles", settle)
        idle = _idle(stage, server, seconds)
        busy = _busy(stage, server, seconds)
    note = f"{seconds:.0f} s, {messages:,} stored"
    return [
        Measured("cpu.idle", idle * 100, database, note),
        Measured("cpu.one_per_second", busy * 100, database, f"{note}; a send record and 3 statuses each"),
    ]


def _idle(stage: Stage, server: Served, seconds: float) -> float:
    before, began = cpu_s(server.pid), time.monotonic()
    stage.pause("CPU idle", seconds)
    return (cpu_s(server.pid) - before) / (time.monotonic() - began)


def _busy(stage: Stage, server: Served, seconds: float) -> float:
    plan = Plan(
        server.port,
        SECRET,
        seconds,
        rate=4.0,
        connections=4,
        token=API_TOKEN,
        delivered_after=2,
        read_after=10,
        seed=int(time.time()),
    )
    before, began = cpu_s(server.pid), time.monotonic()
    with Sending(plan) as sending:
        watch(stage, sending, "CPU at 1 message/s", seconds)
        sending.result()
    return (cpu_s(server.pid) - before) / (time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
