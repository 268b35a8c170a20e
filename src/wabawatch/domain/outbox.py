"""Notices on their way: when one is tried again, when it is given up, and how channels are doing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wabawatch.domain.facts import Millis
from wabawatch.domain.notices import Delivered, Notice, NoticeKind, Outcome
from wabawatch.domain.retry import Backoff
from wabawatch.domain.standing import DAY_MS, HOUR_MS

KEEP_TRYING_MS = DAY_MS
"""So long a notice is tried; then it is dead, which shows."""
LEASE_MS = 45_000
"""So long one process holds a notice while it delivers it; channels answer within half a minute. What a process held
that died waits for so long."""
FAILS_AFTER = 3
"""So many failures in a row, and the channel is failing."""

_PAUSES = Backoff(first_s=5.0, factor=2.0, longest_s=3_600.0)


class NoticeState(StrEnum):
    """How a notice stands."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    """Given up after a day"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notice that this process delivers now."""

    id: int
    notice: Notice
    tries: int
    """Attempts before this one"""
    thread: str
    """What the service called the thread; "" it has begun none"""


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of a notice after an attempt."""

    state: NoticeState
    next_try_at: Millis | None = None
    """None: it is not tried again"""


def after(made_at: Millis, tries: int, delivered: Delivered, now: Millis) -> Next:
    """What becomes of a notice that was made at *made_at*, after attempt number *tries* (from 1) that ended just now.

    What was refused is tried each hour: the mistake may be in the settings, and mended.
    """
    if delivered.outcome is Outcome.SENT:
        return Next(NoticeState.SENT)
    pause_ms = round(_PAUSES.delay_s(tries) * 1000)
    if delivered.outcome is Outcome.REFUSED:
        pause_ms = HOUR_MS
    elif delivered.retry_after_s is not None:
        pause_ms = max(pause_ms, min(HOUR_MS, round(delivered.retry_after_s * 1000)))
    # A clock that was wrong when it was made must not keep it for ever, nor end it at once.
    if now + pause_ms > made_at + KEEP_TRYING_MS and tries > 1:
        return Next(NoticeState.DEAD)
    return Next(NoticeState.WAITING, now + pause_ms)


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How a channel is doing, by its attempts."""

    channel: str
    failures: int = 0
    """In a row"""
    failing_since: Millis | None = None
    """The first failure of that row"""
    sent_at: Millis | None = None
    """When it last took a notice"""
    trouble: str = ""
    """The last failure, if it took nothing since"""
    waiting: int = 0
    """Notices"""
    dead: int = 0
    """Notices given up, within the last day"""

    @property
    def is_failing(self) -> bool:
        """Whether it failed again and again: the others are told then."""
        return self.failures >= FAILS_AFTER


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver a notice."""

    at: Millis
    outcome: Outcome
    took_ms: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A notice, and what became of it."""

    id: int
    key: str
    channel: str
    kind: NoticeKind
    at: Millis
    total: int
    """How many alerts it is about"""
    state: NoticeState
    tries: int
    next_try_at: Millis | None
    ended_at: Millis | None
    """When it was sent or given up"""
    detail: str = ""
    """Of the last failure"""
