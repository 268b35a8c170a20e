"""Which of a database's errors are the world's fault: those are waited out, all others are told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import is_outage


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    new = Database(f"sqlite:///{tmp_path / 'main.db'}")
    yield new
    new.close()


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("08006", True),  # connection failure
        ("25006", True),  # a standby, or a server that was made read only
        ("40P01", True),  # deadlock
        ("53100", True),  # disk full
        ("53300", True),  # too many connections
        ("55P03", True),  # the lock was not to be had in time
        ("57P01", True),  # the server is stopped
        ("58030", True),  # the disk fails
        ("XX001", True),  # damaged data
        ("54000", False),  # an index row that is too long: it will be so next time
        ("42P01", False),  # no such table
        ("23505", False),  # a key that exists
    ],
)
def test_postgresql_tells_by_sqlstate(state: str, expected: bool) -> None:
    error = psycopg.errors.lookup(state)("it failed")

    assert is_outage(DBAPIError.instance("SELECT 1", None, error, psycopg.Error)) is expected  # type: ignore[arg-type]


def test_a_server_that_is_not_reached_is_an_outage() -> None:
    error = psycopg.OperationalError("connection refused")

    assert is_outage(DBAPIError.instance("SELECT 1", None, error, psycopg.Error))  # type: ignore[arg-type]


def test_a_file_that_another_holds_locked_is_an_outage(database: Database, tmp_path: Path) -> None:
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "main.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="the database does not answer: database is locked"), database.writing():
        pass

    other.close()


def test_a_statement_that_is_wrong_is_told_as_it_is(database: Database) -> None:
    with pytest.raises(OperationalError, match="no such table"), database.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")


def test_a_file_that_is_no_database_is_an_outage_that_a_backup_mends(tmp_path: Path) -> None:
    (tmp_path / "main.db").write_text("this is a letter, not a database\n" * 100)
    database = Database(f"sqlite:///{tmp_path / 'main.db'}")

    with (
        pytest.raises(StoreUnavailable, match=r"not a database\. .* a backup"),
        database.reading() as connection,
    ):
        connection.exec_driver_sql("SELECT 1 FROM sqlite_master")

    database.close()


def test_a_key_that_exists_is_no_outage(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x INTEGER PRIMARY KEY)")

    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1), (1)")
