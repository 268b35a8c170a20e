"""People counted once and kept: what a count still says later, and when people must be counted anew.

A count costs as much as there were messages in 24 hours, and the question comes with every monitoring cycle. From the
minutes in which people were reached last it follows how many of them still count at any later time: at least so many.
Each message accepted since then reached one more person at most: at most so many. Only when the two drift apart, and
half of the limit may be used, are people counted anew.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from wabawatch.domain.facts import Millis
from wabawatch.domain.headroom import LIMIT_WINDOW_MS, MessagingLimit
from wabawatch.domain.standing import HOUR_MS

WORTH_COUNTING = 0.5
"""Below this share of the limit, even if each message reached somebody else, nobody needs to know how many it were."""
DRIFT = 0.02
"""So much of the limit, or of the messages in 24 hours, may have been sent since people were counted."""
RECOUNT_MS = HOUR_MS
"""After this people are counted anew all the same: what became known late changes the past."""


@dataclass(frozen=True, slots=True)
class Count:
    """People whom some numbers reached in the 24 hours before *at*."""

    at: Millis
    last_at: Sequence[Millis]
    """When each of them was reached last, the earliest first"""
    is_whole: bool = True
    """False: there were more messages than are looked at"""
    accepted: int = 0
    """Messages that these numbers had had accepted by then, counted from any one time on"""

    def still(self, now: Millis) -> int:
        """How many of them were reached in the 24 hours before *now*."""
        return len(self.last_at) - bisect_right(self.last_at, now - LIMIT_WINDOW_MS - 1)


@dataclass(frozen=True, slots=True)
class Reached:
    """How much of a messaging limit is used: somewhere between two figures."""

    limit: MessagingLimit
    """`used` is the least"""
    at_most: int | None
    """As far as we know of; None where there is no finite limit"""
    counted_at: Millis | None
    """When people were counted; None: it was not worth it, or has yet to be done"""


@dataclass(frozen=True, slots=True)
class Sent:
    """Messages of some numbers that Meta accepted."""

    day: int
    """In the last 24 hours"""
    total: int
    """From one time on that stays the same; those that became known late are in it too"""

    def since(self, count: Count | None) -> int:
        """How many of them are not in *count*, at most."""
        return self.day if count is None else max(0, self.total - count.accepted)


def bounds(count: Count | None, sent: Sent, now: Millis) -> tuple[int, int]:
    """The least and the most people who were reached in the last 24 hours."""
    least = 0 if count is None else count.still(now)
    return least, min(least + sent.since(count), max(least, sent.day))


def must_count(limit: int, count: Count | None, sent: Sent, now: Millis) -> bool:
    """Whether people must be counted anew."""
    if sent.day < limit * WORTH_COUNTING:
        return False
    if count is None or now - count.at >= RECOUNT_MS:
        return True
    return sent.since(count) >= max(1.0, DRIFT * limit, DRIFT * sent.day)
