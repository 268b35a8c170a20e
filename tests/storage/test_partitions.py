"""Partitions on PostgreSQL: made ahead of time, dropped whole when all in them is over; no row is ever refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, func, insert, select

from tests.support.places import PostgresPlace
from wabawatch.domain.rollups import Tier
from wabawatch.domain.standing import DAY_MS
from wabawatch.ports import Body, BodyKind
from wabawatch.storage import partitions
from wabawatch.storage.database import Database
from wabawatch.storage.partitions import (
    ALL,
    BODIES,
    INBOX,
    MESSAGES,
    ROLLUPS,
    Partitions,
    Series,
    drop_emptied,
    drop_whole,
    make_ahead,
    newest_start,
)
from wabawatch.storage.schema import bodies, marks, messages, rollups
from wabawatch.storage.sealed import Keyring

THERE = "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresPlace]:
    place = PostgresPlace(tmp_path_factory.mktemp("place"))
    yield place
    place.close()


@pytest.fixture
def database(place: PostgresPlace) -> Database:
    return place.database()


def there(connection: Connection) -> set[str]:
    return set(connection.exec_driver_sql(THERE).scalars())


def today(series: Series) -> int:
    return time.time_ns() // 1_000_000 // series.unit_ms


def line(number: int) -> dict[str, int | bytes]:
    counted = {"received_at": 0, "app_id": 0, "code": 0, "facts": 0, "unparsed": 0, "unknown": 0}
    return {"id": number, "fingerprint": b"", **counted}


def home_of(connection: Connection, number: int) -> str:
    """The partition that the line of the body *number* is in."""
    found = connection.exec_driver_sql(f"SELECT tableoid::regclass::text FROM bodies WHERE id = {number}")
    return str(found.scalar_one())


def half_made(database: Database) -> None:
    """An index as an interrupted packing leaves it."""
    name = MESSAGES.partition(today(MESSAGES))
    with database.outside() as connection:
        connection.exec_driver_sql(f"CREATE INDEX {name}_pkey_ccnew ON {name} (id)")
        connection.exec_driver_sql(
            f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}_pkey_ccnew'::regclass"
        )


def count_half_made(database: Database) -> int:
    with database.reading() as connection:
        left = connection.exec_driver_sql("SELECT count(*) FROM pg_class WHERE relname LIKE '%%ccnew'")
        return int(left.scalar_one())


def wait_for_a_lock(database: Database, kind: str = "relation") -> None:
    """Until somebody waits for a table, or for a transaction (`virtualxid`)."""
    waiting = f"SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = '{kind}')"
    give_up_at = time.monotonic() + 10
    while time.monotonic() < give_up_at:
        with database.reading() as connection:
            if connection.exec_driver_sql(waiting).scalar():
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def add(connection: Connection, unit: int) -> str:
    """A partition of the body log for an older day; gives its name."""
    name, (first, end) = BODIES.partition(unit), BODIES.bounds(unit)
    connection.exec_driver_sql("ALTER TABLE bodies DETACH PARTITION bodies_before")
    connection.exec_driver_sql(f"CREATE TABLE {name} PARTITION OF bodies FOR VALUES FROM ({first}) TO ({end})")
    return name


def test_every_table_has_those_of_now_and_of_some_time_ahead(database: Database) -> None:
    with database.reading() as connection:
        found = there(connection)

    for series in ALL:
        wanted = {series.partition(today(series) + ahead) for ahead in range(series.ahead + 1)}
        assert {*wanted, f"{series.name}_before", f"{series.table}_rest"} <= found


def test_making_them_again_makes_none(database: Database) -> None:
    with database.writing() as connection:
        before = there(connection)

        assert make_ahead(connection) == []
        assert there(connection) == before


def test_the_name_of_a_partition_tells_its_span() -> None:
    for series in ALL:
        unit = today(series)

        assert series.unit_of(series.partition(unit)) == unit
        assert series.unit_of(f"{series.name}_before") is None
        assert series.unit_of(f"{series.table}_rest") is None


def test_a_body_lies_in_the_partition_of_the_day_it_was_kept(place: PostgresPlace, database: Database) -> None:
    inbox = place.inbox(database, Keyring.generate())

    (number,) = inbox.append_all([Body(BodyKind.WEBHOOK, 0, b"{}")])
    inbox.close()

    with database.writing() as connection:
        connection.execute(insert(bodies).values(line(number)))
        assert home_of(connection, number) == BODIES.partition(today(BODIES))


def test_what_fits_nowhere_is_kept_all_the_same(database: Database) -> None:
    far = BODIES.bounds(today(BODIES) + 400)[0]

    with database.writing() as connection:
        connection.execute(insert(bodies), [line(7), line(far)])

        assert [home_of(connection, 7), home_of(connection, far)] == ["bodies_before", "bodies_rest"]


def test_a_span_that_rows_went_to_without_a_partition_stays_without(database: Database) -> None:
    unit = today(BODIES)
    with database.writing() as connection:
        connection.exec_driver_sql(f"DROP TABLE {BODIES.partition(unit + 1)}, {BODIES.partition(unit + 2)}")
        connection.execute(insert(bodies).values(line(BODIES.bounds(unit + 1)[0])))

        assert make_ahead(connection) == [BODIES.partition(unit + 2)]


def test_those_that_are_over_are_dropped_whole_and_no_others(database: Database) -> None:
    unit = today(BODIES) - 10
    first, end = BODIES.bounds(unit)
    with database.writing() as connection:
        name = add(connection, unit)
        connection.execute(insert(bodies), [line(first), line(end - 1), line(end)])

        assert drop_whole(connection, BODIES, end - 1) == 0
        assert drop_whole(connection, BODIES, end) == 1

        assert name not in there(connection)
        assert connection.execute(select(bodies.c.id)).scalars().all() == [end]


def test_one_with_something_that_must_stay_stays(database: Database) -> None:
    unit = today(BODIES) - 10
    first, end = BODIES.bounds(unit)
    with database.writing() as connection:
        add(connection, unit)
        connection.execute(insert(bodies).values(line(first + 3)))
        holds = "EXISTS (SELECT 1 FROM bodies WHERE id >= {first} AND id < {end})"

        assert drop_whole(connection, BODIES, end, unless=holds) == 0
        assert home_of(connection, first + 3) == BODIES.partition(unit)


def test_one_that_is_being_read_stays_for_now_and_the_transaction_goes_on(database: Database) -> None:
    unit = today(BODIES) - 10
    end = BODIES.bounds(unit)[1]
    with database.writing() as connection:
        name = add(connection, unit)
    with database.reading() as reader:
        reader.execute(select(func.count()).select_from(bodies))
        with database.writing() as connection:
            assert drop_whole(connection, BODIES, end) == 0
            connection.execute(insert(marks).values(name="after", value=1))

    with database.writing() as connection:
        assert connection.execute(select(marks.c.value).where(marks.c.name == "after")).scalar() == 1
        assert drop_whole(connection, BODIES, end) == 1
        assert name not in there(connection)


def test_roll_ups_lie_by_tier_and_time(database: Database) -> None:
    tier, day = Tier.MINUTE, today(ROLLUPS[Tier.MINUTE])
    key = {"scope": 0, "number_id": 0, "ref": 0, "standing_id": 1, "n": 1}
    minute = {"tier": int(tier), "bucket": day * DAY_MS // 60_000, **key}
    with database.writing() as connection:
        connection.execute(insert(rollups), [minute, {**minute, "tier": int(Tier.DAY), "bucket": day}])
        found = connection.exec_driver_sql("SELECT tableoid::regclass::text FROM rollups ORDER BY tier").scalars().all()

    assert found[0] == ROLLUPS[tier].partition(day)
    assert found[1].startswith("rollups_day_")


def test_the_inbox_keeps_the_day_that_runs_and_those_with_bodies(database: Database) -> None:
    unit = today(INBOX) - 3
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE inbox_blocks DETACH PARTITION inbox_blocks_before")
        for each in (unit, unit + 1):
            first, end = INBOX.bounds(each)
            name = INBOX.partition(each)
            connection.exec_driver_sql(
                f"CREATE TABLE {name} PARTITION OF inbox_blocks FOR VALUES FROM ({first}) TO ({end})"
            )
        connection.exec_driver_sql(f"INSERT INTO inbox_blocks VALUES ({INBOX.bounds(unit)[0]}, 1, 1, 1, 1, 1, 1, '')")

        assert drop_emptied(connection) == 1
        assert {INBOX.partition(unit), INBOX.partition(today(INBOX))} <= there(connection)


def test_a_block_that_is_committed_while_its_day_is_dropped_stays(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An append that began before midnight: the one who drops sees no block at first, and waits for the append."""
    tomorrow = f"{partitions._NOW} + {DAY_MS}"
    with ThreadPoolExecutor(1) as other, database.writing() as dropping:
        with database.appending() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO inbox_blocks VALUES ({INBOX.bounds(today(INBOX))[0] + 1}, 1, 1, 1, 1, 1, 1, '')"
            )
            monkeypatch.setattr(partitions, "_NOW", tomorrow)
            dropped = other.submit(drop_emptied, dropping)
            wait_for_a_lock(database)

        assert dropped.result() == 0
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM inbox_blocks").scalar() == 1


