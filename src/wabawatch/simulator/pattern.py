"""How traffic is spread: over day and week in local time, and over numbers, of which few send much and many little."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from wabawatch.domain.facts import Millis
from wabawatch.simulator.ids import stream
from wabawatch.simulator.world import Contact, World

HOURLY = (
    2, 1, 1, 1, 1, 2, 6, 20, 55, 80, 95, 100, 90, 85, 90, 95, 92, 88, 80, 65, 45, 25, 10, 4,
)  # fmt: skip
"""How busy each hour of a working day is, in per cent of the busiest. An invention: shops that write by day."""
_SLOT_MS = 900_000
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Pattern:
    """How traffic is spread."""

    zone: str = "UTC"
    """IANA name: where it is day. The hour in which its clocks change moves all of it."""
    weekend: float = 0.35
    """Traffic of a Saturday or Sunday, as a share of a working day's."""
    hourly: Sequence[int] = HOURLY
    skew: float = 0.0
    """0: every number sends about as much; 1: the n-th sends an n-th of what the first does."""
    surge: float = 0.0
    """How much the risk to fail varies by number and hour: the standard deviation of its logarithm. Failures of one
    hour then resemble each other more than chance would have it, as in life."""

    def times(self, count: int, start_at: Millis, period_ms: int, seed: int) -> Iterator[Millis]:
        """*count* moments in the order of time."""
        zone = _zone(self.zone)
        slots = range(start_at, start_at + period_ms, _SLOT_MS)
        reached = list(accumulate(self._rate(at, zone) for at in slots))
        for index in range(count):
            wanted = reached[-1] * (index + stream(seed, "when", index).random()) / count
            slot = min(bisect_right(reached, wanted), len(slots) - 1)
            before = reached[slot - 1] if slot else 0.0
            part = (wanted - before) / (reached[slot] - before)
            yield min(start_at + period_ms - 1, slots[slot] + int(_SLOT_MS * part))

    def _rate(self, at: Millis, zone: tzinfo) -> float:
        local = datetime.fromtimestamp(at / 1_000, zone)
        return self.hourly[local.hour] * (self.weekend if local.weekday() >= 5 else 1.0)

    def strain(self, seed: int, number: str, at: Millis) -> float:
        """How much likelier than usual a message of that number fails in that hour; 1 on average."""
        if not self.surge:
            return 1.0
        return stream(seed, "strain", number, at // _HOUR_MS).lognormvariate(-(self.surge**2) / 2, self.surge)


class Crowd:
    """The people of a world, drawn by how much each number sends."""

    def __init__(self, world: World, skew: float) -> None:
        self._people: list[list[Contact]] = []
        weights: list[float] = []
        for index, number in enumerate(world.numbers):
            own = [person for person in world.contacts if person.number is number]
            if own:
                self._people.append(own)
                weights.append((index + 1) ** -skew)
        self._reached = list(accumulate(weights))

    def draw(self, rng: Random) -> Contact:
        """Somebody to write to."""
        wanted = rng.random() * self._reached[-1]
        return rng.choice(self._people[min(bisect_right(self._reached, wanted), len(self._people) - 1)])


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)
