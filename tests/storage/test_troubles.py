"""Troubles of the stores are known, waited out, and forgotten when they have passed; bugs are no such troubles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from tests.support.system import Bench, item, webhook
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.ports import Body, BodyKind
from wabawatch.storage.database import Database
from wabawatch.storage.inbox import SqliteInbox
from wabawatch.storage.sealed import Keyring

NOW = 1_800_000_000_000
BODY = Body(BodyKind.WEBHOOK, NOW, b"{}")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    new = Database(f"sqlite:///{tmp_path / 'main.db'}")
    with new.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x INTEGER PRIMARY KEY)")
    yield new
    new.close()


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[SqliteInbox]:
    new = SqliteInbox(tmp_path / "inbox.db", Keyring.generate(), reserve_bytes=0, look_every_s=0)
    yield new
    new.close()


def insert(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (NULL)")


def test_a_database_that_was_moved_away_takes_nothing_and_no_other_takes_its_name(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "main.db").rename(tmp_path / "elsewhere")
    with pytest.raises(StoreUnavailable, match="put it back"):
        insert(database)
    database.engine.dispose()
    with pytest.raises(StoreUnavailable, match="unable to open"), database.reading():
        pass

    assert not (tmp_path / "main.db").exists()
    assert "put it back" in database.trouble()


def test_a_database_that_is_back_is_well_without_anything_to_write(database: Database, tmp_path: Path) -> None:
    (tmp_path / "main.db").rename(tmp_path / "elsewhere")
    with pytest.raises(StoreUnavailable):
        insert(database)
    database.look_again()
    assert database.trouble()

    (tmp_path / "elsewhere").rename(tmp_path / "main.db")
    database.look_again()
    assert database.trouble() == ""


def test_a_database_that_was_replaced_takes_nothing(database: Database, tmp_path: Path) -> None:
    (tmp_path / "main.db").rename(tmp_path / "elsewhere")
    (tmp_path / "main.db").touch()

    with pytest.raises(StoreUnavailable, match="was replaced by another file while in use: restart"):
        insert(database)


def test_a_statement_that_cannot_run_is_no_trouble_of_the_database(database: Database) -> None:
    with pytest.raises(OperationalError), database.writing() as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")

    assert database.trouble() == ""


def test_a_statement_that_cannot_run_holds_up_no_other_body(tmp_path: Path) -> None:
    bench = Bench(tmp_path, NOW)
    with bench.shelf.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE message_errors")
    failed = item("wamid.2", NOW, status="failed", errors=[{"code": 131026}])
    bench.accept([webhook("statuses", failed, received_at=NOW)])
    bench.accept([webhook("statuses", item("wamid.1", NOW, status="sent"), received_at=NOW)])
    bench.drain()

    bodies = bench.status().bodies
    assert (bodies.processed, bodies.backlog, bodies.parked) == (1, 1, 0)
    bench.close()


def test_a_damaged_database_gives_up_no_body(tmp_path: Path) -> None:
    bench = Bench(tmp_path, NOW)
    bench.accept([webhook("statuses", item("wamid.1", NOW, status="sent"), received_at=NOW)])
    bench.shelf.database.close()
    (tmp_path / "main.db").write_bytes(b"not SQLite" * 1_000)

    with pytest.raises(StoreUnavailable, match="put back a backup"):
        bench.digest.step()

    assert bench.inbox.waiting(0) == 1
    bench.close()


def test_an_inbox_that_was_moved_away_keeps_nothing_not_even_at_once(inbox: SqliteInbox, tmp_path: Path) -> None:
    inbox.append_all([BODY])
    (tmp_path / "inbox.db").rename(tmp_path / "elsewhere")

    with pytest.raises(StoreUnavailable, match="put it back"):
        inbox.append_all([BODY])
    assert "put it back" in inbox.trouble()


def test_an_inbox_that_is_back_is_well_before_anything_comes(inbox: SqliteInbox, tmp_path: Path) -> None:
    (tmp_path / "inbox.db").rename(tmp_path / "elsewhere")
    with pytest.raises(StoreUnavailable):
        inbox.append_all([BODY])
    inbox.look_again()
    assert inbox.trouble()

    (tmp_path / "elsewhere").rename(tmp_path / "inbox.db")
    assert inbox.trouble()  # of the last attempt
    inbox.look_again()
    assert inbox.trouble() == ""
