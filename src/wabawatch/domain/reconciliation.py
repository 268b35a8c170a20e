"""Meta's own counts of a day beside ours: whether they agree, and if not, why most likely (USERS.md 4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import ceil
from typing import NamedTuple

from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import Tally, count
from wabawatch.domain.standing import DAY_MS, HOUR_MS, Outcome, Role

SETTLED_MS = 6 * HOUR_MS
"""So long after its end a day is first compared: Meta's figures are late, and so are statuses."""
ASKED_DAYS = 7
"""So many days are compared again at each look: what comes late counts on both sides, and no outage of ours leaves a
day out. Then they stay as they were."""
FEWEST = 20
"""Where both counts are smaller, a difference says nothing."""
SLACK = 5
SLACK_SHARE = 0.02
"""What may be between the counts, whichever is more: Meta calls its figures approximate (META.md 8.2)."""


class MetaDay(NamedTuple):
    """What Meta counted on a UTC day."""

    day: int
    """Days since 1970"""
    sent: int
    delivered: int


class OwnDay(NamedTuple):
    """What we counted: the messages whose send lies in a UTC day, as they stood when Meta was asked."""

    sent: int = 0
    """Sent, delivered, read or expired"""
    delivered: int = 0
    """Delivered or read; a group message once"""
    failed: int = 0
    """Taken by Meta, failed later. Whether Meta counts them as sent is not documented: they may be on either side"""
    waiting: int = 0
    """Taken by Meta, without any status since"""


class DayCounts(NamedTuple):
    """Both counts of a day of one account or number."""

    waba: str
    number: str
    """The phone_number_id; "" the account, all its numbers together"""
    meta: MetaDay
    own: OwnDay
    asked_at: Millis


class Agreement(StrEnum):
    """How our counts stand to Meta's."""

    IN_LINE = "in_line"
    WE_KNOW_LESS = "we_know_less"
    WE_KNOW_MORE = "we_know_more"
    TOO_FEW = "too_few"
    """Too few messages to say"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both counts of a day, and what follows. A gap is above 0 where Meta counted more than we."""

    counts: DayCounts
    agreement: Agreement
    sent_gap: int
    delivered_gap: int
    cause: str = ""
    """The likely one, in words; "" where there is nothing to explain"""


def date_of(day: int) -> date:
    """The date of a UTC day."""
    return date(1970, 1, 1) + timedelta(days=day)


def days_to_ask(now: Millis) -> range:
    """The UTC days that are compared at the time *now*, as days since 1970."""
    end = (now - SETTLED_MS) // DAY_MS
    return range(max(0, end - ASKED_DAYS), max(0, end))


_ARRIVED = (Outcome.DELIVERED, Outcome.READ)
_LEFT = (Outcome.SENT, Outcome.EXPIRED, *_ARRIVED)
_OUTBOUND = (Role.ATTEMPTED, Role.ORPHAN)


def own_day(tally: Tally) -> OwnDay:
    """Our counts of a day. Orphans are in it, whose send nobody told us of: what arrived was sent."""
    return OwnDay(
        count(tally, lambda s: s.role in _OUTBOUND and s.status in _LEFT),
        count(tally, lambda s: s.role in _OUTBOUND and s.status in _ARRIVED),
        count(tally, lambda s: s.is_accepted and s.status is Outcome.FAILED),
        count(tally, lambda s: s.is_accepted and s.status is Outcome.PENDING),
    )


def compare(counts: DayCounts) -> Comparison:
    """Judge both counts of a day."""
    meta, own = counts.meta, counts.own
    sent, delivered = _gap(meta.sent, own.sent, own.sent + own.failed), meta.delivered - own.delivered
    if max(meta.sent, own.sent) < FEWEST:
        return Comparison(counts, Agreement.TOO_FEW, sent, delivered)
    lacks_sent = _weighed(sent, meta.sent, own.sent)
    lacks_delivered = _weighed(delivered, meta.delivered, own.delivered)
    if lacks_sent > 0 or lacks_delivered > 0:
        cause = _why_less(own, lacks_sent)
        return Comparison(counts, Agreement.WE_KNOW_LESS, sent, delivered, cause)
    if lacks_sent < 0 or lacks_delivered < 0:
        cause = _why_more(meta, lacks_sent)
        return Comparison(counts, Agreement.WE_KNOW_MORE, sent, delivered, cause)
    return Comparison(counts, Agreement.IN_LINE, sent, delivered)


def _gap(meta: int, low: int, high: int) -> int:
    """How far *meta* lies outside of *low* to *high*."""
    return max(0, meta - high) + min(0, meta - low)


def _weighed(gap: int, meta: int, own: int) -> int:
    """*gap*; 0 where it is within what may be between the counts."""
    return gap if abs(gap) > max(SLACK, ceil(SLACK_SHARE * max(meta, own))) else 0


def _why_less(own: OwnDay, sent: int) -> str:
    if not own.sent:
        return "no status came here that day: its webhooks are not subscribed to, or go to another address"
    if sent <= 0:
        return "sends are known here, and not all deliveries: webhooks were lost, or come late; it is looked at again"
    if own.waiting * 2 >= sent:
        return f"{own.waiting} sends that Meta took have no status here: webhooks were lost, or went to another address"
    return "nobody told us of these messages: webhooks were lost, or another application sends, with webhooks elsewhere"


def _why_more(meta: MetaDay, sent: int) -> str:
    if not meta.sent:
        return "Meta shows nothing for that day: the number has moved to another account, or Meta has not counted yet"
    if sent < 0:
        return (
            "Meta counts the numbers that belong to the account now: one may have moved; else it is messages around"
            " midnight UTC, or that Meta's figures are approximate"
        )
    return "Meta may count a delivery on the day it arrives, we on the day of its send; and its figures are approximate"
