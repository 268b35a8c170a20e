"""How long a monitoring cycle over 50 numbers takes, with few messages stored and with many.

    python -m bench.cycle [--messages 10000,1000000] [--rounds 40] [--database sqlite|postgresql]

The cycle runs in this process, on a clock that is turned by five minutes each time, up to the end of the last full day.
The median counts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from statistics import median

from bench.figures import Measured
from bench.filling import BenchClock, Installation, opened
from bench.reference_mix import DAY_MS
from bench.serving import filled
from bench.stage import SQLITE, Stage, alone
from wabawatch.flows.cycle import Wanted

INTERVAL_MS = 300_000
KEYS = {10_000: "10k", 1_000_000: "1m", 10_000_000: "10m"}


def measure(
    stage: Stage, *, messages: str = "10000,1000000", rounds: int = 40, database: str = SQLITE
) -> Sequence[Measured]:
    """For each of the numbers of *messages* (10000, 1000000 or 10000000) that are stored."""
    return [row for each in messages.split(",") for row in _measure(stage, int(each), rounds, database)]


def _measure(stage: Stage, total: int, rounds: int, database: str) -> list[Measured]:
    alone_ms, whole_ms = _times_ms(filled(stage, total, database), rounds)
    return [
        Measured(f"{name}.{KEYS[total]}", median(took), database, f"{rounds} cycles, the slowest {max(took):.1f} ms")
        for name, took in (("cycle", alone_ms), ("cycle_alerts", whole_ms))
    ]


def _times_ms(where: Installation, rounds: int) -> tuple[list[float], list[float]]:
    """How long each cycle took, and how long with the look of every rule that follows."""
    end = time.time_ns() // 1_000_000 // DAY_MS * DAY_MS
    clock = BenchClock(end - rounds * INTERVAL_MS)
    alone_ms, whole_ms = [], []
    with opened(where, clock) as system:
        system.cycle.control(Wanted.RESTART, "bench")
        for _ in range(rounds):
            clock.at += INTERVAL_MS
            began = time.perf_counter()
            if not system.cycle.step():
                raise RuntimeError("no cycle was due")
            alone_ms.append((time.perf_counter() - began) * 1000)
            while system.alerts.alerting.step():
                pass
            whole_ms.append((time.perf_counter() - began) * 1000)
    return alone_ms, whole_ms


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
