"""Counts that hardly change any more, packed: one row for many, so that they cost 6 bytes each instead of 20.

The counts of one bucket, scope and number are a list of (what, standing, n). A packed row holds up to `PER_ROW` of
them, each as an entry of 4 bytes, smallest first:

- 2 bytes: how far *what* is above the row's own `ref` (lower 14 bits), and the place of the digit (upper 2 bits);
- 1 byte: the standing;
- 1 byte: a digit of n to the base 256. A count above 255 is several entries, which are added up.

Late news moves the unpacked rows, below zero too; whoever reads adds both, and the next packing joins them.
Histograms are packed in the same way: the slot is what is counted, in a scope of their own, without a standing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from struct import iter_unpack
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, literal_column, select, true, tuple_

from wabawatch.domain.rollups import PACKED_TIERS, Floors
from wabawatch.storage.bulk import Bulk
from wabawatch.storage.schema import histograms, packed_counts, rollups

PER_ROW = 150
"""So many entries keep a packed row within one page of SQLite."""
ROWS_AT_ONCE = 1_000
"""So many counts one transaction packs at most: nobody who writes should wait long for it."""

OFFSETS = 1 << 14
ENTRY = ">HBB"
"""Of `struct`: one entry of a packed row"""
DIGITS = 4
STANDINGS = 256
HISTOGRAMS = 100
"""The scope of the first kind of histogram; that of the others follows."""

Counts = dict[tuple[int, int], int]
"""n by (ref, standing)."""


class Group(NamedTuple):
    """What the counts of one packed row share."""

    tier: int
    bucket: int
    scope: int
    number_id: int


class Packed(NamedTuple):
    """One count out of a packed row."""

    tier: int
    bucket: int
    scope: int
    number_id: int
    ref: int
    standing_id: int
    n: int


def encode(counts: Counts) -> list[tuple[int, bytes]]:
    """The packed rows of *counts*, each with a `ref` of its own. All n are above 0."""
    rows: list[tuple[int, bytearray]] = []
    taken: set[int] = set()
    for (ref, standing), n in sorted(counts.items()):
        if not rows or ref - rows[-1][0] >= OFFSETS or len(rows[-1][1]) >= 4 * PER_ROW - 4 * DIGITS:
            base = ref
            while base in taken:  # one ref with so many standings that they fill several rows
                base -= 1
            taken.add(base)
            rows.append((base, bytearray()))
        base, entries = rows[-1]
        for place, digit in enumerate(n.to_bytes(DIGITS, "little")):
            if digit:
                entries += (place << 14 | ref - base).to_bytes(2, "big") + bytes((standing, digit))
    return [(ref, bytes(entries)) for ref, entries in rows]


def decode(ref: int, entries: bytes) -> Iterator[tuple[int, int, int]]:
    """The (ref, standing, n) in one packed row; a large n comes in parts."""
    for word, standing, digit in iter_unpack(ENTRY, entries):
        yield ref + word % OFFSETS, standing, digit << 8 * (word >> 14)


def read(connection: Connection, *where: ColumnElement[bool]) -> Iterator[Packed]:
    """The counts in the packed rows that fit *where*."""
    for row in connection.execute(select(packed_counts).where(*where)):
        for ref, standing, n in decode(row.ref, bytes(row.entries)):
            yield Packed(row.tier, row.bucket, row.scope, row.number_id, ref, standing, n)


def totals(connection: Connection, *where: ColumnElement[bool]) -> Counter[tuple[int, int]]:
    """What the packed rows that fit *where* count in all, by number id and `ref`, whatever the standing."""
    found: Counter[tuple[int, int]] = Counter()
    c = packed_counts.c
    for number_id, base, entries in connection.execute(select(c.number_id, c.ref, c.entries).where(*where)).all():
        # As `decode` reads them, without a call for each: there may be a hundred thousand.
        for word, _, digit in iter_unpack(ENTRY, bytes(entries)):
            found[number_id, base + word % OFFSETS] += digit << 8 * (word >> 14)
    return found


def read_buckets(
    connection: Connection, tier: int, buckets: Sequence[int], *where: ColumnElement[bool]
) -> Iterator[Packed]:
    """Those of some buckets. Of a tier that is never packed nothing is asked."""
    if tier in PACKED_TIERS:
        yield from read(connection, packed_counts.c.tier == tier, packed_counts.c.bucket.in_(buckets), *where)


def pack(connection: Connection, before: Floors) -> int:
    """Pack some counts of the buckets before *before*. Gives how many rows went; 0: nothing is left to pack."""
    gone = 0
    for plain in (_ROLLUPS, _HISTOGRAMS):
        for tier, end in before.items():
            bucket = -1
            while gone < ROWS_AT_ONCE:
                following = plain.next_bucket(connection, tier, bucket, end)
                if following is None:
                    break
                bucket = following
                gone += _pack_bucket(connection, plain, tier, bucket)
    return gone


class _Plain:
    """A table of counts: what of it is the scope, what is counted, and the standing."""

    def __init__(self, table: Table, scope: str, ref: str, standing: str | None, first_scope: int) -> None:
        self.table = table
        self.scope, self.ref = table.c[scope], table.c[ref]
        self.standing: ColumnElement[int] = table.c[standing] if standing else literal_column("0")
        self.first_scope = first_scope
        self.order = [self.scope, table.c.number_id, self.ref, *([table.c[standing]] if standing else [])]
        self.packable = table.c[standing] < STANDINGS if standing else true()

    def next_bucket(self, connection: Connection, tier: int, after: int, end: int) -> int | None:
        """The first bucket after *after* and before *end* that has counts."""
        c = self.table.c
        inside = (c.tier == int(tier), c.bucket > after, c.bucket < end, self.packable)
        query = select(c.bucket).where(*inside).order_by(c.bucket).limit(1)
        return connection.execute(query).scalar()

    def rows(self, connection: Connection, tier: int, bucket: int) -> Sequence[Any]:
        """Scope, number, what, standing and n of the first counts of *bucket*."""
        c = self.table.c
        columns = (self.scope + self.first_scope, c.number_id, self.ref, self.standing, c.n)
        query = select(*columns).where(c.tier == int(tier), c.bucket == bucket, self.packable)
        return connection.execute(query.order_by(*self.order).limit(ROWS_AT_ONCE)).all()

    def drop(self, connection: Connection, tier: int, bucket: int, last: Any) -> None:
        """Delete the counts of *bucket* up to the row *last* of `rows`."""
        c = self.table.c
        end = [last[0] - self.first_scope, *last[1 : len(self.order)]]
        gone = tuple_(*self.order) <= tuple_(*end)
        connection.execute(delete(self.table).where(c.tier == int(tier), c.bucket == bucket, self.packable, gone))

    def put_back(self, connection: Connection, tier: int, bucket: int, rows: Sequence[Any]) -> None:
        """Insert some rows of `rows` again."""
        names = [column.name for column in self.order]
        keys = [(row[0] - self.first_scope, *row[1 : len(names)]) for row in rows]
        place = {"tier": int(tier), "bucket": bucket}
        if rows:
            values = [
                {**place, **dict(zip(names, key, strict=True)), "n": row[4]}
                for key, row in zip(keys, rows, strict=True)
            ]
            connection.execute(self.table.insert(), values)


_ROLLUPS = _Plain(rollups, "scope", "ref", "standing_id", 0)
_HISTOGRAMS = _Plain(histograms, "kind", "slot", None, HISTOGRAMS)
_drop_packed = Bulk(
    lambda _: delete(packed_counts).where(*(packed_counts.c[name] == bindparam(name) for name in Group._fields))
)
_insert = Bulk(lambda _: packed_counts.insert())


def _pack_bucket(connection: Connection, plain: _Plain, tier: int, bucket: int) -> int:
    """Pack the first counts of one bucket. What would fall below zero is left as it is."""
    rows = plain.rows(connection, tier, bucket)
    c = packed_counts.c
    scopes = {row[0] for row in rows}
    joined: defaultdict[Group, Counts] = defaultdict(dict)
    for each in read(connection, c.tier == int(tier), c.bucket == bucket, c.scope.in_(scopes)):
        counts = joined[Group(*each[:4])]
        counts[each.ref, each.standing_id] = counts.get((each.ref, each.standing_id), 0) + each.n
    touched: dict[Group, None] = {}
    left = []
    for row in rows:
        group, key = Group(int(tier), bucket, row[0], row[1]), (row[2], row[3])
        total = joined[group].get(key, 0) + row[4]
        if total < 0:
            left.append(row)
        else:
            joined[group][key] = total
            touched[group] = None
    if len(left) == len(rows):
        return 0
    plain.drop(connection, tier, bucket, rows[-1])
    _drop_packed(connection, [group._asdict() for group in touched])
    _insert(connection, [row for group in touched for row in _packed_rows(group, joined[group])])
    plain.put_back(connection, tier, bucket, left)
    return len(rows) - len(left)


def _packed_rows(group: Group, counts: Counts) -> list[dict[str, Any]]:
    kept = {key: n for key, n in counts.items() if n}
    return [{**group._asdict(), "ref": ref, "entries": entries} for ref, entries in encode(kept)]