def test_a_clock_that_was_set_back_makes_nothing_fail(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "_NOW", f"{partitions._NOW} - {8 * DAY_MS}")

    assert Partitions(database).step() is False

    with database.writing() as connection:
        number = newest_start(connection, BODIES)
        connection.execute(insert(bodies), line(number))
        assert home_of(connection, number) == "bodies_before"


def test_what_is_read_for_long_gets_its_next_partitions_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "_NOW", f"{partitions._NOW} + {DAY_MS}")

    with database.reading() as reading:
        reading.execute(select(func.count()).select_from(bodies))
        with database.writing() as connection:
            meanwhile = make_ahead(connection)
    with database.writing() as connection:
        afterwards = make_ahead(connection)

    last = BODIES.partition(today(BODIES) + 1 + BODIES.ahead)
    assert (last in meanwhile, last in afterwards) == (False, True)
    assert INBOX.partition(today(INBOX) + 1 + INBOX.ahead) in meanwhile


def test_messages_are_numbered_by_the_week_in_which_they_are_written(database: Database) -> None:
    with database.reading() as connection:
        assert newest_start(connection, MESSAGES) == MESSAGES.bounds(today(MESSAGES))[0]
        assert connection.execute(select(func.count()).select_from(messages)).scalar() == 0


def test_the_loop_has_nothing_more_to_do_after_a_step(database: Database) -> None:
    assert Partitions(database).step() is False


