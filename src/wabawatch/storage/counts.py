"""Roll-ups, counters and histograms on disk: they only ever move by differences."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, literal_column, select, tuple_

from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.rollups import TIERS, Floors, Scope, Span, Tier
from wabawatch.domain.standing import MINUTE_MS, Cell, Outcome, Role, Standing
from wabawatch.storage import packed_counts
from wabawatch.storage.bulk import Bulk, Lookup, add_to, adding, among
from wabawatch.storage.dialect import chunks
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.partitions import ROLLUPS, drop_whole
from wabawatch.storage.schema import counters, histograms, rollups, standings
from wabawatch.storage.schema import packed_counts as packed


class Place(NamedTuple):
    """Which slice a roll-up row counts: a scope and what it is about."""

    scope: Scope
    number_id: int = 0
    ref: int = 0


KEY = ("tier", "bucket", "scope", "number_id", "ref", "standing_id")

_empty = Lookup(
    lambda some: (
        select(*(rollups.c[name] for name in KEY))
        .select_from(among(rollups, KEY, some))
        .where(rollups.c.n == literal_column("0"))
    ),
    most=50,  # to prepare it for hundreds takes a second
)
_drop = Bulk(lambda _: delete(rollups).where(*(rollups.c[name] == bindparam(name) for name in KEY)), *KEY)

DROPPED_ROWS = 5_000
"""So many rows one transaction deletes at most: nobody who writes should wait long for it."""


class _Numbers(NamedTuple):
    """The numbers of the words in a set of cells."""

    numbers: Mapping[str, int]
    wabas: Mapping[str, int]
    templates: Mapping[TemplateRef, int]
    standings: Mapping[Standing, int]


@lru_cache
def country_ref(country: str) -> int:
    """A two-letter country as a number, and back by `country_of_ref`."""
    return int.from_bytes(country.encode("ascii", "replace")[:2], "big")


@lru_cache
def category_ref(category: str) -> int:
    """A category as a number: its position among those that Meta names, or a hash of an unknown one."""
    if category in CATEGORIES:
        return CATEGORIES.index(category) + 1
    return 1_000 + int.from_bytes(blake2b(category.encode("utf-8", "replace"), digest_size=6).digest(), "big")


CATEGORIES = (
    "marketing",
    "utility",
    "authentication",
    "authentication_international",
    "service",
    "marketing_lite",
    "referral_conversion",
    "group_marketing",
    "group_service",
    "group_utility",
    "general_purpose_ai",
)
"""Stored by position: add new ones at the end."""


def places(cell: Cell, numbers: _Numbers) -> Iterator[tuple[int, int, int]]:
    """Every slice that *cell* belongs to, as in `Place`."""
    number_id = numbers.numbers[cell.number] if cell.number else 0
    yield _ALL, 0, 0
    if cell.waba:
        yield _WABA, 0, numbers.wabas[cell.waba]
    if number_id:
        yield _NUMBER, number_id, 0
    if cell.template:
        yield _TEMPLATE, number_id, numbers.templates[cell.template]
    if cell.category:
        yield _CATEGORY, 0, category_ref(cell.category)
    if cell.country:
        yield _COUNTRY, 0, country_ref(cell.country)
    if cell.error:
        yield _ERROR, number_id, cell.error


_ALL, _WABA, _NUMBER, _TEMPLATE, _CATEGORY, _COUNTRY, _ERROR, _CHARGE = map(int, Scope)

CHARGED = Standing(Role.ATTEMPTED, Outcome.SENT, is_billable=True)
"""As what every charged message is counted by category and country: that it moves on costs no further row."""


@lru_cache
def charge_ref(category: str, country: str) -> int:
    """A category and a country as one number: the country in the lower 16 bits, the category above them."""
    return category_ref(category) % (1 << 46) << 16 | country_ref(country)


def category_of_charge(ref: int) -> int:
    """What a `charge_ref` says of the category: the same for all countries."""
    return ref >> 16


def country_of_charge(ref: int) -> str:
    """The country in a `charge_ref`, "" unknown."""
    return (ref & 0xFFFF).to_bytes(2, "big").lstrip(b"\0").decode("ascii", "replace")


def spread(
    connection: Connection, words: Dictionary, moves: Mapping[tuple[Cell, Standing], int], floors: Floors
) -> dict[tuple[int, ...], int]:
    """What *moves* change in each roll-up row (keyed as `KEY`). Buckets that are no longer kept are left out."""
    cells = {cell for cell, _ in moves}
    numbers = _Numbers(
        words.numbers.ids(connection, {c.number for c in cells if c.number}),
        words.wabas.ids(connection, {c.waba for c in cells if c.waba}),
        words.templates.ids(connection, {c.template for c in cells if c.template}),
        words.standings.ids(connection, {CHARGED, *(standing for _, standing in moves)}),
    )
    charged_id = numbers.standings[CHARGED]
    minutes: defaultdict[tuple[int, ...], int] = defaultdict(int)
    for (cell, standing), n in moves.items():
        standing_id, minute = numbers.standings[standing], cell.minute
        for place in places(cell, numbers):
            minutes[(*place, standing_id, minute)] += n
        if cell.charge:
            number_id, ref = numbers.numbers.get(cell.number, 0), charge_ref(cell.charge, cell.country)
            minutes[_CHARGE, number_id, ref, charged_id, minute] += n
    tiers = [[(int(tier), width, floors.get(tier, 0)) for tier, width in some] for some in _TIERS_OF]
    changes: defaultdict[tuple[int, ...], int] = defaultdict(int)
    for (scope, number_id, ref, standing_id, minute), n in minutes.items():
        if n:
            for tier, width, floor in tiers[scope]:
                bucket = minute // width
                if bucket >= floor:
                    changes[tier, bucket, scope, number_id, ref, standing_id] += n
    return {key: n for key, n in changes.items() if n}


_TIERS_OF = [
    [(tier, rule.width_ms // MINUTE_MS) for tier, rule in TIERS.items() if scope in rule.scopes] for scope in Scope
]
"""The tiers that a scope is counted in, and how many minutes wide their buckets are"""


def move(connection: Connection, words: Dictionary, moves: Mapping[tuple[Cell, Standing], int], floors: Floors) -> None:
    """Apply *moves* to the roll-ups."""
    add_rows(connection, spread(connection, words, moves, floors))


def add_rows(connection: Connection, changes: Mapping[tuple[int, ...], int]) -> None:
    """Add *changes* to roll-up rows (keyed as `KEY`); rows that come to zero go."""
    # Sorted: so the rows are written in the order in which they are kept.
    rows = [(*key, n) for key, n in sorted(changes.items())]
    adding(rollups).tuples(connection, rows)
    # Looked for at once and not deleted where they are none: few of them are.
    _drop.tuples(connection, list(set(_empty(connection, [row[:-1] for row in rows if row[-1] < 0]))))


def tally(connection: Connection, words: Dictionary, place: Place, spans: Sequence[Span]) -> dict[Standing, int]:
    """How many messages of each standing are in *spans* of *place*."""
    counted: defaultdict[int, int] = defaultdict(int)
    for tier, some in _by_tier(spans):
        query = (
            select(rollups.c.standing_id, func.sum(rollups.c.n))
            .where(rollups.c.tier == tier, rollups.c.bucket.in_(some))
            .where(rollups.c.scope == place.scope, rollups.c.number_id == place.number_id, rollups.c.ref == place.ref)
            .group_by(rollups.c.standing_id)
        )
        for standing_id, n in connection.execute(query):
            counted[standing_id] += int(n)
        for each in packed_counts.read_buckets(connection, tier, some, *_packed_in(place)):
            if each.ref == place.ref:
                counted[each.standing_id] += each.n
    standings = words.standings.words(connection, list(counted))
    return {standings[standing_id]: n for standing_id, n in counted.items() if n}


def accepted_by_number(connection: Connection, spans: Sequence[Span]) -> dict[int, int]:
    """How many accepted messages are in *spans*, by the id of their number."""
    accepted = set(connection.execute(select(standings.c.id).where(standings.c.is_accepted == 1)).scalars())
    counted: defaultdict[int, int] = defaultdict(int)
    c, p, scope = rollups.c, packed.c, int(Scope.NUMBER)
    for tier, some in _by_tier(spans):
        query = (
            select(c.number_id, func.sum(c.n))
            .where(c.tier == tier, c.bucket.in_(some), c.scope == scope, c.standing_id.in_(sorted(accepted)))
            .group_by(c.number_id)
        )
        for number_id, n in connection.execute(query):
            counted[number_id] += int(n)
        for each in packed_counts.read_buckets(connection, tier, some, p.scope == scope):
            counted[each.number_id] += each.n if each.standing_id in accepted else 0
    return dict(counted)


def _packed_in(place: Place) -> list[ColumnElement[bool]]:
    """Which packed rows may hold counts of *place*."""
    c = packed.c
    return [c.scope == int(place.scope), c.number_id == place.number_id, c.ref <= place.ref]


def series(
    connection: Connection, words: Dictionary, span: Span, scopes: Sequence[Scope]
) -> dict[tuple[Millis, Place], dict[Standing, int]]:
    """How many messages of each standing are in each bucket of *span*, by its start and by slice of *scopes*."""
    c = rollups.c
    query = (
        select(c.bucket, c.scope, c.number_id, c.ref, c.standing_id, c.n)
        .where(c.tier == int(span.tier), c.bucket >= span.first, c.bucket < span.end)
        .where(c.scope.in_([int(scope) for scope in scopes]))
    )
    counted: defaultdict[tuple[int, Place], Counter[int]] = defaultdict(Counter)
    for bucket, scope, number_id, ref, standing_id, n in connection.execute(query):
        counted[bucket, Place(Scope(scope), number_id, ref)][standing_id] += n
    p = packed.c
    inside = (p.tier == int(span.tier), p.bucket >= span.first, p.bucket < span.end)
    for each in packed_counts.read(connection, *inside, p.scope.in_([int(scope) for scope in scopes])):
        counted[each.bucket, Place(Scope(each.scope), each.number_id, each.ref)][each.standing_id] += each.n
    standings = words.standings.words(connection, {i for tallied in counted.values() for i in tallied})
    width = TIERS[span.tier].width_ms
    found = {
        (bucket * width, place): {standings[i]: n for i, n in tallied.items() if n}
        for (bucket, place), tallied in counted.items()
    }
    return {place: tallied for place, tallied in found.items() if tallied}


def place_names(connection: Connection, words: Dictionary, places: Collection[Place]) -> dict[Place, str]:
    """Slices by name, as the view `monitoring_metrics` names them: `all`, `waba:ID`, `number:ID`."""
    wabas = words.wabas.words(connection, {place.ref for place in places if place.scope is Scope.WABA})
    numbers = words.numbers.words(connection, {place.number_id for place in places if place.scope is Scope.NUMBER})
    names = {place: f"waba:{wabas[place.ref]}" for place in places if place.scope is Scope.WABA}
    names |= {place: f"number:{numbers[place.number_id]}" for place in places if place.scope is Scope.NUMBER}
    return {Place(Scope.ALL): "all", **names}


def _by_tier(spans: Sequence[Span]) -> Iterator[tuple[int, list[int]]]:
    for tier in Tier:
        buckets = [bucket for span in spans if span.tier is tier for bucket in span.buckets()]
        for some in chunks(buckets):
            yield int(tier), some


def add_counters(connection: Connection, added: Mapping[tuple[int, str], int], floors: Floors) -> None:
    """Add to the body counters; keys are (receipt time, name)."""
    changes: defaultdict[tuple[int, int, str], int] = defaultdict(int)
    for (at, name), n in added.items():
        for tier, rule in TIERS.items():
            bucket = at // rule.width_ms
            if bucket >= floors.get(tier, 0):
                changes[tier, bucket, name] += n
    rows = [{"tier": t, "bucket": b, "name": name, "n": n} for (t, b, name), n in changes.items() if n]
    add_to(connection, counters, rows)


def read_counters(connection: Connection, spans: Sequence[Span]) -> dict[str, int]:
    """The body counters of *spans*."""
    counted: defaultdict[str, int] = defaultdict(int)
    for tier, some in _by_tier(spans):
        query = (
            select(counters.c.name, func.sum(counters.c.n))
            .where(counters.c.tier == tier, counters.c.bucket.in_(some))
            .group_by(counters.c.name)
        )
        for name, n in connection.execute(query):
            counted[name] += int(n)
    return dict(counted)


HISTOGRAM_TIERS = {
    "ack": (Tier.FIVE, Tier.HOUR, Tier.DAY),
    "meta_delay": (Tier.HOUR, Tier.DAY),
    "send": (Tier.HOUR, Tier.DAY),
    "call": (Tier.HOUR, Tier.DAY),
    "application": (Tier.FIVE, Tier.HOUR, Tier.DAY),
}
"""Delays spread over a hundred slots, so that fine buckets of them would outweigh the messages themselves."""
_OWN_TIERS = {"application": (Tier.HOUR, Tier.DAY)}
"""In which of them each number has its own, if not per day only."""
HISTOGRAM_KINDS = ("ack", "meta_delay", "send", "call", "application")
"""Stored by position: add new ones at the end. Of `application` the number is the forward target's (0: all answers)."""


