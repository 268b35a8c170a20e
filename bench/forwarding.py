"""How many bodies a second are forwarded to a fast target, and what forwarding does to the receiver's answer times.

    python -m bench.forwarding [--seconds 10] [--rounds 2] [--bodies 40000] [--rate 1000] [--database sqlite|postgresql]

The receiver is asked at the same rate by turns without a target, with a fast one, and with a dead and a slow one (25 s)
beside the fast one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from statistics import median

from tests.support.server import SECRET, free_port, run

from bench.figures import Measured
from bench.machine import cpu_s
from bench.sender import Plan, Sent
from bench.sending import Sending
from bench.serving import Served, installation, wabawatch
from bench.shop import HOST, got, shop
from bench.stage import SQLITE, Stage, alone

PATIENCE_S = 300.0
FAST, SLOW, DEAD = "FAST", "SLOW", "DEAD"


class Missing(Exception):
    """Bodies that were answered with 200 did not reach the target."""


def measure(
    stage: Stage,
    *,
    seconds: float = 10.0,
    rounds: int = 2,
    bodies: int = 40_000,
    rate: float = 1_000.0,
    database: str = SQLITE,
) -> Sequence[Measured]:
    """First a backlog that goes out at once, then the receiver with and without targets."""
    per_second, note = _backlog(stage, bodies, database)
    alone_ms: list[float] = []
    fast_ms: list[float] = []
    all_ms: list[float] = []
    with stage.task("the receiver with and without targets", rounds) as show:
        for done in range(rounds):
            for times, with_ in ((alone_ms, ()), (fast_ms, (FAST,)), (all_ms, (FAST, SLOW, DEAD))):
                times.append(_answer_ms(stage, with_, seconds, rate, database))
            show(done + 1, f"{alone_ms[-1]:.1f} / {fast_ms[-1]:.1f} / {all_ms[-1]:.1f} ms")
    without, fast, every = median(alone_ms), median(fast_ms), median(all_ms)
    under = f"{rate:,.0f} webhooks/s for {seconds:.0f} s, {rounds} rounds by turns"
    return [
        Measured("forwarding.rate", per_second, database, note),
        Measured("forwarding.p99", fast / without, database, f"{fast:.1f} : {without:.1f} ms, {under}"),
        Measured("forwarding.p99_all", every / without, database, f"{every:.1f} : {without:.1f} ms, {under}"),
    ]


def _settings(ports: dict[str, int]) -> dict[str, str]:
    given = {"WABAWATCH_ALLOW_PRIVATE_URLS": HOST}
    for name, port in ports.items():
        given |= {f"WABAWATCH_FORWARD_{name}_URL": f"http://{HOST}:{port}/", f"WABAWATCH_FORWARD_{name}_APP": "*"}
    return given


def _served(stage: Stage, ports: dict[str, int], database: str) -> Served:
    made = installation(stage, database)
    where = replace(made, settings={**made.settings, **_settings(ports)})
    return stage.enter(wabawatch(where))


def _backlog(stage: Stage, bodies: int, database: str) -> tuple[float, str]:
    """Bodies that wait for a paused target, and go out once it is resumed."""
    with shop() as port, stage.task("a backlog for a fast target", bodies) as show:
        server = _served(stage, {FAST: port}, database)
        _forward(server, "pause")
        time.sleep(3.0)  # the forwarder looks every two seconds
        _send(Plan(server.port, SECRET, count=bodies))
        server.digested(stage)
        before_s = cpu_s(server.pid)
        _forward(server, "resume")
        _until(lambda: got(port).bodies >= bodies, f"{bodies:,} bodies waited", lambda: show(got(port).bodies))
        took_us = (cpu_s(server.pid) - before_s) / bodies * 1e6
        found = got(port)
        server.close()
    per_second = found.bodies / (found.last_s - found.first_s)
    return per_second, f"{bodies:,} bodies that waited, digested before; {took_us:.0f} µs of CPU each"


def _answer_ms(stage: Stage, names: Sequence[str], seconds: float, rate: float, database: str) -> float:
    """The receiver's p99. What was answered must reach the fast target."""
    with ExitStack() as shops:
        ports = {name: free_port() if name == DEAD else shops.enter_context(shop(_delay_s(name))) for name in names}
        server = _served(stage, ports, database)
        sent = _send(Plan(server.port, SECRET, seconds=seconds, rate=rate, warm_up_s=2.0))
        if FAST in ports:
            _until(lambda: got(ports[FAST]).bodies >= sent.answered, f"{sent.answered:,} were answered")
        server.close()
    return sent.quantile_ms(0.99)


def _delay_s(name: str) -> float:
    return 25.0 if name == SLOW else 0.0


def _send(plan: Plan) -> Sent:
    with Sending(plan) as sending:
        return sending.result()


def _forward(server: Served, what: str) -> None:
    done = run(server.folder, "forward", what, "fast", settings=server.settings)
    if done.returncode:
        raise RuntimeError(done.stderr)


def _until(is_so: Callable[[], bool], what: str, show: Callable[[], None] = lambda: None) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > give_up_at:
            raise Missing(f"{what}, and not all of them came")
        show()
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
