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


class StoryClock:
    """Simulated time that is turned by whoever tells a story, and real time once that has been caught up with.

    It never goes back. Safe to read from any thread.
    """

    def __init__(self, start_at: Millis) -> None:
        self._now = start_at
        self._is_real = False

    def now(self) -> Millis:
        if self._is_real:
            self._now = max(self._now, real_now())
        return self._now

    async def nap(self, until: Millis) -> None:
        if self._is_real:
            await asyncio.sleep(min(_MOMENT_S, max(0, until - self.now()) / 1_000))
        else:
            self.turn_to(until)
            await asyncio.sleep(0)

    def turn_to(self, at: Millis) -> None:
        """Let it be that time, unless it is later already."""
        self._now = max(self._now, at)

    def become_real(self) -> None:
        """From now on, run with the clock of this machine."""
        self._is_real = True


def real_now() -> Millis:
    """The time by the clock of this machine."""
    return time.time_ns() // 1_000_000


async def sleep_until(clock: Clock, at: Millis) -> None:
    """Wait for a simulated time."""
    while clock.now() < at:
        await clock.nap(at)
