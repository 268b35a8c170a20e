"""Where the books and the inbox of a test are kept: on each database that wabawatch runs on."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.support.blanks import Blanks
from tests.support.postgres import PostgresServer
from wabawatch.ports import BodyId
from wabawatch.storage.database import Database
from wabawatch.storage.inbox import DurableInbox, PostgresInbox, SqliteInbox
from wabawatch.storage.migrations import migrate
from wabawatch.storage.schema_postgres import inbox_blocks
from wabawatch.storage.sealed import Keyring

KINDS = ("memory", "sqlite", "postgres")
ON_EACH = pytest.mark.parametrize("place", KINDS, indirect=True)
LASTING_ON_EACH = pytest.mark.parametrize("lasting_place", KINDS, indirect=True, scope="module")


class Place:
    """SQLite files in a folder. The same name means the same database or inbox, also after it was closed."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._beside: list[Place] = []
        self._given: list[Database] = []

    def beside(self, name: str) -> Place:
        """Another one of the same kind, with nothing in it."""
        self._beside.append(type(self)(self.folder / name))
        return self._beside[-1]

    def database(self, name: str = "main") -> Database:
        """The database of that name: a new one has all tables and views, and no row."""
        self._given.append(Database(self.url(name)))
        return self._given[-1]

    def url(self, name: str = "main") -> str:
        """The DATABASE_URL of that database."""
        path = self.folder / f"{name}.db"
        if not path.exists():
            shutil.copyfile(blank_file(), path)
        return f"sqlite:///{path}"

    def inbox(self, database: Database, keyring: Keyring, *, above: BodyId = 0) -> DurableInbox:
        """The inbox that belongs to *database*."""
        return SqliteInbox(self.folder / "inbox.db", keyring, reserve_bytes=0, above=above)

    def damage_block(self, database: Database, nth: int) -> bytes:
        """Change the last byte of the *nth* block (from 0) of the inbox; gives its bytes."""
        with closing(sqlite3.connect(self.folder / "inbox.db")) as inbox, inbox:
            number, block = inbox.execute(
                "SELECT id, block FROM blocks ORDER BY id LIMIT 1 OFFSET ?", (nth,)
            ).fetchone()
            damaged = _damaged(block)
            inbox.execute("UPDATE blocks SET block = ? WHERE id = ?", (damaged, number))
        return damaged

    def close(self) -> None:
        """Give back what the place holds, and every database that it gave."""
        for place in self._beside:
            place.close()
        for database in self._given:
            database.close()


class MemoryPlace(Place):
    """The database in memory, for as long as the place is open; the inbox in a file, as always on SQLite."""

    kind = "memory"
    _numbers = itertools.count(1)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._held: dict[str, sqlite3.Connection] = {}
        self._number = next(self._numbers)

    def url(self, name: str = "main") -> str:
        uri = f"file:/wabawatch-{self._number}-{name}?vfs=memdb"
        if name not in self._held:
            self._held[name] = sqlite3.connect(uri, uri=True)  # held open: what nobody has open is gone
            with closing(sqlite3.connect(blank_file())) as blank:
                blank.backup(self._held[name])
        return f"sqlite:///{uri}&uri=true"

    def close(self) -> None:
        super().close()
        for connection in self._held.values():
            connection.close()


class PostgresPlace(Place):
    """A database of its own on the test run's PostgreSQL, with the inbox in it."""

    kind = "postgres"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._names: dict[str, str] = {}

    def url(self, name: str = "main") -> str:
        if name not in self._names:
            self._names[name] = _blanks().take()
        return the_postgres().url(self._names[name])

    def inbox(self, database: Database, keyring: Keyring, *, above: BodyId = 0) -> DurableInbox:
        return PostgresInbox(database, keyring, above=above)

    def damage_block(self, database: Database, nth: int) -> bytes:
        with database.appending() as connection:
            nth_block = select(*inbox_blocks.c["id", "block"]).order_by(inbox_blocks.c.id).offset(nth).limit(1)
            found = connection.execute(nth_block).one()
            damaged = _damaged(found.block)
            connection.execute(update(inbox_blocks).where(inbox_blocks.c.id == found.id).values(block=damaged))
        return damaged

    def close(self) -> None:
        super().close()
        while self._names:
            _blanks().give_back(self._names.popitem()[1])


def _damaged(block: bytes) -> bytes:
    return block[:-1] + bytes([block[-1] ^ 1])


def place_of(kind: str, folder: Path) -> Place:
    """A place of one of `KINDS`."""
    return {"memory": MemoryPlace, "sqlite": Place, "postgres": PostgresPlace}[kind](folder)


@cache
def the_postgres() -> PostgresServer:
    """The PostgreSQL of this test process, started when it is first asked for; tests/conftest.py stops it."""
    return PostgresServer()


def stop_postgres() -> None:
    """Stop the PostgreSQL of this test process, if it was ever started."""
    if the_postgres.cache_info().currsize:
        the_postgres().close()
        the_postgres.cache_clear()
        _blanks.cache_clear()


@cache
def _blanks() -> Blanks:
    return Blanks(the_postgres())


@cache
def blank_file() -> Path:
    """An SQLite database with all tables and no row, to be copied; tests/conftest.py deletes it."""
    folder = Path(tempfile.mkdtemp(prefix="wabawatch-blank-"))
    database = Database(f"sqlite:///{folder / 'blank.db'}")
    migrate(database, 0)
    database.close()
    with closing(sqlite3.connect(folder / "blank.db")) as blank:
        blank.execute("PRAGMA journal_mode=DELETE")  # in memory there is no log: a copy there could not be opened
    return folder / "blank.db"


def furnish(folder: Path) -> Path:
    """Put a database without a row where an installation in *folder* keeps it: quicker than to have it made."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(blank_file(), folder / "wabawatch.db")
    return folder


def delete_blank_file() -> None:
    """Delete it, if it was ever made. Not by `atexit`: pytest-xdist ends its workers without it."""
    if blank_file.cache_info().currsize:
        shutil.rmtree(blank_file().parent, ignore_errors=True)
        blank_file.cache_clear()
