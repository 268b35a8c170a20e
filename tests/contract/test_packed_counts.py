"""Counts that are packed are read as before, and late news moves them as before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.support.books import Shelf
from tests.support.facts import DAY, ERRORS, HOUR, NUMBERS, T0, TEMPLATES, WABA, recorded, told
from tests.support.places import Place
from tests.support.views import ask, shelf_with_views
from wabawatch.domain.facts import Fact, Person, Status
from wabawatch.domain.rollups import Span, Tier, bucket_of, packed_before
from wabawatch.ports import CLOSED_UNTIL
from wabawatch.storage import counts, packed_counts
from wabawatch.storage.packed_counts import PER_ROW, decode, encode
from wabawatch.storage.schema import histograms, rollups
from wabawatch.storage.schema import packed_counts as table

NOW = T0 + 10 * DAY
PERSONS = [Person(phone=f"{code}1234567{i}") for code in ("5511", "4915", "1415", "9198") for i in range(9)]
SENDS: list[Fact] = [
    recorded(i * 70_000, wamid=f"w{i}", person=person, template=TEMPLATES[i % 2], category="marketing", user_id="u")
    for i, person in enumerate(PERSONS)
]
FATES: list[Fact] = [
    told(
        Status.FAILED if i % 5 == 0 else Status.DELIVERED,
        i * 70_000,
        wamid=f"w{i}",
        waba=WABA,
        errors=ERRORS[: i % 5 == 0],
    )
    for i in range(len(PERSONS))
]
large = st.integers(1, 2**32 - 1)


@pytest.fixture
def shelf(place: Place) -> Iterator[Shelf]:
    shelf = shelf_with_views(place)
    shelf.learn([*SENDS, *FATES])
    with shelf.books.writing() as ledger:
        ledger.note_delays([(NUMBERS[0], T0, 10 * i) for i in range(300)])
        ledger.set_mark(CLOSED_UNTIL, NOW)
    yield shelf
    shelf.database.close()


def pack(shelf: Shelf) -> None:
    packed = 1
    while packed:
        with shelf.database.writing() as connection:
            packed = packed_counts.pack(connection, packed_before(NOW))


def size(shelf: Shelf, *where: Any) -> int:
    with shelf.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(rollups).where(*where)).scalar_one())


def delays(shelf: Shelf) -> dict[int, int]:
    day = bucket_of(Tier.DAY, T0)
    with shelf.database.reading() as connection:
        return dict(counts.read_histogram(connection, "meta_delay", [Span(Tier.DAY, day, day + 1)]))


@given(st.dictionaries(st.tuples(st.one_of(st.integers(0, 50), st.integers(0, 2**62)), st.integers(0, 255)), large))
def test_what_is_packed_comes_out_again(counted: dict[tuple[int, int], int]) -> None:
    found: defaultdict[tuple[int, int], int] = defaultdict(int)
    for base, entries in encode(counted):
        assert len(entries) <= 4 * PER_ROW
        for ref, standing, n in decode(base, entries):
            found[ref, standing] += n

    assert found == counted


@given(st.lists(st.integers(0, 20), min_size=1, max_size=4), st.integers(150, 256), st.sampled_from((1, 300, 70_000)))
def test_every_packed_row_has_a_key_of_its_own(refs: list[int], standings: int, n: int) -> None:
    """Also when one ref has so many standings that they fill several rows."""
    counted = {(ref, standing): n for ref in refs for standing in range(standings)}

    packed = encode(counted)

    assert len({base for base, _ in packed}) == len(packed) > len(set(refs))
    found: defaultdict[tuple[int, int], int] = defaultdict(int)
    for base, entries in packed:
        for ref, standing, part in decode(base, entries):
            found[ref, standing] += part
    assert found == counted


def test_packing_changes_no_figure(shelf: Shelf) -> None:
    before, seen, slots = shelf.picture(), ask(shelf, "SELECT * FROM monitoring_metrics"), delays(shelf)

    pack(shelf)

    assert shelf.picture() == before
    order = [str(row) for row in ask(shelf, "SELECT * FROM monitoring_metrics")]
    assert sorted(order) == sorted(map(str, seen))
    assert delays(shelf) == slots
    assert sum(slots.values()) == 300


def test_old_hours_and_days_are_packed(shelf: Shelf) -> None:
    pack(shelf)

    assert size(shelf, rollups.c.tier >= int(Tier.HOUR)) == 0
    assert size(shelf, rollups.c.tier < int(Tier.HOUR)) > 0
    with shelf.database.reading() as connection:
        assert connection.execute(select(histograms)).first() is None


def test_young_counts_stay_as_they_are(shelf: Shelf) -> None:
    with shelf.database.writing() as connection:
        assert packed_counts.pack(connection, packed_before(T0 + HOUR)) == 0


def test_a_large_bucket_is_packed_in_slices(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shelf.picture()
    monkeypatch.setattr(packed_counts, "ROWS_AT_ONCE", 7)

    pack(shelf)

    assert shelf.picture() == before
    assert size(shelf, rollups.c.tier >= int(Tier.HOUR)) == 0


def test_late_news_moves_packed_counts(shelf: Shelf, place: Place) -> None:
    late = [told(Status.READ, i * 70_000 + DAY, wamid=f"w{i}", waba=WABA) for i in range(len(PERSONS))]
    at_once = Shelf(place.beside("at-once"))
    at_once.learn([*SENDS, *FATES, *late])
    pack(shelf)

    shelf.learn(late)

    assert shelf.picture()["rollups"] == at_once.picture()["rollups"]
    pack(shelf)
    assert shelf.picture()["rollups"] == at_once.picture()["rollups"]
    assert size(shelf, rollups.c.tier >= int(Tier.HOUR)) == 0
    at_once.database.close()


def test_a_count_that_would_fall_below_zero_is_left_as_it_is(shelf: Shelf) -> None:
    with shelf.database.writing() as connection:
        counts.add_rows(connection, {(3, bucket_of(Tier.DAY, T0), 0, 0, 0, 77): -5})

    pack(shelf)

    assert size(shelf, rollups.c.n == -5) == 1


def test_packed_counts_are_dropped_with_their_tier(shelf: Shelf) -> None:
    pack(shelf)

    with shelf.database.writing() as connection:
        counts.drop_before(connection, {Tier.HOUR: bucket_of(Tier.HOUR, NOW), Tier.DAY: 0})

    with shelf.database.reading() as connection:
        tiers = set(connection.execute(select(table.c.tier)).scalars())
    assert tiers == {int(Tier.DAY)}
