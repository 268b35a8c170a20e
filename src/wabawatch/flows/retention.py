"""Retention: figures and bodies are dropped when their time is over; sealed bodies are packed meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wabawatch.domain.facts import Millis
from wabawatch.domain.rollups import Floors, Tier, floor_at
from wabawatch.domain.standing import DAY_MS
from wabawatch.ports import DIGESTED, BodyId, Clock, Figures, Inbox

RETRY_HORIZON_DAYS = 8
"""The body log is kept at least this long: Meta repeats a body for up to 7 days, and a repeat must be known as one."""


class OldFigures(Protocol):
    """Figures that can be dropped."""

    def drop_old(self, floors: Floors, bodies_before: Millis) -> int:
        """Move the floors up and delete what is below them. Gives how many rows went."""
        ...


class RawBodies(Protocol):
    """Digested bodies, kept sealed for replay."""

    def pack(self, inbox: Inbox, up_to: BodyId, now: Millis) -> bool:
        """Move some digested bodies out of *inbox* into a block. True: there are more."""
        ...

    def purge(self, older_than: Millis) -> int:
        """Delete some blocks whose bodies are all older. Gives how many went; 0: none is left."""
        ...


@dataclass(frozen=True, slots=True)
class Retention:
    """Drops what is no longer to be kept."""

    figures: Figures
    old: OldFigures
    raw: RawBodies
    inbox: Inbox
    clock: Clock
    body_days: int

    def pack(self) -> bool:
        """Put digested bodies into sealed blocks. True: there are more."""
        return self.raw.pack(self.inbox, self.figures.mark(DIGESTED), self.clock.now())

    def drop(self) -> bool:
        """Drop old figures and bodies. True: there are more."""
        now = self.clock.now()
        log_days = max(self.body_days, RETRY_HORIZON_DAYS)
        self.old.drop_old({tier: floor_at(tier, now) for tier in Tier}, now - log_days * DAY_MS)
        return self.raw.purge(now - self.body_days * DAY_MS) > 0
