"""What is found on disk and in the books, before anybody judges it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from tests.support.postgres import PostgresServer
from tests.support.system import item, webhook
from wabawatch.app import System
from wabawatch.domain.premises import BooksState, FileState, Traffic
from wabawatch.ports import Body, BodyKind, BodySource
from wabawatch.settings import load
from wabawatch.storage import schema
from wabawatch.storage.database import Database
from wabawatch.storage.migrations import STEPS
from wabawatch.storage.outages import remedy
from wabawatch.storage.premises import look_at_books, look_at_folder, look_at_inbox, look_at_keys, newest_sealed
from wabawatch.storage.premises_sqlite import look_at_file, look_at_sqlite

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:30 / {place} rw,relatime shared:2 master:1 - nfs4 host:/export rw
31 30 0:31 / {place}/inner rw - tmpfs tmpfs rw
"""
HALF = "not JSON at all"


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    opened = System(load({"WABAWATCH_DATA_DIR": str(tmp_path / "data"), "WABAWATCH_FREE_SPACE_RESERVE": "0"}))
    yield opened
    opened.close()


def database_of(system: System) -> Path:
    return system.settings.storage.data_dir / "wabawatch.db"


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def traffic(system: System) -> Traffic:
    system.drain()
    found = look_at_books(url_of(database_of(system)), system.clock.now()).traffic
    assert found is not None
    return found


def sent(system: System, wamid: str, app: str = "", source: BodySource = BodySource.LIVE) -> Body:
    now = system.clock.now()
    body = webhook("statuses", item(wamid, now, status="sent", recipient_id="15550000001"), received_at=now)
    return Body(body.kind, now, body.content, app, source)


def test_a_file_system_is_that_of_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(place=tmp_path))
    (tmp_path / "inner").mkdir()

    kinds = [look_at_folder(place, mounts).file_system for place in (tmp_path / "new", tmp_path / "inner", Path("/"))]

    assert kinds == ["nfs4", "tmpfs", "ext4"]
    assert look_at_folder(tmp_path, tmp_path / "missing").file_system == ""


def test_databases_that_others_can_read_are_found(system: System) -> None:
    folder = system.settings.storage.data_dir
    database_of(system).chmod(0o644)
    closed = look_at_folder(folder).open_files
    folder.chmod(0o755)

    assert closed == ()
    assert look_at_folder(folder).open_files == ("wabawatch.db",)


def test_a_key_file_of_another_installation_is_told_by_what_it_cannot_open(system: System, tmp_path: Path) -> None:
    system.inbox.append_all([sent(system, "wamid.1")])
    places = (database_of(system), system.settings.storage.data_dir / "inbox.db")
    other = System(load({"WABAWATCH_DATA_DIR": str(tmp_path / "other")}))
    other.close()

    assert look_at_keys(system.settings.storage.key_path, newest_sealed(*places)).foreign == ()
    assert look_at_keys(tmp_path / "other" / "keys.json", newest_sealed(*places)).foreign == ("inbox.db",)
    system.drain()
    system.raw.pack(system.inbox, system.inbox.newest(), system.clock.now(), max_wait_ms=0)
    system.inbox.forget(system.inbox.newest())

    assert look_at_keys(tmp_path / "other" / "keys.json", newest_sealed(*places)).foreign == ("wabawatch.db",)


def test_damage_in_a_file_is_found_within_its_time(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (a PRIMARY KEY, b)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", ((n, "x" * 200) for n in range(2_000)))
    whole, hurried = look_at_file(path), look_at_file(path, patience_s=-1)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4096] = bytes(4096)
    path.write_bytes(content)

    assert (whole, hurried) == (FileState(), FileState(is_whole=False))
    assert look_at_file(path).damage


def test_the_trouble_is_told_in_the_words_of_sqlite_with_what_mends_it(system: System) -> None:
    path = database_of(system)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA wal_checkpoint(TRUNCATE)")
    system.close()
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)

    found = look_at_books(url_of(path), 0)

    assert (found.trouble, found.fix) == ("database disk image is malformed", remedy(damage()))


def damage() -> sqlite3.Error:
    error = sqlite3.DatabaseError("as SQLite says")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def test_a_text_in_the_place_of_a_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "inbox.db"
    path.write_text("no database")

    found = look_at_inbox(path, look_at_books(url_of(tmp_path / "none.db"), 0))

    assert found.trouble == "it is not an SQLite file"
    assert "backup" in found.fix


