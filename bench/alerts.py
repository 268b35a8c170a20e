"""How soon somebody is told: from the end of the cycle that finds a breach until the notice leaves.

    python -m bench.alerts [--rounds 30] [--database sqlite|postgresql]

The installation runs in this process with all its loops in real time. Each round lets every message of another number
fail, has them digested, and sets the clock ahead so that a cycle is due. The cycle ends when its verdict is written;
the notice leaves when its channel is handed it. With 30 rounds the 99th percentile is the slowest of them.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from bench.figures import Measured
from bench.filling import BenchClock, opened
from bench.serving import installation
from bench.stage import SQLITE, Show, Stage, alone
from wabawatch.app import System
from wabawatch.domain.notices import Delivered, Notice, Outcome
from wabawatch.domain.runs import Ended
from wabawatch.flows.cycle import Wanted
from wabawatch.loops import run_in_thread
from wabawatch.monitoring_ports import CycleLog
from wabawatch.ports import DIGESTED, Body, BodyKind, Deed

PATIENCE_S = 60.0
FAILED = 60
AHEAD_MS = 300_000


class Ahead(BenchClock):
    """The time of this machine, set ahead by the bench."""

    def __init__(self) -> None:
        super().__init__(0)

    def now(self) -> int:
        """The time, and by how much it was set ahead."""
        return time.time_ns() // 1_000_000 + self.at


@dataclass
class Watched:
    """A channel that notes when it was first handed an alert about the number that is waited for."""

    number: str = ""
    cycle_ended_at: float = 0.0
    left_at: float = 0.0
    has_left: threading.Event = field(default_factory=threading.Event)

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        """Take it."""
        if any(told.scope.id == self.number for told in notice.told) and not self.has_left.is_set():
            self.left_at = time.perf_counter()
            self.has_left.set()
        return Delivered(Outcome.SENT)


def measure(stage: Stage, *, rounds: int = 30, database: str = SQLITE) -> Sequence[Measured]:
    """So many breaches, one after the other; at most 50."""
    where = installation(stage, database)
    where = replace(where, settings={**where.settings, "ALERT_EMAIL": "bench@example.com", "WABAWATCH_UPTIME": "false"})
    clock = Ahead()
    with opened(where, clock) as system, stage.task(f"breaches, {database}", rounds) as show:
        taken = _rounds(system, clock, rounds, show)
    note = f"{rounds} breaches, the median {median(taken):.2f} s, the slowest {max(taken):.2f} s"
    return [Measured("alerts.latency", sorted(taken)[int(0.99 * len(taken))], database, note)]


def _rounds(system: System, clock: Ahead, rounds: int, show: Show) -> list[float]:
    watched = Watched()
    system.notices.delivering = replace(system.notices.delivering, notifiers={"email": watched})
    system.cycle = replace(system.cycle, log=Noting(system.cycle.log, watched))
    system.cycle.control(Wanted.START, "bench")
    handle = run_in_thread(system.supervisor())
    try:
        taken = []
        for turn in range(rounds):
            taken.append(_breach(system, clock, watched, f"10654000009{turn:04d}"))
            show(turn + 1, f"{taken[-1]:.2f} s")
        return taken
    finally:
        handle.stop()


@dataclass(frozen=True, slots=True)
class Noting:
    """The log of cycles, which notes when one has ended."""

    log: CycleLog
    watched: Watched

    def keep_cycle(self, at: int, ran_at: int, verdict: str, detail: str, marks: Mapping[str, int]) -> None:
        """As it is, and then note the time."""
        self.log.keep_cycle(at, ran_at, verdict, detail, marks)
        self.watched.cycle_ended_at = self.watched.cycle_ended_at or time.perf_counter()

    def note_alive(self, now: int) -> None:
        """As it is."""
        self.log.note_alive(now)

    def decide(self, now: int, marks: Mapping[str, int], done: Deed, ended: Ended | None) -> None:
        """As it is."""
        self.log.decide(now, marks, done, ended)


def _breach(system: System, clock: Ahead, watched: Watched, number: str) -> float:
    """Seconds from the end of the cycle that sees *number* fail until somebody is told of it."""
    for status in ("sent", "failed"):
        system.inbox.append_all([Body(BodyKind.WEBHOOK, clock.now(), _body(number, status, clock.now() // 1_000))])
    give_up_at = time.monotonic() + PATIENCE_S
    while system.inbox.waiting(system.figures.mark(DIGESTED)):
        if time.monotonic() > give_up_at:
            raise RuntimeError("the webhooks are still not digested")
        time.sleep(0.05)
    watched.number, watched.cycle_ended_at = number, 0.0
    watched.has_left.clear()
    clock.at += AHEAD_MS
    if not watched.has_left.wait(PATIENCE_S):
        raise RuntimeError(f"nobody was told of number {number} within {PATIENCE_S:.0f} s")
    return watched.left_at - watched.cycle_ended_at


def _body(number: str, status: str, second: int) -> bytes:
    error = {"errors": [{"code": 131026, "title": "Message undeliverable"}]} if status == "failed" else {}
    told = {"status": status, "timestamp": str(second), "recipient_id": "16505551234", **error}
    statuses = [{"id": f"wamid.{number}.{i}", **told} for i in range(FAILED)]
    metadata = {"display_phone_number": "15550783881", "phone_number_id": number}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "statuses": statuses}
    entry = {"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
