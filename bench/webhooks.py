"""Webhooks accepted durably and digested by one `wabawatch serve` under a steady load (an open loop).

    python -m bench.webhooks [--seconds 60] [--rate 4040] [--connections 64] [--database sqlite|postgresql]

`--rate 0` sends as fast as the answers come. Afterwards the books are held against what was sent: each webhook that was
answered with 200 is in the log exactly once, and every message has the status that its webhooks told.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.server import SECRET

from bench.figures import Measured
from bench.machine import cpu_s, memory_of
from bench.sender import Plan, Sent
from bench.sending import Sending
from bench.serving import Served, installation, wabawatch
from bench.stage import SQLITE, Stage, alone

RATE = 4_040.0
"""One per cent above the figure, so that the figure itself can be reached"""

PATIENCE_S = 15.0
"""What was due and could not even be sent so long after the end is given up: the server is too slow for the rate"""


class Wrong(Exception):
    """The books say something else than what was sent."""


def measure(
    stage: Stage, *, seconds: float = 60.0, rate: float = RATE, connections: int = 64, database: str = SQLITE
) -> Sequence[Measured]:
    """One run on an empty installation."""
    with wabawatch(installation(stage, database)) as server:
        plan = Plan(
            server.port,
            SECRET,
            seconds,
            rate=rate,
            connections=connections,
            patience_s=PATIENCE_S,
            delivered_after=int(rate / 3 * 2) or 3_000,
            read_after=int(rate / 3 * 10) or 15_000,
        )
        before_s = cpu_s(server.pid)
        with Sending(plan) as sending:
            watch(stage, sending, "webhooks", seconds)
            sent = sending.result()
        age_s = server.figure("wabawatch_inbox_oldest_waiting_seconds")
        done = server.status()["webhooks"]["processed"]
        waiting, took_s = sent.answered - done, cpu_s(server.pid) - before_s
        drained_per_s = _drain(stage, server, waiting)
        lost = check(server.status(), sent)
        peak = memory_of(server.pid).peak
    costs = f"{took_s / sent.wall_s:.2f} cores ({took_s / max(1, done) * 1e6:.0f} µs a webhook), {peak:.0f} MB at most"
    note = f"{_load(sent, connections)}; server {costs}; sender {sent.cores:.2f} cores"
    found = [
        Measured("webhooks.digested", done / sent.wall_s, database, note),
        Measured("webhooks.backlog_age", age_s, database, f"{waiting:,} waited"),
        Measured("webhooks.ack_p50", sent.quantile_ms(0.5), database),
        Measured("webhooks.ack_p99", sent.quantile_ms(0.99), database),
        Measured("webhooks.lost", lost, database, f"{sent.answered:,} answered; every status of every message right"),
    ]
    if drained_per_s:
        found.append(Measured("webhooks.drain", drained_per_s, database, f"{waiting:,} bodies"))
    return found


def _load(sent: Sent, connections: int) -> str:
    load = f"{sent.per_second:,.0f}/s accepted for {sent.measured_s:.0f} s over {connections} connections"
    return f"{load}, {sent.unanswered:,} given up" if sent.unanswered else load


def watch(stage: Stage, sending: Sending, what: str, total: float) -> None:
    """Show how far the sender is, until it is done. *total* in seconds."""
    with stage.task(what, total) as show:
        while sending.is_running:
            per_s = sending.answered / sending.at_s if sending.at_s else 0.0
            show(sending.at_s, f"{sending.answered:,} answered, {per_s:,.0f}/s")
            sending.wait(0.5)


def check(status: Mapping[str, Any], sent: Sent) -> int:
    """How many answered webhooks are not in the log. Raises Wrong when they hold anything else."""
    bodies, messages = status["webhooks"], status["messages"]
    different = bodies["processed"] - bodies["duplicates"]
    if different < sent.answered:
        return int(sent.answered - different)
    told = {name: messages[name] for name in sent.truth}
    if told != sent.truth or different > sent.answered + sent.unanswered or bodies["parked"] or bodies["unknown"]:
        raise Wrong(f"the books say {told} and {bodies}; {sent.answered:,} were answered, and sent was {sent.truth}")
    return 0


def _drain(stage: Stage, server: Served, waiting: int) -> float:
    """Digest what waits; gives bodies per second, 0.0 when too few waited to tell."""
    began = time.monotonic()
    server.digested(stage)
    return waiting / (time.monotonic() - began) if waiting > 5_000 else 0.0


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
