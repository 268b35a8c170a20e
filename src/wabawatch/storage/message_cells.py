"""Where messages can be: the roll-ups know in which hour and of which number there are any of a kind.

So a search for what no index leads to (a status, a template, a category) passes over all hours without any, and looks
at the messages of the others only. Roll-ups change in the transaction that changes a message: they miss none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from wabawatch.domain.facts import Millis
from wabawatch.domain.rollups import TIERS, Scope, Tier
from wabawatch.domain.search import may_be_wanted
from wabawatch.storage import packed_counts
from wabawatch.storage.books import read_floors
from wabawatch.storage.counts import category_ref, country_ref
from wabawatch.storage.dialect import chunks
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.message_filter import Sought
from wabawatch.storage.packed_counts import DIGITS, OFFSETS
from wabawatch.storage.schema import messages, rollups, standings
from wabawatch.storage.schema import packed_counts as packed

HOUR_MS, DAY_MS = TIERS[Tier.HOUR].width_ms, TIERS[Tier.DAY].width_ms
MOST_REFS = 20
"""With more templates than this the roll-ups are asked for the number's messages of any template."""
DAYS_AT_ONCE = (1, 2, 7, 31)
"""So many days are asked about at a time: first few, for most searches end there."""
HOURS_OF_DAYS_AT_ONCE = (1, 1, 2, 4, 7)


class Hour(NamedTuple):
    """An hour in which something may be found."""

    start: Millis
    numbers: Sequence[int]
    """Whose messages may be it"""
    volume: int
    """How many messages these numbers have in it, about"""


@dataclass(frozen=True, slots=True)
class _Guide:
    scope: Scope
    refs: Collection[int]
    is_by_number: bool
    standings: Collection[int] | None
    """None: any"""


