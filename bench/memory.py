"""What the server holds in memory with a million messages stored: after a time at 50 messages/s, and at its peak.

    python -m bench.memory [--seconds 60] [--peak-seconds 20] [--messages 1000000] [--database sqlite|postgresql]

A message is four requests, as in `bench.cpu`. PostgreSQL's own processes do not count.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from tests.support.server import API_TOKEN, SECRET

from bench.figures import Measured
from bench.machine import Memory, memory_of
from bench.sender import Plan, Sent
from bench.sending import Sending
from bench.serving import Served, filled, wabawatch
from bench.stage import SQLITE, Stage, alone
from bench.webhooks import RATE, watch

PER_SECOND = 50


def measure(
    stage: Stage,
    *,
    seconds: float = 60.0,
    peak_seconds: float = 20.0,
    messages: int = 1_000_000,
    database: str = SQLITE,
) -> Sequence[Measured]:
    """At 50 messages/s for *seconds*, then at 4,000 webhooks/s for *peak_seconds*."""
    with wabawatch(filled(stage, messages, database)) as server:
        fresh = memory_of(server.pid)
        calm = Plan(
            server.port,
            SECRET,
            seconds,
            rate=4.0 * PER_SECOND,
            connections=16,
            token=API_TOKEN,
            delivered_after=2 * PER_SECOND,
            read_after=10 * PER_SECOND,
            seed=int(time.time()),
        )
        _send(stage, calm, f"{PER_SECOND} messages/s", seconds)
        steady = memory_of(server.pid)
        storm = Plan(server.port, SECRET, peak_seconds, rate=RATE, seed=int(time.time()) + 1)
        sent = _send(stage, storm, "4,000 webhooks/s", peak_seconds)
        peak = _highest(stage, server)
    return [
        Measured(
            "memory.resident", steady.resident, database, _steadily(seconds, fresh, steady) + f"; {messages:,} stored"
        ),
        Measured(
            "memory.peak",
            peak.peak,
            database,
            f"{sent.per_second:,.0f}/s accepted for {peak_seconds:.0f} s, {messages:,} stored",
        ),
    ]


def _send(stage: Stage, plan: Plan, what: str, seconds: float) -> Sent:
    with Sending(plan) as sending:
        watch(stage, sending, what, seconds)
        return sending.result()


def _highest(stage: Stage, server: Served) -> Memory:
    server.digested(stage)
    return memory_of(server.pid)


def _steadily(seconds: float, fresh: Memory, steady: Memory) -> str:
    return (
        f"after {seconds / 60:.0f} min (at start {fresh.resident:.1f} MB); "
        f"Pss {steady.proportional:.1f} MB, peak until then {steady.peak:.1f} MB"
    )


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
