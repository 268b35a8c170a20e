"""The roll-ups are what the messages say, after whatever happened; and where they are not, it is found and mended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from tests.support.books import EmptyInbox, HandClock, Shelf
from tests.support.facts import DAY, HOUR, MINUTE, T0, TEMPLATES, WABA, facts, recorded, told
from tests.support.places import LASTING_ON_EACH, Place
from tests.support.thorough import examples
from wabawatch.domain.facts import ErrorSeen, Fact, Status
from wabawatch.domain.rollups import Tier, floor_at
from wabawatch.flows.expiry import Expiry
from wabawatch.flows.rebuilding import differences
from wabawatch.meta.countries import country_of
from wabawatch.ports import RollupKey
from wabawatch.storage.figures import SqlFigures
from wabawatch.storage.recounting import mend, recounting
from wabawatch.storage.schema import rollups

pytestmark = LASTING_ON_EACH


@pytest.fixture(scope="module")
def books(lasting_place: Place) -> Iterator[Shelf]:
    shelf = Shelf(lasting_place)
    yield shelf
    shelf.database.close()


@pytest.fixture
def shelf(books: Shelf) -> Shelf:
    books.clear()
    books.learn(
        [recorded(i * HOUR, wamid=f"wamid.{i}", template=TEMPLATES[0], category="marketing") for i in range(5)]
        + [told(Status.SENT, i * HOUR + 1, wamid=f"wamid.{i}", waba=WABA) for i in range(4)]
        + [told(Status.FAILED, 2, wamid="wamid.0", errors=(ErrorSeen(131026),))]
    )
    return books


def found(shelf: Shelf) -> dict[RollupKey, int]:
    with recounting(shelf.database, country_of) as recount:
        return differences(recount, lambda _done, _total: None)


def drop_old(shelf: Shelf, now: int) -> None:
    """What retention does with figures at the time *now*."""
    floors = {tier: floor_at(tier, now) for tier in Tier}
    SqlFigures(shelf.database, EmptyInbox(), HandClock(now)).drop_old(floors, 0)


# ---------------------------------------------------------------- after whatever happened

moments = st.integers(0, 60 * 24).map(lambda hours: T0 + hours * HOUR)
happenings = st.lists(
    st.one_of(st.lists(facts, max_size=6), st.tuples(st.sampled_from(["sweep", "drop"]), moments)), max_size=6
)


@settings(max_examples=examples(40))
@given(happenings=happenings)
def test_the_roll_ups_are_what_the_messages_say(books: Shelf, happenings: list[list[Fact] | tuple[str, int]]) -> None:
    books.clear()
    dropped = 0
    for happening in happenings:
        match happening:
            case list():
                books.learn(happening)
                books.settle(T0)
            case "sweep", now:
                while Expiry(books.books, HandClock(now)).step():
                    pass
            case _, now:  # time only ever moves on
                dropped = max(dropped, now)
                drop_old(books, dropped)

    assert found(books) == {}


# ---------------------------------------------------------------- tampering


def test_untouched_books_have_no_difference(shelf: Shelf) -> None:
    assert found(shelf) == {}


def test_a_count_that_was_changed_is_found_and_mended(shelf: Shelf) -> None:
    with shelf.database.writing() as connection:
        tampered = connection.execute(update(rollups).where(rollups.c.tier == 2).values(n=rollups.c.n + 5)).rowcount

    assert tampered > 0
    assert list(found(shelf).values()) == [-5] * tampered
    mend(shelf.database, found(shelf))
    assert found(shelf) == {}


def test_rows_that_are_gone_are_found_and_mended(shelf: Shelf) -> None:
    before = shelf.picture()["rollups"]
    with shelf.database.writing() as connection:
        connection.execute(delete(rollups).where(rollups.c.scope == 0))

    assert sum(found(shelf).values()) > 0
    mend(shelf.database, found(shelf))
    assert shelf.picture()["rollups"] == before


def test_rows_that_nothing_accounts_for_are_found_and_mended(shelf: Shelf) -> None:
    with shelf.database.writing() as connection:
        row = connection.execute(select(rollups)).first()
        assert row is not None
        connection.execute(insert(rollups).values(**{**row._mapping, "bucket": row.bucket + 1_000_000, "n": 3}))

    assert list(found(shelf).values()) == [-3]
    mend(shelf.database, found(shelf))
    assert found(shelf) == {}


def test_mending_is_right_also_when_messages_change_meanwhile(shelf: Shelf) -> None:
    with shelf.database.writing() as connection:
        connection.execute(update(rollups).values(n=rollups.c.n + 1))
    differing = found(shelf)

    shelf.learn([told(Status.READ, DAY, wamid=f"wamid.{i}") for i in range(5)])
    mend(shelf.database, differing)

    assert found(shelf) == {}


def test_progress_is_told_up_to_the_last_message(shelf: Shelf) -> None:
    told_of: list[tuple[int, int]] = []

    with recounting(shelf.database, country_of) as recount:
        differences(recount, lambda done, total: told_of.append((done, total)))

    assert told_of[-1] == (5, 5)


def test_what_was_dropped_is_no_difference(shelf: Shelf) -> None:
    drop_old(shelf, T0 + 40 * DAY)

    shelf.learn([told(Status.READ, 3 * MINUTE, wamid="wamid.0")])

    assert found(shelf) == {}
    assert {key[0] for key in shelf.picture()["rollups"]} == {Tier.HOUR, Tier.DAY}
