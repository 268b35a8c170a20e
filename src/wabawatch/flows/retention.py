"""Retention: figures and bodies are dropped when their time is over; bodies and old figures are packed meanwhile.

The time of a body begins when it is kept: an imported one was received long before. Its number tells when that was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wabawatch.domain.facts import Millis
from wabawatch.domain.rollups import Floors, Tier, floor_at, packed_before
from wabawatch.domain.standing import DAY_MS
from wabawatch.ports import DIGESTED, BodyId, Clock, Figures, Inbox

RETRY_HORIZON_DAYS = 8
"""The body log is kept at least this long: Meta repeats a body for up to 7 days, and a repeat must be known as one."""


class OldFigures(Protocol):
    """Figures that can be dropped."""

    def drop_old(self, floors: Floors, bodies_up_to: BodyId) -> int:
        """Move the floors up and delete some of what is below them, and of the log of bodies numbered *bodies_up_to*
        and below. Gives how many rows went; 0: none is left."""
        ...

    def pack_old(self, before: Floors) -> int:
        """Pack some of the counts in the buckets before *before*. Gives how many rows went; 0: nothing is left."""
        ...


class RawBodies(Protocol):
    """Digested bodies, kept sealed for replay."""

    def pack(self, inbox: Inbox, up_to: BodyId, now: Millis) -> bool:
        """Move some digested bodies out of *inbox* into a block. True: there are more."""
        ...

    def purge(self, last: BodyId) -> int:
        """Delete some blocks whose bodies are all numbered *last* or below. Gives how many went; 0: none is left."""
        ...


class Undelivered(Protocol):
    """Bodies that some forward target has not taken yet."""

    def release(self, up_to: BodyId) -> BodyId:
        """Up to which body, at most *up_to*, bodies may go. What is still needed of them was set aside before."""
        ...


class DeadLetters(Protocol):
    """Bodies that a forward target never took."""

    def drop_old(self, now: Millis) -> int:
        """Delete some of those whose time is over, and bodies that nobody needs. Gives how many; 0: none is left."""
        ...


class KeptHours(Protocol):
    """When bodies were kept, by their numbers."""

    def note(self, at: Millis, newest: BodyId) -> None:
        """Note that bodies numbered up to *newest* were kept until *at*."""
        ...

    def up_to(self, before: Millis) -> BodyId:
        """A number up to which all bodies were kept before *before* (0: none is known)."""
        ...

    def forget(self, before: Millis) -> None:
        """Forget what is of no use to those who only ask for *before* or later."""
        ...


@dataclass(frozen=True, slots=True)
class Retention:
    """Drops what is no longer to be kept."""

    figures: Figures
    old: OldFigures
    raw: RawBodies
    undelivered: Undelivered
    dead: DeadLetters
    hours: KeptHours
    inbox: Inbox
    clock: Clock
    body_days: int

    def pack(self) -> bool:
        """Put digested bodies into sealed blocks. True: there are more."""
        return self.raw.pack(self.inbox, self.figures.mark(DIGESTED), self.clock.now())

    def drop(self) -> bool:
        """Drop old figures and bodies, and pack those figures that hardly change. True: there are more."""
        newest = self.inbox.newest()
        now = self.clock.now()  # after it was asked for the newest: that one was kept before
        self.hours.note(now, newest)
        log_ends = now - max(self.body_days, RETRY_HORIZON_DAYS) * DAY_MS
        dropped = self.old.drop_old({tier: floor_at(tier, now) for tier in Tier}, self.hours.up_to(log_ends))
        self.hours.forget(log_ends)
        dropped += self.raw.purge(self.undelivered.release(self.hours.up_to(now - self.body_days * DAY_MS)))
        dropped += self.dead.drop_old(now)
        return dropped + self.old.pack_old(packed_before(now)) > 0
