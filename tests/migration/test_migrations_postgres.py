"""A PostgreSQL database of any earlier release becomes one of this release."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest
from sqlalchemy import Connection, insert

from tests.migration.pictures import Picture
from tests.migration.pictures_postgres import FIRST, kept, picture, rebuild
from tests.support.places import the_postgres
from wabawatch.storage.database import Database
from wabawatch.storage.migrations import STEPS, Step, migrate, pending
from wabawatch.storage.partitions import make_ahead
from wabawatch.storage.schema import schema_steps

HINT = (
    "schema or views are not what the steps make of them: add a step to migrations.STEPS, "
    "then keep its schema with `python -m tests.migration.pictures_postgres`"
)


@pytest.fixture
def url() -> Iterator[str]:
    with the_postgres().database() as url:
        yield url


def look(url: str) -> Picture:
    with closing(Database(url)) as database, database.reading() as connection:
        return picture(connection)


@pytest.fixture(scope="module")
def wanted() -> Picture:
    """How a new database looks."""
    with the_postgres().database() as url, closing(Database(url)) as fresh:
        migrate(fresh, 0)
        return look(url)


@pytest.mark.parametrize("step", [step for step in STEPS if step.number >= FIRST], ids=lambda step: step.name)
def test_a_database_of_every_earlier_step_becomes_like_a_new_one(step: Step, url: str, wanted: Picture) -> None:
    rebuild(url, kept(step.number).read_text("utf-8"))

    with closing(Database(url)) as database:
        with database.writing() as connection:
            for each in STEPS:
                if each.number <= step.number:
                    connection.execute(insert(schema_steps).values(number=each.number, name=each.name, applied_at=0))
            make_ahead(connection)
        migrate(database, 1)

    found = look(url)
    assert not {thing for thing in found.keys() | wanted.keys() if found.get(thing) != wanted.get(thing)}, HINT


def test_two_that_start_at_once_do_it_once(url: str) -> None:
    barrier = Barrier(2)

    def start(_: int) -> list[str]:
        with closing(Database(url)) as mine:
            barrier.wait()
            return migrate(mine, 7)

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(start, range(2)))

    assert sorted(taken) == [[], [step.name for step in STEPS]]


def test_a_step_that_breaks_leaves_no_trace(url: str) -> None:
    def fail(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE later (x INTEGER)")
        raise RuntimeError("this step is broken")

    with closing(Database(url)) as database:
        migrate(database, 7)
        before = look(url)
        steps = [*STEPS, Step(STEPS[-1].number + 1, "later", fail)]

        with pytest.raises(RuntimeError):
            migrate(database, 8, steps)

        assert look(url) == before
        assert pending(database, steps) == ["later"]
