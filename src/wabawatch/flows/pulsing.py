"""Pulsing: each process says how its loops are doing, so that another one, or the next start, can notice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wabawatch.domain.facts import Millis
from wabawatch.domain.watchman import FORGOTTEN_MS, MONITORING_LOOP, LoopTrouble, Pulse, Stalled, is_overslept, stalled
from wabawatch.monitoring_ports import Pulses, Runs
from wabawatch.ports import MONITORING, RUNNING, Clock, Figures


@dataclass(slots=True)
class Pulsing:
    """The pulse of this process, and what the pulses of all of them amount to."""

    figures: Figures
    runs: Runs
    pulses: Pulses
    clock: Clock
    elapsed_s: Callable[[], float]
    """A clock that nobody sets, in seconds"""
    process: str
    troubles: Callable[[], Sequence[LoopTrouble]]
    is_leading: Callable[[], bool]
    _started_at: Millis = field(init=False)
    _awake_since: Millis = field(init=False)
    """Since when it has come to its pulse in time"""
    _last_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._started_at = self._awake_since = self.clock.now()
        self._last_s = self.elapsed_s()

    def step(self) -> bool:
        """Say how the loops are doing. Gives False."""
        now, was_s = self.clock.now(), self._last_s
        self._last_s = self.elapsed_s()
        # After a pause every loop has been silent for long. They get the time to take a step before they are judged.
        is_overslept_now = is_overslept(self._last_s - was_s)
        if is_overslept_now:
            self._awake_since = now
        troubles = () if is_overslept_now else tuple(self.troubles())
        self.pulses.keep(
            Pulse(self.process, self._started_at, now, self.is_leading(), troubles), forget_before=now - FORGOTTEN_MS
        )
        return False

    def stalled(self) -> list[Stalled]:
        """Every loop that does no work, in any process, as far as is known now."""
        is_wanted = self.figures.mark(MONITORING) == RUNNING
        awake_since = self.clock.now() if is_overslept(self.elapsed_s() - self._last_s) else self._awake_since
        return stalled(
            self.pulses.all(),
            self.clock.now(),
            is_wanted=is_wanted,
            alive_at=self.runs.alive_at(),
            started_at=awake_since,
        )

    def monitoring_trouble(self) -> str:
        """Why nobody is told anything, in a sentence; "" while monitoring runs, or is not wanted."""
        return next((each.words for each in self.stalled() if each.loop == MONITORING_LOOP), "")

    def end(self) -> None:
        """This process ends as it should."""
        self.pulses.remove(self.process)
