"""Overseeing: what wabawatch knows of itself, gathered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wabawatch.domain.facts import DAY_MS
from wabawatch.domain.oversight import Backlog, Oversight, Room, monitoring_of
from wabawatch.monitoring_ports import Pulses, Runs
from wabawatch.ports import ALIVE, DIGESTED, MONITORING, RUNNING, Clock, Figures, Inbox, Window


class Store(Protocol):
    """Where everything is kept."""

    def room(self) -> Room:
        """How much is stored, and how much more there is room for. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Overseeing:
    """Looks at everything that all processes share. Raises StoreUnavailable."""

    figures: Figures
    inbox: Inbox
    runs: Runs
    pulses: Pulses
    store: Store
    clock: Clock
    interval_ms: int

    def look(self) -> Oversight:
        """How things stand now."""
        now, wanted, done = self.clock.now(), self.figures.mark(MONITORING), self.figures.mark(DIGESTED)
        oldest = self.inbox.oldest_waiting_at(done)
        oldest_s = None if oldest is None else max(0, now - oldest) / 1000
        return Oversight(
            as_of=now,
            monitoring=monitoring_of(
                None if not wanted else wanted == RUNNING, self.figures.mark(ALIVE), now, self.runs.alive_at()
            ),
            last_cycle_at=self.figures.last_cycle_at(),
            interval_ms=self.interval_ms,
            gaps=self.runs.gaps(now - DAY_MS, now, now),
            bodies=self.figures.bodies(Window(None, None)),
            backlog=Backlog(0 if oldest is None else self.inbox.waiting(done), oldest_s),
            room=self.store.room(),
            processes=self.pulses.all(),
        )