def add_histogram(
    connection: Connection,
    kind: str,
    added: Mapping[tuple[int, int, int], int],
    floors: Floors,
    *,
    in_all: bool = True,
) -> None:
    """Add durations of *kind*; keys are (time, number id, slot).

    Kept in the tiers of `HISTOGRAM_TIERS` for all numbers together (id 0; not if *in_all* is false), and in those of
    `_OWN_TIERS` for each.
    """
    changes: defaultdict[tuple[int, int, int, int], int] = defaultdict(int)
    for (at, number_id, slot), n in added.items():
        for tier in HISTOGRAM_TIERS[kind]:
            bucket = at // TIERS[tier].width_ms
            if bucket >= floors.get(tier, 0):
                if in_all:
                    changes[tier, bucket, 0, slot] += n
                if number_id and tier in _OWN_TIERS.get(kind, (Tier.DAY,)):
                    changes[tier, bucket, number_id, slot] += n
    rows = [
        {"tier": t, "bucket": b, "kind": HISTOGRAM_KINDS.index(kind), "number_id": number, "slot": slot, "n": n}
        for (t, b, number, slot), n in changes.items()
        if n
    ]
    add_to(connection, histograms, rows)


def read_histogram(connection: Connection, kind: str, spans: Sequence[Span], number_id: int = 0) -> dict[int, int]:
    """The durations of *kind* in *spans*, of one number or of all together (0)."""
    counted: defaultdict[int, int] = defaultdict(int)
    for tier, some in _by_tier(spans):
        query = (
            select(histograms.c.slot, func.sum(histograms.c.n))
            .where(histograms.c.tier == tier, histograms.c.bucket.in_(some))
            .where(histograms.c.kind == HISTOGRAM_KINDS.index(kind), histograms.c.number_id == number_id)
            .group_by(histograms.c.slot)
        )
        for slot, n in connection.execute(query):
            counted[slot] += int(n)
        c, scope = packed.c, packed_counts.HISTOGRAMS + HISTOGRAM_KINDS.index(kind)
        inside = (c.scope == scope, c.number_id == number_id)
        for each in packed_counts.read_buckets(connection, tier, some, *inside):
            counted[each.ref] += each.n
    return dict(counted)