def hours(
    connection: Connection, words: Dictionary, sought: Sought, numbers: Sequence[int], window: tuple[int, int]
) -> Iterator[Hour]:
    """The hours of *window* (its first and last, since 1970) in which something may be found, the newest first."""
    guide, floor = _guide(connection, words, sought), read_floors(connection).get(Tier.HOUR, 0)
    first, last = window
    days = range(last // 24, first // 24 - 1, -1)
    for some in _growing(days, DAYS_AT_ONCE):
        found = _cells(connection, guide, Tier.DAY, some, numbers)
        for near in _growing([day for day in some if day in found], HOURS_OF_DAYS_AT_ONCE):
            theirs = sorted(set().union(*(found[day] for day in near)))
            wanted = [hour for day in near for hour in range(min(last, day * 24 + 23), max(first, day * 24) - 1, -1)]
            fine = [hour for hour in wanted if hour >= floor]
            yield from _hours_of(connection, guide, fine, theirs, len(numbers))
            # Before that, only days are counted.
            yield from (Hour(hour * HOUR_MS, sorted(found[hour // 24]), 1) for hour in wanted if hour < floor)


def _growing(days: Sequence[int], sizes: Sequence[int]) -> Iterator[Sequence[int]]:
    """*days* in groups of these *sizes*, and then as large as the last."""
    done = 0
    for size in chain(sizes, repeat(sizes[-1])):
        if done >= len(days):
            return
        yield days[done : done + size]
        done += size


def _hours_of(
    connection: Connection, guide: _Guide, wanted: Sequence[int], numbers: Sequence[int], among: int
) -> Iterator[Hour]:
    volumes = _volumes(connection, wanted)
    counted = [hour for hour in wanted if volumes.get(hour)]
    found = _cells(connection, guide, Tier.HOUR, counted, numbers)
    for hour in counted:
        if theirs := found.get(hour):
            yield Hour(hour * HOUR_MS, sorted(theirs), -(-volumes[hour] * len(theirs) // among))


def edges(connection: Connection) -> tuple[int, int] | None:
    """The first and the last hour, since 1970, in which there may be a message; None when there is none at all."""
    days: list[int] = []
    for counted in (rollups, packed):
        for order in (counted.c.bucket, counted.c.bucket.desc()):
            query = select(counted.c.bucket).where(counted.c.tier == int(Tier.DAY)).order_by(order).limit(1)
            days += connection.execute(query).scalars()
    if not days:
        return None
    return min(days) * 24, max(days) * 24 + 23


def _guide(connection: Connection, words: Dictionary, sought: Sought) -> _Guide:
    wanted = sought.wanted
    rows = connection.execute(select(standings.c.id)).scalars().all()
    fitting = [i for i, each in words.standings.words(connection, rows).items() if may_be_wanted(each, wanted)]
    some = None if len(fitting) == len(rows) else fitting
    if sought.templates is not None and len(sought.templates) <= MOST_REFS:
        return _Guide(Scope.TEMPLATE, sought.templates, True, some)
    if wanted.categories:
        return _Guide(Scope.CATEGORY, {category_ref(each) for each in wanted.categories}, False, some)
    if wanted.countries:
        return _Guide(Scope.COUNTRY, {country_ref(each) for each in wanted.countries}, False, some)
    return _Guide(Scope.NUMBER, {0}, True, some)


def _cells(
    connection: Connection, guide: _Guide, tier: Tier, buckets: Sequence[int], numbers: Sequence[int]
) -> dict[int, set[int]]:
    """The numbers that may have something in each of *buckets*; a bucket without any is left out."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    asked = numbers if guide.is_by_number else [0]
    for some in chunks(asked):
        for bucket, number in _plain(connection, guide, tier, buckets, some):
            found[bucket].add(number)
        for bucket, number in _packed(connection, guide, tier, buckets, some):
            found[bucket].add(number)
    if guide.scope is Scope.NUMBER and 0 in numbers:  # what has no number is in no figure of a number
        for bucket in _without_number(connection, tier, buckets):
            found[bucket].add(0)
    if not guide.is_by_number:
        return {bucket: set(numbers) for bucket in found}
    return dict(found)


def _without_number(connection: Connection, tier: Tier, buckets: Sequence[int]) -> list[int]:
    """Those of *buckets* that lie between the first and the last message without a number."""
    c = messages.c
    ends = [
        connection.execute(select(c.cohort_at).where(c.number_id == 0).order_by(order).limit(1)).scalar()
        for order in (c.cohort_at, c.cohort_at.desc())
    ]
    if ends[0] is None or ends[1] is None:
        return []
    width = TIERS[tier].width_ms
    return [bucket for bucket in buckets if ends[0] // width <= bucket <= ends[1] // width]


def _plain(
    connection: Connection, guide: _Guide, tier: Tier, buckets: Sequence[int], numbers: Sequence[int]
) -> Iterator[tuple[int, int]]:
    c = rollups.c
    query = select(c.bucket, c.number_id).distinct().where(c.tier == int(tier), c.bucket.in_(buckets))
    query = query.where(c.scope == int(guide.scope), c.number_id.in_(numbers), c.ref.in_(guide.refs))
    if guide.standings is not None:
        query = query.where(c.standing_id.in_(guide.standings))
    for row in connection.execute(query):
        yield row.bucket, row.number_id


def _packed(
    connection: Connection, guide: _Guide, tier: Tier, buckets: Sequence[int], numbers: Sequence[int]
) -> Iterator[tuple[int, int]]:
    c = packed.c
    query = select(c.bucket, c.number_id, c.ref, c.entries).where(c.tier == int(tier), c.bucket.in_(buckets))
    query = query.where(c.scope == int(guide.scope), c.number_id.in_(numbers), c.ref <= max(guide.refs, default=-1))
    holds = _searcher(guide)
    for bucket, number, base, entries in connection.execute(query):
        if holds(base, bytes(entries)):
            yield bucket, number


def _searcher(guide: _Guide) -> Callable[[int, bytes], bool]:
    """What tells whether a packed row (its base and entries, see `packed_counts`) counts anything of *guide*."""
    some = None if guide.standings is None else frozenset(each for each in guide.standings if each < 256)

    def holds(base: int, entries: bytes) -> bool:
        return any(0 <= ref - base < OFFSETS and any(_standings_of(ref - base, entries, some)) for ref in guide.refs)

    return holds


def _standings_of(offset: int, entries: bytes, some: frozenset[int] | None) -> Iterator[bool]:
    for place in range(DIGITS):
        key = (place << 14 | offset).to_bytes(2, "big")
        at = entries.find(key)
        while at >= 0:
            if at % 4 == 0:
                yield some is None or entries[at + 2] in some
            at = entries.find(key, at + 1)


def _volumes(connection: Connection, hours: Sequence[int]) -> dict[int, int]:
    """How many messages there are in each of *hours*."""
    volumes: defaultdict[int, int] = defaultdict(int)
    c, p = rollups.c, packed.c
    query = select(c.bucket, func.sum(c.n)).where(c.tier == int(Tier.HOUR), c.bucket.in_(hours))
    everything: Any = query.where(c.scope == int(Scope.ALL)).group_by(c.bucket)
    for bucket, n in connection.execute(everything):
        volumes[bucket] += int(n)
    inside = (p.tier == int(Tier.HOUR), p.bucket.in_(hours), p.scope == int(Scope.ALL))
    for each in packed_counts.read(connection, *inside):
        volumes[each.bucket] += each.n
    return volumes
