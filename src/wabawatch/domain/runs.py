"""When monitoring ran, and when it did not: what passed in a gap is unknown (SPEC.md 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import MINUTE_MS

SILENCE_MS = 3 * MINUTE_MS
"""After this time without a sign of life, monitoring is not running, whatever is wanted."""


class Ended(StrEnum):
    """Why a run of monitoring is over."""

    STOPPED = "stopped"
    """By hand"""
    RESTARTED = "restarted"
    """By hand; the next one began at once"""
    LOST = "lost"
    """It gave no more signs of life: no process was there to run it, or it hung"""


@dataclass(frozen=True, slots=True)
class Run:
    """A time in which monitoring gave one sign of life after the other."""

    began_at: Millis
    alive_at: Millis
    """Its last sign of life"""
    ended: Ended | None = None
    actor: str = ""
    """Who ended it"""


class Why(StrEnum):
    """Why monitoring did not run."""

    NEVER_STARTED = "never_started"
    STOPPED = "stopped"
    """By hand, until it was started again"""
    NOT_RUNNING = "not_running"
    """It was wanted, but no process ran it, or it hung"""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which nobody can say how things stood."""

    start: Millis
    end: Millis | None
    """None: it lasts"""
    why: Why
    actor: str = ""
    """Who stopped it"""


def is_alive(run: Run, now: Millis) -> bool:
    """Whether the run goes on at *now*. A sign of life from the future is none: the clock was set back meanwhile."""
    return run.ended is None and abs(now - run.alive_at) <= SILENCE_MS


def gaps(runs: Sequence[Run], start: Millis | None, end: Millis, now: Millis) -> list[Gap]:
    """The gaps in a window, in order of time. *start* None: from the first run on.

    *runs* are in the order in which they began, and include the newest one that began before *start*, if there is one.
    Runs may overlap, where the clock was set back.
    """
    if start is None:
        start = runs[0].began_at if runs else end
    found: list[Gap] = []
    known, latest = start, None
    for run in runs:
        if run.began_at >= end:
            break
        if run.began_at > known:
            found.append(_gap(known, run.began_at, latest))
        if latest is None or _last_at(run, now) >= _last_at(latest, now):
            latest = run
        known = max(known, _last_at(run, now))
    if known < min(end, now):
        found.append(_gap(known, end if end < now else None, latest))
    return found


def _last_at(run: Run, now: Millis) -> Millis:
    return max(now, run.alive_at) if is_alive(run, now) else run.alive_at


def _gap(start: Millis, end: Millis | None, after: Run | None) -> Gap:
    if after is None:
        return Gap(start, end, Why.NEVER_STARTED)
    if after.ended is Ended.STOPPED:
        return Gap(start, end, Why.STOPPED, after.actor)
    return Gap(start, end, Why.NOT_RUNNING)
