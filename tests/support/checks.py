"""A crew that sees what it is told, and probing on real books with a clock turned by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.books import HandClock
from wabawatch.domain.checks import CheckKind, Failure, Outcome, Plan, Seen
from wabawatch.flows.probing import SETTLE_MS, Probing
from wabawatch.flows.uptime import UptimeDesk
from wabawatch.ports import RUNNING
from wabawatch.storage.checks import SqlChecks
from wabawatch.storage.database import Database

NOW = 1_700_000_000_000 - 1_700_000_000_000 % 86_400_000
MINUTE = 60_000
HOUR = 60 * MINUTE

GRAPH = Plan("graph", CheckKind.GRAPH, is_essential=True, is_outside=True)
SHOP = Plan("shop", CheckKind.HTTP, is_outside=True)
BOOKS = Plan("database", CheckKind.DATABASE, is_essential=True, unit="")


@dataclass
class FakeCrew:
    """Sees *failing*, by check; everything else goes well."""

    clock: HandClock
    failing: dict[str, Failure] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    looked: list[str] = field(default_factory=list)
    takes_ms: int = 0

    def look(self, plans: Sequence[Plan]) -> list[Seen]:
        self.clock.turn_to(self.clock.now() + self.takes_ms)
        self.looked += [plan.name for plan in plans]
        return [self._seen(plan.name) for plan in plans]

    def _seen(self, name: str) -> Seen:
        now = self.clock.now()
        if name in self.unknown:
            return Seen(name, now, Outcome.UNKNOWN, words="cannot be told")
        how = self.failing.get(name, Failure.NONE)
        outcome, words = (Outcome.FAILED, f"it fails by {how}") if how else (Outcome.OK, "")
        return Seen(name, now, outcome, how, words, latency_ms=50.0)


class Marks:
    """Monitoring as somebody wants it."""

    def __init__(self) -> None:
        self.wanted = RUNNING

    def mark(self, _name: str) -> int:
        return self.wanted


class Watch:
    """One process that looks, on *database*."""

    def __init__(self, database: Database, clock: HandClock, plans: Sequence[Plan] = (GRAPH, SHOP, BOOKS)) -> None:
        self.clock = clock
        self.crew = FakeCrew(clock)
        self.marks = Marks()
        self.books = SqlChecks(database, plans)
        self.desk = UptimeDesk(self.books, clock)
        self._seconds = 0.0
        self.probing = Probing(plans, self.crew, self.books, self.marks, clock, timer=lambda: self._seconds)
        self.probing.step()
        self._seconds += SETTLE_MS / 1000

    def run(self, ms: int, every_ms: int = 5_000) -> None:
        """Let *ms* pass, a step each *every_ms*."""
        for _ in range(ms // every_ms):
            self.probing.step()
            self.clock.turn_to(self.clock.now() + every_ms)

    def sleep(self, seconds: float) -> None:
        """Let the monotonic time pass alone."""
        self._seconds += seconds