def test_the_length_of_the_log_is_told(system: System) -> None:
    found = look_at_books(url_of(database_of(system)), 0).file

    assert found is not None
    assert found.log_bytes == database_of(system).with_name("wabawatch.db-wal").stat().st_size > 0


def test_this_sqlite_has_all_that_is_needed() -> None:
    assert look_at_sqlite().has_math


def test_each_app_has_its_last_live_webhook(system: System) -> None:
    before = system.clock.now()
    imported = sent(system, "wamid.3", "club", BodySource.IMPORT)
    system.inbox.append_all([sent(system, "wamid.1"), sent(system, "wamid.2", "shop"), imported])

    assert traffic(system).last_at.keys() == {"", "shop"}
    assert all(before <= at <= system.clock.now() for at in traffic(system).last_at.values())


def test_repeats_and_answer_times_are_counted(system: System) -> None:
    system.inbox.append_all([sent(system, "wamid.1")] * 3)
    system.acks.accepted("", system.clock.now(), 20.0)

    found = traffic(system)

    assert (found.processed, found.duplicates, sum(found.answers.values())) == (3, 2, 1)
    assert sum(found.delays.values()) == 1


def test_what_is_not_understood_is_told_by_its_field(system: System) -> None:
    now = system.clock.now()
    odd = webhook("statuses", {"id": 7}, received_at=now)
    new = webhook("things", {"id": "1"}, field="brand_new", received_at=now)
    system.inbox.append_all([odd, new])

    found = traffic(system)

    assert (found.unparsed, found.unknown) == ({"messages": 1}, {"brand_new": 1})


def test_bodies_that_were_given_up_are_told_with_the_newest_error(system: System) -> None:
    rows = [(1, None, "KeyError"), (2, None, "ValueError"), (3, 2**40, "TypeError")]
    with system.database.writing() as connection:
        for body_id, next_try_at, error in rows:
            values = {"received_at": 1, "code": 0, "tries": 5, "body": b"", "next_try_at": next_try_at}
            connection.execute(insert(schema.parked).values(body_id=body_id, error=error, **values))

    found = look_at_books(url_of(database_of(system)), system.clock.now()).traffic

    assert found is not None
    assert (found.parked, found.retrying, found.parked_error) == (2, 1, "ValueError")


def test_what_waits_in_the_inbox_is_counted(system: System) -> None:
    inbox = system.settings.storage.data_dir / "inbox.db"
    system.inbox.append_all([sent(system, "wamid.1"), Body(BodyKind.WEBHOOK, system.clock.now(), HALF.encode())])

    found = look_at_inbox(inbox, look_at_books(url_of(database_of(system)), 0))

    assert (found.waiting, found.trouble) == (2, "")
    assert found.file is not None
    assert (found.file.damage, found.file.is_whole) == ("", True)


def test_nothing_is_told_of_a_database_that_is_not_there(tmp_path: Path) -> None:
    assert look_at_books(url_of(tmp_path / "none.db"), 0) == BooksState(str(tmp_path / "none.db"), exists=False)


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


def on_postgres(url: str) -> BooksState:
    return look_at_books(url, time.time_ns() // 1_000_000)


def test_a_postgres_server_is_looked_at_before_and_after_it_has_our_tables(postgres: PostgresServer) -> None:
    with postgres.database() as url:
        empty = on_postgres(url)
        database = Database(url)
        with database.writing() as connection:
            schema.metadata.create_all(connection)
            connection.execute(insert(schema.schema_steps).values(number=STEPS[-1].number, name="", applied_at=0))
        database.close()
        found = on_postgres(url)

    assert (empty.exists, empty.trouble, found.exists, found.trouble, found.file) == (False, "", True, "", None)
    assert found.traffic == Traffic()
    assert found.postgres is not None
    assert empty.postgres is not None


def test_a_postgres_server_tells_what_it_is_and_what_it_would_forget(postgres: PostgresServer) -> None:
    with postgres.database() as url:
        found = on_postgres(url).postgres

    assert found is not None
    assert (found.major, found.encoding, found.is_standby) == (18, "UTF8", False)
    assert found.unsafe == ("fsync=off", "full_page_writes=off")
    assert abs(found.ahead_ms) < 60_000


def test_a_postgres_server_that_cannot_be_reached_is_told_without_the_password(tmp_path: Path) -> None:
    found = on_postgres(f"postgresql://somebody:confidential@/books?host={tmp_path}")

    assert found.trouble
    assert found.fix == "See that PostgreSQL runs and can be reached."
    assert "confidential" not in repr(found)
