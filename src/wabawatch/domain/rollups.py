"""How counts are kept over time: tiers, their scopes, and which buckets make up a window (SPEC.md 4, Roll-ups)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS


class Tier(IntEnum):
    """A width of buckets. The value is stored."""

    MINUTE = 0
    FIVE = 1
    HOUR = 2
    DAY = 3


class Scope(IntEnum):
    """A way of slicing. The value is stored.

    There is no scope for portfolios: a portfolio's figures are the sum over its WABAs, whose membership has a history.
    """

    ALL = 0
    WABA = 1
    NUMBER = 2
    TEMPLATE = 3
    """per template and number"""
    CATEGORY = 4
    COUNTRY = 5
    ERROR = 6
    """per error code and number"""
    CHARGE = 7
    """what is charged: per category and country together, and number"""


@dataclass(frozen=True, slots=True)
class TierRule:
    """How wide a tier's buckets are, how long they are kept (None: for ever), and what is counted in them."""

    width_ms: int
    keep_ms: int | None
    scopes: frozenset[Scope]


TIERS: Mapping[Tier, TierRule] = {
    Tier.MINUTE: TierRule(MINUTE_MS, 48 * HOUR_MS, frozenset({Scope.ALL, Scope.NUMBER})),
    Tier.FIVE: TierRule(5 * MINUTE_MS, 35 * DAY_MS, frozenset({Scope.ALL, Scope.WABA, Scope.NUMBER})),
    Tier.HOUR: TierRule(HOUR_MS, 400 * DAY_MS, frozenset(Scope) - {Scope.CHARGE}),
    Tier.DAY: TierRule(DAY_MS, None, frozenset(Scope)),
}

Floors = Mapping[Tier, int]
"""The first bucket of each tier that is still kept. What happened before it is counted in wider tiers only."""


class Span(NamedTuple):
    """The buckets `first` up to but not including `end` of one tier."""

    tier: Tier
    first: int
    end: int

    def buckets(self) -> range:
        """The numbers of the buckets."""
        return range(self.first, self.end)


def bucket_of(tier: Tier, at: Millis) -> int:
    """The bucket of *tier* that holds the time *at*."""
    return at // TIERS[tier].width_ms


def floor_at(tier: Tier, now: Millis) -> int:
    """The first bucket of *tier* to keep at the time *now*."""
    keep = TIERS[tier].keep_ms
    return 0 if keep is None else bucket_of(tier, max(0, now - keep))


PACKED_AFTER_MS = DAY_MS
"""So long after their end buckets hardly change: nearly all statuses have come."""
PACKED_TIERS = (Tier.HOUR, Tier.DAY)
"""Finer buckets are never packed: they are thin, and soon go anyway."""


def packed_before(now: Millis) -> Floors:
    """The first hour and day that still changes often at the time *now*."""
    return {tier: bucket_of(tier, max(0, now - PACKED_AFTER_MS)) for tier in PACKED_TIERS}


def cover(start: Millis, end: Millis, scope: Scope, floors: Floors) -> list[Span]:
    """The fewest buckets that make up the window from *start* up to *end*, for one scope.

    Exact to the minute where fine buckets are still kept. Elsewhere each edge moves outward to the nearest bucket
    that is kept, so that nothing of the window is left out.
    """
    return sorted(_cover(start, end, sorted((t for t in TIERS if scope in TIERS[t].scopes), reverse=True), floors))


def _cover(start: Millis, end: Millis, tiers: list[Tier], floors: Floors) -> Iterator[Span]:
    if start >= end or not tiers:
        return
    tier, finer = tiers[0], tiers[1:]
    width = TIERS[tier].width_ms
    first, last = -(-start // width), end // width
    if start % width and not _any_kept(finer, start, floors):
        first -= 1
        last = max(last, first + 1)
    if last * width < end and not _any_kept(finer, max(start, last * width), floors):
        last += 1
    if first > last:
        yield from _cover(start, end, finer, floors)
        return
    if first < last:
        yield Span(tier, first, last)
    yield from _cover(start, first * width, finer, floors)
    yield from _cover(last * width, end, finer, floors)


def _any_kept(tiers: list[Tier], at: Millis, floors: Floors) -> bool:
    return any(bucket_of(tier, at) >= floors.get(tier, 0) for tier in tiers)