def test_the_indexes_of_a_week_that_is_over_are_packed_once(database: Database) -> None:
    with database.writing() as connection:
        row = {"cohort_at": 0, "number_id": 1, "profile_id": 1, "state": 0}
        connection.execute(insert(messages), [{**row, "id": number} for number in range(1, 2_000)])
    with database.outside() as connection:
        connection.exec_driver_sql("ANALYZE messages")

    packing = Partitions(database)

    assert packing.pack_indexes() == ["messages_before"]
    assert packing.pack_indexes() == []


def test_only_one_packs_at_a_time(database: Database) -> None:
    """What it is building looks like what an interrupted packing left."""
    with database.outside() as other:
        other.exec_driver_sql(f"SELECT pg_advisory_lock({partitions._PACKER_LOCK})")
        half_made(database)

        assert Partitions(database).pack_indexes() == []
        assert count_half_made(database) == 1
        other.exec_driver_sql(f"SELECT pg_advisory_unlock({partitions._PACKER_LOCK})")


def test_what_an_interrupted_packing_left_is_dropped_while_others_read(database: Database) -> None:
    half_made(database)

    with ThreadPoolExecutor(1) as other:
        with database.reading() as reading:
            reading.execute(select(func.count()).select_from(messages))
            packing = other.submit(Partitions(database).pack_indexes)
            wait_for_a_lock(database, "virtualxid")
            with database.reading() as another:
                another.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
                assert another.execute(select(func.count()).select_from(messages)).scalar() == 0
        packing.result()

    assert count_half_made(database) == 0
