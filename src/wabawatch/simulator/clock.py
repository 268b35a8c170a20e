"""The simulator's own time: at any pace, or as fast as things can be done."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from wabawatch.domain.facts import Millis

_MOMENT_S = 0.02


class Clock(Protocol):
    """Simulated time."""

    def now(self) -> Millis:
        """The simulated time."""
        ...

    async def nap(self, until: Millis) -> None:
        """Wait for that time, but no longer than a moment, so that the caller can look around."""
        ...


class PacedClock:
    """Simulated time that runs `speed` times as fast as real time."""

    def __init__(self, start_at: Millis, speed: float = 1.0) -> None:
        self._start_at = start_at
        self._speed = speed
        self._started = time.monotonic()

    def now(self) -> Millis:
        return self._start_at + int((time.monotonic() - self._started) * 1_000 * self._speed)

    async def nap(self, until: Millis) -> None:
        left_s = (until - self.now()) / 1_000 / self._speed
        await asyncio.sleep(min(_MOMENT_S, max(0.0, left_s)))


class LeapingClock:
    """Simulated time that leaps to whatever is next."""

    def __init__(self, start_at: Millis) -> None:
        self._now = start_at

    def now(self) -> Millis:
        return self._now

    async def nap(self, until: Millis) -> None:
        self._now = max(self._now, until)
        await asyncio.sleep(0)


async def sleep_until(clock: Clock, at: Millis) -> None:
    """Wait for a simulated time."""
    while clock.now() < at:
        await clock.nap(at)
