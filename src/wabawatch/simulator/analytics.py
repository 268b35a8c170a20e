"""What Meta itself counts: every send that it took, whether anybody was told of it or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from enum import StrEnum

from wabawatch.domain.facts import Millis, Status
from wabawatch.simulator.application import Json, PlannedSend
from wabawatch.simulator.fate import Fate

_HALF_HOUR = 1_800_000
_ARRIVED = frozenset({Status.DELIVERED, Status.READ, Status.PLAYED})


class Width(StrEnum):
    """How wide the points of an answer are."""

    HALF_HOUR = "HALF_HOUR"
    DAY = "DAY"


_HALF_HOURS = {Width.HALF_HOUR: 1, Width.DAY: 48}


class Analytics:
    """Messages sent and delivered by number and half-hour of their sending and arrival."""

    def __init__(self) -> None:
        self._sent: Counter[tuple[str, int]] = Counter()
        self._delivered: Counter[tuple[str, int]] = Counter()

    def count(self, send: PlannedSend, fate: Fate) -> None:
        """Count a send that was dealt with; of a group, its first arrival."""
        sent = [stage.after_ms for stage in fate.stages if stage.status is Status.SENT]
        arrived = [stage.after_ms for stage in fate.stages if stage.status in _ARRIVED]
        for counter, times in (self._sent, sent), (self._delivered, arrived):
            if times:
                counter[send.number.id, (send.at + min(times)) // _HALF_HOUR] += 1

    def points(self, numbers: Collection[str], start: Millis, end: Millis, width: Width, now: Millis) -> list[Json]:
        """The points from *start* up to *end* that are over at the time *now*, without those in which nothing was.

        Days are those of UTC.
        """
        slots = _HALF_HOURS[width]
        sent: Counter[int] = Counter()
        delivered: Counter[int] = Counter()
        for found, counter in (sent, self._sent), (delivered, self._delivered):
            for (number, slot), n in counter.items():
                if number in numbers and start <= slot * _HALF_HOUR < end and (slot + 1) * _HALF_HOUR <= now:
                    found[slot // slots] += n
        wide = slots * _HALF_HOUR // 1_000
        return [
            {"start": at * wide, "end": (at + 1) * wide, "sent": sent[at], "delivered": delivered[at]}
            for at in sorted(sent.keys() | delivered.keys())
        ]
