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
KEYS = {10_000: "cycle.10k", 1_000_000: "cycle.1m", 10_000_000: "cycle.10m"}


def measure(
    stage: Stage, *, messages: str = "10000,1000000", rounds: int = 40, database: str = SQLITE
) -> Sequence[Measured]:
    """For each of the numbers of *messages* (10000, 1000000 or 10000000) that are stored."""
    return [_measure(stage, int(each), rounds, database) for each in messages.split(",")]


def _measure(stage: Stage, total: int, rounds: int, database: str) -> Measured:
    times_ms = _times_ms(filled(stage, total, database), rounds)
    note = f"{rounds} cycles, the slowest {max(times_ms):.1f} ms"
    return Measured(KEYS[total], median(times_ms), database, note)


def _times_ms(where: Installation, rounds: int) -> list[float]:
    end = time.time_ns() // 1_000_000 // DAY_MS * DAY_MS
    clock = BenchClock(end - rounds * INTERVAL_MS)
    taken = []
    with opened(where, clock) as system:
        system.cycle.control(Wanted.RESTART, "bench")
        for _ in range(rounds):
            clock.at += INTERVAL_MS
            began = time.perf_counter()
            if not system.cycle.step():
                raise RuntimeError("no cycle was due")
            taken.append((time.perf_counter() - began) * 1000)
    return taken


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
