"""Counts of one scope by number and what they are about, of the buckets that make up a window."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from struct import iter_unpack

from sqlalchemy import Connection, bindparam, func, select

from wabawatch.domain.facts import Millis
from wabawatch.domain.rollups import PACKED_TIERS, TIERS, Scope, Span, Tier, cover
from wabawatch.domain.standing import MINUTE_MS
from wabawatch.ports import Window
from wabawatch.storage.books import read_floors
from wabawatch.storage.dialect import chunks
from wabawatch.storage.packed_counts import ENTRY, OFFSETS
from wabawatch.storage.schema import packed_counts, rollups

Key = tuple[int, int]
"""Number id, and what it is about"""
Counted = dict[Key, Counter[int]]
"""n by the id of the standing"""

_r, _p = rollups.c, packed_counts.c
_here = (
    _r.tier == bindparam("tier"),
    _r.bucket.in_(bindparam("buckets", expanding=True)),
    _r.scope == bindparam("scope"),
)
_plain = (
    select(_r.number_id, _r.ref, _r.standing_id, func.sum(_r.n))
    .where(*_here)
    .group_by(_r.number_id, _r.ref, _r.standing_id)
)
_plain_by_bucket = select(_r.bucket, _r.standing_id, func.sum(_r.n)).where(
    *_here, _r.ref == bindparam("ref"), _r.number_id.in_(bindparam("numbers", expanding=True))
)
_packed = select(_p.bucket, _p.number_id, _p.ref, _p.entries).where(
    _p.tier == bindparam("tier"), _p.bucket.in_(bindparam("buckets", expanding=True)), _p.scope == bindparam("scope")
)


def spans_in(connection: Connection, window: Window, scope: Scope) -> list[Span]:
    """The buckets that make up *window*, whose ends are known."""
    end = -(-(window.end or 0) // MINUTE_MS) * MINUTE_MS
    return cover((window.start or 0) // MINUTE_MS * MINUTE_MS, end, scope, read_floors(connection))


def by_place(
    connection: Connection, spans: Sequence[Span], scope: Scope, numbers: Collection[int] | None = None
) -> Counted:
    """How many messages of each standing are in *spans*, by number and what they are about; of *numbers* only, if
    given."""
    found: defaultdict[Key, Counter[int]] = defaultdict(Counter)
    for tier, buckets in _in_pieces(spans):
        asked = {"tier": tier, "buckets": buckets, "scope": int(scope)}
        plain, packed = _plain, _packed
        if numbers is not None:
            plain = plain.where(_r.number_id.in_(sorted(numbers)))
            packed = packed.where(_p.number_id.in_(sorted(numbers)))
        for number_id, ref, standing_id, n in connection.execute(plain, asked).all():
            found[number_id, ref][standing_id] += int(n)
        if tier in PACKED_TIERS:
            for _, number_id, base, entries in connection.execute(packed, asked).all():
                # As `packed_counts.decode` reads them, without a call for each: there may be a hundred thousand.
                for word, standing_id, digit in iter_unpack(ENTRY, bytes(entries)):
                    found[number_id, base + word % OFFSETS][standing_id] += digit << 8 * (word >> 14)
    return dict(found)


def series_of(
    connection: Connection, window: Window, tier: Tier, scope: Scope, ref: int, numbers: Collection[int]
) -> dict[Millis, Counter[int]]:
    """How many messages of each standing *numbers* have of one thing, in each bucket of *tier* that touches *window*,
    by its start."""
    width = TIERS[tier].width_ms
    span = Span(tier, (window.start or 0) // width, -(-(window.end or 0) // width))
    found: defaultdict[Millis, Counter[int]] = defaultdict(Counter)
    for _, buckets in _in_pieces([span]):
        for some in chunks(sorted(numbers)):
            asked = {"tier": int(tier), "buckets": buckets, "scope": int(scope), "ref": ref, "numbers": some}
            query = _plain_by_bucket.group_by(_r.bucket, _r.standing_id)
            for bucket, standing_id, n in connection.execute(query, asked):
                found[bucket * width][standing_id] += int(n)
            if tier not in PACKED_TIERS:
                continue
            kept = _packed.where(_p.number_id.in_(some), _p.ref <= ref, _p.ref > ref - OFFSETS)
            for bucket, _, base, entries in connection.execute(kept, asked):
                for word, standing_id, digit in iter_unpack(ENTRY, bytes(entries)):
                    if base + word % OFFSETS == ref:
                        found[bucket * width][standing_id] += digit << 8 * (word >> 14)
    return dict(found)


def _in_pieces(spans: Sequence[Span]) -> Iterator[tuple[int, list[int]]]:
    for tier in Tier:
        for some in chunks([bucket for span in spans if span.tier is tier for bucket in span.buckets()]):
            yield int(tier), some
