"""From the start of the process to the first webhook that is accepted durably.

    python -m bench.start [--rounds 5] [--messages 1000000] [--database sqlite|postgresql]

A webhook is posted again and again from the moment the process is made. The median counts.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median

from tests.support.server import HOST, SECRET

from bench.bodies import Traffic
from bench.figures import Measured
from bench.filling import Installation
from bench.serving import filled, installation, wabawatch
from bench.stage import SQLITE, Stage, alone

PATIENCE_S = 60.0


def measure(stage: Stage, *, rounds: int = 5, messages: int = 1_000_000, database: str = SQLITE) -> Sequence[Measured]:
    """On a new folder, and (unless *messages* is 0) where so many are stored."""
    requests = Traffic(SECRET.encode(), seed=7).requests()
    found = [_measure("start.first", lambda: installation(stage, database), rounds, database, requests.__next__, 0)]
    if messages:
        where = filled(stage, messages, database)
        found.append(_measure("start.again", lambda: where, rounds, database, requests.__next__, messages))
    return found


def _measure(
    key: str, where: Callable[[], Installation], rounds: int, database: str, request: Callable[[], bytes], messages: int
) -> Measured:
    stored = f", {messages:,} messages stored" if messages else ""
    times_s = [_first_accepted_s(where(), request()) for _ in range(rounds)]
    return Measured(key, median(times_s), database, f"{rounds} starts, the slowest {max(times_s):.2f} s{stored}")


def _first_accepted_s(where: Installation, request: bytes) -> float:
    with wabawatch(where, is_started=False) as server:
        began = time.perf_counter()
        server.spawn()
        while not _is_accepted(server.port, request):
            server.must_be_alive()
            if time.perf_counter() - began > PATIENCE_S:
                raise RuntimeError(f"nothing was accepted:\n{server.log}")
            time.sleep(0.002)
        return time.perf_counter() - began


def _is_accepted(port: int, request: bytes) -> bool:
    try:
        with socket.create_connection((HOST, port), PATIENCE_S) as connection:
            connection.sendall(request)
            return connection.recv(4_096).startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
