"""Limits: how often they were hit, and how much more may be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wabawatch.domain.facts import Millis
from wabawatch.domain.headroom import LIMIT_WINDOW_MS, MessagingLimit, Throughput, messaging_limit, placed, throughput
from wabawatch.domain.limit_hits import LimitHits
from wabawatch.domain.polls import FORGOTTEN_MS, Usage
from wabawatch.domain.standing import HOUR_MS
from wabawatch.domain.usage import newest_first
from wabawatch.limits_ports import Hits, Reach
from wabawatch.polling_ports import Platform
from wabawatch.ports import Clock

LISTED = 50
"""So many hits are listed, the newest."""
PACE_HOURS = 48
"""So far back the pace is known by the minute."""


@dataclass(frozen=True, slots=True)
class HeadRoom:
    """How much more may be sent."""

    as_of: Millis
    hours: int
    """How far back the pace was looked at"""
    throughput: tuple[Throughput, ...]
    """Of every number that sent or got a message"""
    limits: tuple[MessagingLimit, ...]
    usages: tuple[Usage, ...] = ()
    """Of the limits on calls to Meta, as told in the last hour: to polling and to calls through the gateway"""


@dataclass(frozen=True, slots=True)
class Limiting:
    """Reads hits and head-room."""

    hits_of: Hits
    reach: Reach
    platform: Platform
    clock: Clock

    def hits(self, hours: int = 24, most: int = LISTED) -> LimitHits:
        """The limits that were hit in the last *hours*; 0: ever."""
        now = self.clock.now()
        return self.hits_of.hits(now - hours * HOUR_MS if hours else None, now, most)

    def head_room(self, hours: int = 24) -> HeadRoom:
        """How much more may be sent: against the pace of the last *hours* (1 to 48), and the people of 24."""
        now, states = self.clock.now(), self.platform.states()
        places = placed(self.reach.places(), states)
        hours = min(max(hours, 1), PACE_HOURS)
        paces = self.reach.paces([place.number for place in places], now - hours * HOUR_MS, now)
        busy = [throughput(number, states, pace) for number, pace in sorted(paces.items()) if pace.per_minute]
        owners = sorted({place.owner for place in places})
        limits = [messaging_limit(owner, places, states, lambda some: self._people(some, now)) for owner in owners]
        return HeadRoom(now, hours, tuple(busy), tuple(limits), self.usages())

    def usages(self) -> tuple[Usage, ...]:
        """How much of the limits on calls is used, as told in the last hour."""
        return tuple(newest_first(self.platform.usages(), self.clock.now(), FORGOTTEN_MS))

    def _people(self, numbers: Sequence[str], now: Millis) -> tuple[int, bool]:
        return self.reach.people(numbers, now - LIMIT_WINDOW_MS, now + 1)