def read_histograms(connection: Connection, kind: str, spans: Sequence[Span]) -> dict[int, dict[int, int]]:
    """The durations of *kind* in *spans*, by the id of the number; those of all together are under 0."""
    counted: defaultdict[int, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    h, position = histograms.c, HISTOGRAM_KINDS.index(kind)
    for tier, some in _by_tier(spans):
        query = (
            select(h.number_id, h.slot, func.sum(h.n))
            .where(h.tier == tier, h.bucket.in_(some), h.kind == position)
            .group_by(h.number_id, h.slot)
        )
        for number_id, slot, n in connection.execute(query):
            counted[number_id][slot] += int(n)
        of_kind = packed.c.scope == packed_counts.HISTOGRAMS + position
        for each in packed_counts.read_buckets(connection, tier, some, of_kind):
            counted[each.number_id][each.ref] += each.n
    return {number_id: dict(slots) for number_id, slots in counted.items()}


def drop_before(connection: Connection, floors: Floors) -> int:
    """Delete at most `DROPPED_ROWS` rows of buckets that are no longer kept, whole partitions first.

    Gives how many rows and partitions went; 0: all are gone.
    """
    dropped = sum(drop_whole(connection, ROLLUPS[tier], first) for tier, first in floors.items())
    for table in (rollups, counters, histograms, packed):
        for tier, first in floors.items():
            key = tuple_(*table.primary_key.columns)
            old = and_(table.c.tier == int(tier), table.c.bucket < first)
            some = select(*table.primary_key.columns).where(old).limit(DROPPED_ROWS - dropped)
            if first and dropped < DROPPED_ROWS:
                dropped += connection.execute(delete(table).where(key.in_(some))).rowcount
    return dropped


def read_all(connection: Connection) -> dict[tuple[int, ...], int]:
    """Every roll-up that is not zero, by its key (as `KEY`)."""
    counted: defaultdict[tuple[int, ...], int] = defaultdict(int)
    for row in connection.execute(select(rollups)):
        counted[tuple(row[:-1])] += row[-1]
    for each in packed_counts.read(connection, packed.c.scope < packed_counts.HISTOGRAMS):
        counted[each[:-1]] += each.n
    return {key: n for key, n in counted.items() if n}
