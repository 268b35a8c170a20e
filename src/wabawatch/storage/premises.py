"""A look at what lies on disk that changes nothing: no file is made, and no table brought up to date."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DatabaseError

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.premises import BooksState, Folder, InboxState, KeyFile
from wabawatch.domain.rollups import Tier
from wabawatch.domain.standing import DAY_MS
from wabawatch.ports import DIGESTED
from wabawatch.storage.counts import HISTOGRAM_KINDS
from wabawatch.storage.database import Database
from wabawatch.storage.inbox_file import InboxFile
from wabawatch.storage.migrations import schema_place
from wabawatch.storage.schema import cycles, histograms, marks
from wabawatch.storage.sealed import Keyring

PATIENCE_MS = 2_000
"""How long another process may hold a file locked before that is a trouble."""

_MAGIC = b"SQLite format 3\0"


def look_at_folder(path: Path) -> Folder:
    """The folder *path*."""
    there = next(each for each in (path, *path.absolute().parents) if _is_there(each))
    disk = os.statvfs(there)
    is_writable = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    return Folder(str(path), _is_there(path), is_writable, disk.f_bavail * disk.f_frsize)


def look_at_keys(path: Path) -> KeyFile:
    """The key file at *path*."""
    if not _is_there(path):
        return KeyFile(str(path), exists=False)
    mode = path.stat().st_mode & 0o777
    try:
        Keyring.from_json(path.read_text(encoding="ascii"))
    except OSError as error:
        return KeyFile(str(path), True, mode, f"it cannot be read: {error.strerror}")
    except (ValueError, TypeError) as error:
        return KeyFile(str(path), True, mode, f"it is damaged: {error}")
    return KeyFile(str(path), True, mode)


def look_at_books(path: Path, now: Millis) -> BooksState:
    """The main database in the SQLite file at *path*."""
    if not _is_there(path) or not path.stat().st_size:
        return BooksState(str(path), exists=False)
    if trouble := _no_database(path):
        return BooksState(str(path), exists=True, trouble=trouble)
    database = Database(f"sqlite:///{path}")
    try:
        with database.writing():
            pass  # whether it can be written to
        at, needed = schema_place(database)
        if at != needed:
            return BooksState(str(path), True, schema=at, schema_needed=needed)
        with database.reading() as connection:
            return _read(connection, str(path), needed, now)
    except StoreUnavailable as error:
        return BooksState(str(path), True, str(error))
    except DatabaseError as error:  # such as a damaged file
        return BooksState(str(path), True, f"the database is damaged: {error.orig}")
    finally:
        database.close()


def _read(connection: Connection, place: str, schema: int, now: Millis) -> BooksState:
    return BooksState(
        place,
        exists=True,
        schema=schema,
        schema_needed=schema,
        marks={row.name: row.value for row in connection.execute(select(marks))},
        last_cycle_at=connection.execute(select(func.max(cycles.c.at))).scalar(),
        delays=_delays(connection, now),
    )


def _delays(connection: Connection, now: Millis) -> Histogram:
    query = (
        select(histograms.c.slot, func.sum(histograms.c.n))
        .where(histograms.c.kind == HISTOGRAM_KINDS.index("meta_delay"), histograms.c.tier == int(Tier.DAY))
        .where(histograms.c.bucket >= now // DAY_MS - 1, histograms.c.number_id == 0)
        .group_by(histograms.c.slot)
    )
    return {slot: int(n) for slot, n in connection.execute(query)}


def look_at_inbox(path: Path, books: BooksState) -> InboxState:
    """The inbox in the file at *path*, and what *books* have not digested of it."""
    if not _is_there(path) or not path.stat().st_size:
        return InboxState(str(path), exists=False)
    if trouble := _no_database(path):
        return InboxState(str(path), exists=True, trouble=trouble)
    digested = books.marks.get(DIGESTED, 0)
    try:
        file = InboxFile(path, busy_timeout_ms=PATIENCE_MS)
    except StoreUnavailable as error:
        return InboxState(str(path), True, str(error))
    try:
        file.keep([])  # nothing, durably: whether it can be written to
        return InboxState(str(path), True, "", file.waiting(digested), file.oldest_waiting_at(digested))
    except StoreUnavailable as error:
        return InboxState(str(path), True, str(error))
    finally:
        file.close()


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # it lies where we may not look
        return False


def _no_database(path: Path) -> str:
    """Why the file at *path* is no SQLite database that can be written to; "" when it is one."""
    try:
        with path.open("r+b") as file:
            return "" if file.read(len(_MAGIC)) == _MAGIC else "it is not an SQLite file"
    except OSError as error:
        return f"it cannot be opened for writing: {error.strerror}"
