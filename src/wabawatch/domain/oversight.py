"""What wabawatch knows of itself at one moment: its loops, its backlog, its room, whether monitoring runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wabawatch.domain.facts import Millis
from wabawatch.domain.report import BodyCounts
from wabawatch.domain.runs import SILENCE_MS, Gap
from wabawatch.domain.watchman import LIVES_MS, Pulse

LATE_S = 60.0
"""A body that waits longer is too old"""


@dataclass(frozen=True, slots=True)
class LoopAtWork:
    """A loop of this process."""

    name: str
    is_monitoring: bool
    """Whether it stops with monitoring"""
    state: str
    """running, paused, failing, stalled"""
    quiet_s: float | None
    """Since its last good step; None: there was none"""
    rhythm_s: float
    """The longest wait between two steps"""
    failures: int
    """Steps that raised and were tried again, since the process started"""
    failures_in_a_row: int
    error: str
    """Of the last step that raised, without anybody's data; "" after a good one"""


WORST_FIRST = ("stalled", "failing", "running", "paused")


def in_order(loops: Sequence[LoopAtWork]) -> list[LoopAtWork]:
    """*loops*, those that need somebody first, else as they are given."""
    return sorted(loops, key=lambda each: WORST_FIRST.index(each.state) if each.state in WORST_FIRST else 0)


class Monitoring(StrEnum):
    """Whether monitoring runs."""

    RUNNING = "running"
    STARTING = "starting"
    """It was started a moment ago, and has not given a sign of life yet"""
    SILENT = "silent"
    """It is wanted, but no process runs it"""
    STOPPED = "stopped"
    """By hand, until it is started again"""
    NEVER = "never"
    """Nobody ever started it"""


def monitoring_of(is_wanted: bool | None, alive_at: Millis, now: Millis, begun_at: Millis | None = None) -> Monitoring:
    """Whether monitoring runs: *is_wanted* None: nobody ever decided; *alive_at* its last sign of life, 0: none.

    *begun_at*: the same, a start by hand included; None: none since it was stopped.
    """
    if is_wanted is None:
        return Monitoring.NEVER
    if not is_wanted:
        return Monitoring.STOPPED
    if abs(now - alive_at) < SILENCE_MS:
        return Monitoring.RUNNING
    return Monitoring.STARTING if begun_at and abs(now - begun_at) < SILENCE_MS else Monitoring.SILENT


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be digested."""

    waiting: int
    oldest_s: float | None
    """How long the oldest has waited; None: nothing waits"""

    @property
    def is_late(self) -> bool:
        """Whether digesting does not keep up."""
        return self.oldest_s is not None and self.oldest_s > LATE_S


@dataclass(frozen=True, slots=True)
class Room:
    """What is stored, and what room there is for more. Bytes."""

    database: int
    inbox: int
    """0: it is part of the database"""
    free: int | None
    """Where files are kept; None: that cannot be told"""
    total: int | None
    reserve: int
    """With less free than this, webhooks are refused"""

    @property
    def stored(self) -> int:
        """All that is stored."""
        return self.database + self.inbox

    @property
    def is_short(self) -> bool:
        """Whether webhooks are refused for want of room, or will be soon: less than twice the reserve is free."""
        return self.free is not None and self.free < 2 * self.reserve


@dataclass(frozen=True, slots=True)
class Oversight:
    """What is known of this installation at one moment."""

    as_of: Millis
    monitoring: Monitoring
    last_cycle_at: Millis | None
    """The end of the newest window that was judged"""
    interval_ms: Millis
    gaps: Sequence[Gap]
    """Of the last day, in which monitoring did not run"""
    bodies: BodyCounts
    """Of all time"""
    backlog: Backlog
    room: Room
    processes: Sequence[Pulse]
    """What each process said last"""

    def is_alive(self, pulse: Pulse) -> bool:
        """Whether what a process said last says anything about now."""
        return abs(self.as_of - pulse.at) <= LIVES_MS
