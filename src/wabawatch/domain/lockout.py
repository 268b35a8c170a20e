"""How often somebody may try to sign in: a few times at once, then after pauses that double."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from wabawatch.domain.facts import Millis

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures are forgiven, and how long a pause follows."""

    free: int
    """The last of so many failures in a row begins a pause"""
    first_ms: int
    """The first pause; each further failure doubles it"""
    most_ms: int
    forgotten_ms: int
    """So long after the last failure all are forgotten"""


PER_USER = Patience(5, MINUTE_MS, HOUR_MS, 24 * HOUR_MS)
"""By name, whether or not there is somebody of that name. Some 35 guesses a day, whoever makes them."""
PER_ADDRESS = Patience(20, MINUTE_MS, HOUR_MS, 24 * HOUR_MS)
"""By address: more, as many may come from one office; some 50 guesses a day, at whomever."""


class Tries(NamedTuple):
    """What is kept of one name or address."""

    failures: int
    last_at: Millis
    free_at: Millis
    """When the pause ends; 0: there is none"""


class Counted(NamedTuple):
    """One more try, counted or refused."""

    tries: Tries
    """As it is to be kept"""
    wait_ms: int
    """0: it may be made; else it is refused, and how long to wait"""


def count(before: Tries | None, now: Millis, patience: Patience) -> Counted:
    """Count one more try, before it is known how it ends: it is a failure until it is forgiven.

    So many that are made at once are counted one by one, and no more of them are made than may be.
    """
    if before is None or now - before.last_at >= patience.forgotten_ms:
        before = Tries(0, now, 0)
    # Never longer than the longest pause, also when the clock was set back.
    if (wait := min(before.free_at - now, patience.most_ms)) > 0:
        return Counted(before, wait)
    failures = before.failures + 1
    over = failures - patience.free
    pause = 0 if over < 0 else min(patience.most_ms, patience.first_ms << min(over, 30))
    return Counted(Tries(failures, now, now + pause if pause else 0), 0)


def forgive_one(before: Tries) -> Tries:
    """Take back one try, which ended well."""
    return Tries(max(0, before.failures - 1), before.last_at, 0)
