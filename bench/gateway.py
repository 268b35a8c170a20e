"""What the gateway adds to a send, and how many sends pass, beside the same sends without it.

    python -m bench.gateway [--seconds 5] [--rounds 3] [--delay-ms 50] [--database sqlite|postgresql]

Every send is recorded and digested while it is measured, and looked for in the log afterwards.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from bench.figures import Measured
from bench.filling import Installation
from bench.graph import HOST, call, graph
from bench.machine import cpu_s
from bench.serving import Served, installation, wabawatch
from bench.stage import SQLITE, Stage, alone

BUSY = 64
"""Sends at once where as many as possible are wanted"""


class Missing(Exception):
    """Sends that were answered are not in the log."""


def measure(
    stage: Stage, *, seconds: float = 5.0, rounds: int = 3, delay_ms: float = 50.0, database: str = SQLITE
) -> Sequence[Measured]:
    """One run on an empty installation: first with a Graph API that takes *delay_ms*, then with one that takes none."""
    with graph(delay_ms) as port:
        one = _added(stage, port, database, 1, seconds, rounds)
        many = _added(stage, port, database, 16, seconds, rounds)
    with graph(0.0) as port:
        per_second, note = _most(stage, port, database, seconds)
        saturated = _added(stage, port, database, 16, seconds, 1)
    under = f"median of {rounds} rounds, Graph API that takes {delay_ms:.0f} ms"
    return [
        Measured("gateway.added_1", one, database, f"one at a time, {under}"),
        Measured("gateway.added_16", many, database, under),
        Measured("gateway.sends", per_second, database, note),
        Measured(
            "gateway.added_saturated", saturated, database, "as fast as they are answered: the queue in front counts"
        ),
    ]


def _installation(stage: Stage, port: int, database: str) -> Installation:
    made = installation(stage, database)
    return replace(made, settings={**made.settings, "WHATSAPP_API_URL": f"http://{HOST}:{port}"})


def _added(stage: Stage, port: int, database: str, at_once: int, seconds: float, rounds: int) -> float:
    """By how many ms the median of a send grows; direct and through the gateway by turns."""
    where = _installation(stage, port, database)
    grown = []
    with wabawatch(where) as server, stage.task(f"gateway, {at_once} at once", rounds) as show:
        for done in range(rounds):
            direct = call(port, "", at_once, seconds).median_ms
            through = call(server.port, "/graph", at_once, seconds).median_ms
            grown.append(through - direct)
            show(done + 1, f"+{grown[-1]:.2f} ms")
    return median(grown)


def _most(stage: Stage, port: int, database: str, seconds: float) -> tuple[float, str]:
    where = _installation(stage, port, database)
    with wabawatch(where) as server, stage.task("gateway, as many as pass"):
        before_s = cpu_s(server.pid)
        called = call(server.port, "/graph", BUSY, seconds)
        attempted = _logged(server, called.sends)
        took_us = (cpu_s(server.pid) - before_s) / attempted * 1e6
    note = f"{BUSY} at once for {seconds:.0f} s, median {called.median_ms:.1f} ms, {took_us:.0f} µs of CPU each"
    return called.per_second, f"{note}; {attempted:,} in the log"


def _logged(server: Served, least: int) -> int:
    """How many sends are in the log; waits until they are at least *least*. Raises Missing."""
    give_up_at = time.monotonic() + 60.0
    while (found := int(server.status()["messages"]["accepted"])) < least:
        if time.monotonic() > give_up_at:
            raise Missing(f"{least:,} sends were answered, {found:,} are in the log")
        time.sleep(0.2)
    return found


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
