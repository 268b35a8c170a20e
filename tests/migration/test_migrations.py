"""A database of any earlier release becomes one of this release, whoever starts first."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, insert, select

from tests.migration.pictures import Picture, kept, picture, rebuild
from wabawatch.domain.errors import Conflict
from wabawatch.storage.database import Database
from wabawatch.storage.migrations import STEPS, Step, migrate, pending
from wabawatch.storage.schema import schema_steps
from wabawatch.storage.views import VIEWS

HINT = (
    "schema or views are not what the steps make of them: add a step to migrations.STEPS, "
    "then keep its schema with `python -m tests.migration.pictures`"
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    new = Database(f"sqlite:///{tmp_path / 'main.db'}")
    yield new
    new.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Picture:
    new = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    migrate(new, 0)
    found = look(new)
    new.close()
    return found


def look(database: Database) -> Picture:
    with database.reading() as connection:
        return picture(connection)


def steps_of(database: Database) -> list[tuple[int, str, int]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(schema_steps).order_by(schema_steps.c.number))]


def become(database: Database, number: int) -> None:
    """Make *database* as it was after step *number*."""
    with database.writing() as connection:
        rebuild(connection, kept(number).read_text("utf-8"))
        for step in STEPS:
            if step.number <= number:
                connection.execute(insert(schema_steps).values(number=step.number, name=step.name, applied_at=0))


def add_a_table(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE later (x INTEGER)")


def fail(connection: Connection) -> None:
    add_a_table(connection)
    raise RuntimeError("this step is broken")


def later(*applies: object) -> list[Step]:
    """The steps of a later release."""
    return [*STEPS, *(Step(STEPS[-1].number + i, f"later {i}", a) for i, a in enumerate(applies, 1))]  # type: ignore[arg-type]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_database_of_every_earlier_step_becomes_like_a_new_one(
    step: Step, database: Database, fresh: Picture
) -> None:
    become(database, step.number)

    migrate(database, 1)

    old = look(database)
    different = {thing for thing in old.keys() | fresh.keys() if old.get(thing) != fresh.get(thing)}
    assert not different, HINT


def test_a_new_database_is_made_at_once(database: Database) -> None:
    assert pending(database) == [step.name for step in STEPS]

    assert migrate(database, 7) == [step.name for step in STEPS]

    assert pending(database) == []
    assert steps_of(database) == [(step.number, step.name, 7) for step in STEPS]
    assert {("view", name) for name in VIEWS} <= look(database).keys()


def test_migrating_again_does_nothing(database: Database) -> None:
    migrate(database, 7)

    assert migrate(database, 8) == []

    assert {applied_at for _, _, applied_at in steps_of(database)} == {7}


def test_two_that_start_at_once_do_it_once(tmp_path: Path) -> None:
    barrier = Barrier(2)

    def start(_: int) -> list[str]:
        mine = Database(f"sqlite:///{tmp_path / 'main.db'}")
        barrier.wait()
        try:
            return migrate(mine, 7)
        finally:
            mine.close()

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(start, range(2)))

    assert sorted(taken) == [[], [step.name for step in STEPS]]


def test_an_older_database_takes_the_steps_it_lacks_and_keeps_its_views(database: Database) -> None:
    migrate(database, 7)
    steps = later(add_a_table, lambda connection: None)

    assert migrate(database, 8, steps) == ["later 1", "later 2"]

    assert steps_of(database)[-2:] == [(steps[-2].number, "later 1", 8), (steps[-1].number, "later 2", 8)]
    assert {("table", "later"), *(("view", name) for name in VIEWS)} <= look(database).keys()


def test_a_step_finds_no_views_in_its_way(database: Database) -> None:
    migrate(database, 7)
    found: list[str] = []

    def look_around(connection: Connection) -> None:
        found.extend(name for kind, name in picture(connection) if kind == "view")

    migrate(database, 8, later(look_around))

    assert not found


def test_a_step_that_breaks_leaves_no_trace(database: Database) -> None:
    migrate(database, 7)
    before = look(database)

    with pytest.raises(RuntimeError):
        migrate(database, 8, later(fail))

    assert look(database) == before
    assert pending(database, later(fail)) == ["later 1"]


def test_a_new_database_needs_no_step_for_old_ones(database: Database) -> None:
    assert migrate(database, 7, later(fail)) == [step.name for step in later(fail)]


@pytest.mark.parametrize("use", [pending, lambda database: migrate(database, 9)])
def test_a_database_of_a_newer_release_is_refused(use: object, database: Database) -> None:
    migrate(database, 7)
    migrate(database, 8, later(add_a_table))

    with pytest.raises(Conflict, match="made by a newer release") as refusal:
        use(database)  # type: ignore[operator]

    assert refusal.value.code == "newer_database"
