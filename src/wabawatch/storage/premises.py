"""A look at what lies on disk that changes nothing: no file is made, and no table brought up to date."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DatabaseError

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.meta_look import MetaLook
from wabawatch.domain.premises import BooksState, Folder, InboxState, KeyFile
from wabawatch.ports import DIGESTED
from wabawatch.storage.blocks import BLOCK_BODIES
from wabawatch.storage.checks import open_incidents
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import sqlite_file
from wabawatch.storage.forward_desk import read_targets
from wabawatch.storage.inbox_file import InboxFile
from wabawatch.storage.migrations import schema_place
from wabawatch.storage.outages import remedy
from wabawatch.storage.platform import read_polls, read_states, read_usages, wabas_seen
from wabawatch.storage.premises_postgres import HEAD, look_at_postgres
from wabawatch.storage.premises_sqlite import look_at_file
from wabawatch.storage.premises_traffic import read_traffic
from wabawatch.storage.raw_bodies import newest_head
from wabawatch.storage.reconciliation import read_days
from wabawatch.storage.schema import cycles, marks
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.tokens import count_live

PATIENCE_MS = 2_000
"""How long another process may hold a file locked before that is a trouble."""

MOST_DAYS = 1_000
"""So many days of accounts and numbers are looked at, the newest."""

MOUNTS = Path("/proc/self/mountinfo")

_LET_WRITE = "Let the user that runs wabawatch read and write it and its folder, or run this as that user."

_MAGIC = b"SQLite format 3\0"


def look_at_folder(path: Path, mounts: Path = MOUNTS) -> Folder:
    """The folder *path*; *mounts* tells what is mounted where, as Linux does."""
    there = next(each for each in (path, *path.absolute().parents) if _is_there(each))
    disk = os.statvfs(there)
    is_writable = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    free = disk.f_bavail * disk.f_frsize
    return Folder(str(path), _is_there(path), is_writable, free, _file_system(there, mounts), _open_files(path))


def _file_system(path: Path, mounts: Path) -> str:
    """The kind of file system that *path* lies on; "" where that is not told."""
    try:
        lines = [line.split() for line in mounts.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return ""
    # ID PARENT DEVICE ROOT MOUNT-POINT OPTIONS ... - KIND SOURCE ...; a later line hides an earlier one.
    kinds = {words[4]: words[words.index("-") + 1] for words in lines if "-" in words[6:-2]}
    above = [str(each) for each in (path.resolve(), *path.resolve().parents)]
    return next((kinds[each] for each in above if each in kinds), "")


def _open_files(folder: Path) -> tuple[str, ...]:
    """The databases in *folder* that other users may read; none when other users may not look into it."""
    try:
        if not folder.is_dir() or not folder.stat().st_mode & 0o011:
            return ()
        files = sorted(each for each in folder.iterdir() if each.suffix == ".db")
        return tuple(each.name for each in files if each.stat().st_mode & 0o044)
    except OSError:
        return ()


GIVEN = "WABAWATCH_KEYS"


def look_at_keys(path: Path, sealed: Mapping[str, bytes]) -> KeyFile:
    """The key file at *path*, and whether it has the keys of what lies *sealed*: first bytes, by where they lie."""
    try:
        mode = path.stat().st_mode & 0o777
    except (FileNotFoundError, NotADirectoryError):
        return KeyFile(str(path), exists=False)
    except OSError as error:
        return KeyFile(str(path), True, trouble=f"it cannot be looked at: {error.strerror}")
    try:
        ring = Keyring.from_json(path.read_text(encoding="ascii"))
    except OSError as error:
        return KeyFile(str(path), True, mode, f"it cannot be read: {error.strerror}")
    except (ValueError, TypeError) as error:
        return KeyFile(str(path), True, mode, f"it is damaged: {error}")
    foreign = [place for place, head in sealed.items() if head and not ring.has_key_of(head)]
    return KeyFile(str(path), True, mode, foreign=tuple(foreign))


def look_at_given_keys(text: str, sealed: Mapping[str, bytes]) -> KeyFile:
    """As `look_at_keys`, of keys that the settings give, and no file holds."""
    try:
        ring = Keyring.from_json(text)
    except (ValueError, TypeError):
        return KeyFile(GIVEN, True, trouble="it does not hold what a key file holds")
    foreign = [place for place, head in sealed.items() if head and not ring.has_key_of(head)]
    return KeyFile(GIVEN, True, 0o600, foreign=tuple(foreign))


def newest_sealed(database: Path, inbox: Path) -> dict[str, bytes]:
    """The first bytes of the newest sealed data in each file; nothing where there is none, or no telling."""
    return {database.name: _newest_in_books(database), inbox.name: _newest_in_inbox(inbox)}


def _newest_in_books(path: Path) -> bytes:
    if _is_missing(path) or _no_database(path):
        return b""
    database = Database(f"sqlite:///{path}")
    try:
        with database.reading() as connection:
            return newest_head(connection, HEAD)
    except (StoreUnavailable, DatabaseError):  # the check of the database tells
        return b""
    finally:
        database.close()


def _newest_in_inbox(path: Path) -> bytes:
    if _is_missing(path) or _no_database(path):
        return b""
    try:
        file = InboxFile(path, busy_timeout_ms=PATIENCE_MS)
    except StoreUnavailable:
        return b""
    try:
        return (file.block(file.newest() // BLOCK_BODIES) or b"")[:HEAD]
    except StoreUnavailable:  # the check of the inbox tells
        return b""
    finally:
        file.close()


def look_at_books(url: str, now: Millis) -> BooksState:
    """The main database at *url*: an SQLite file, or on a PostgreSQL server."""
    path = sqlite_file(url)
    if path is not None and _is_missing(path):
        return BooksState(str(path), exists=False)
    if path is not None and (told := _no_database(path)):
        return BooksState(str(path), True, told.trouble, told.fix)
    database = Database(url)
    place = str(path) if path else database.engine.url.render_as_string(hide_password=True)
    try:
        with database.writing():
            pass  # whether it can be written to
        at, needed = schema_place(database)
        file = look_at_file(path) if path else None
        with database.reading() as connection:
            server = None if path else look_at_postgres(connection, now)
            if at is None and path is None:
                return BooksState(place, exists=False, postgres=server)
            if at != needed:
                return BooksState(place, True, schema=at, schema_needed=needed, file=file, postgres=server)
            return _read(
                connection, BooksState(place, True, schema=at, schema_needed=at, file=file, postgres=server), now
            )
    except (StoreUnavailable, DatabaseError) as error:
        told = _told(error)
        return BooksState(place, True, told.trouble, told.fix)
    finally:
        database.close()


def _read(connection: Connection, known: BooksState, now: Millis) -> BooksState:
    return replace(
        known,
        marks={row.name: row.value for row in connection.execute(select(marks))},
        last_cycle_at=connection.execute(select(func.max(cycles.c.at))).scalar(),
        traffic=read_traffic(connection, now),
        meta=MetaLook(read_states(connection), tuple(read_polls(connection)), tuple(read_usages(connection))),
        wabas=wabas_seen(connection, now - 30 * DAY_MS),
        tokens=count_live(connection, now),
        targets=read_targets(connection),
        incidents=tuple(open_incidents(connection).values()),
        counted=tuple(read_days(connection, now // DAY_MS - 7, MOST_DAYS)),
    )


def look_at_inbox(path: Path, books: BooksState) -> InboxState:
    """The inbox in the file at *path*, and what *books* have not digested of it."""
    if _is_missing(path):
        return InboxState(str(path), exists=False)
    if told := _no_database(path):
        return InboxState(str(path), True, told.trouble, told.fix)
    digested = books.marks.get(DIGESTED, 0)
    try:
        file = InboxFile(path, busy_timeout_ms=PATIENCE_MS)
    except StoreUnavailable as error:
        told = _told(error)
        return InboxState(str(path), True, told.trouble, told.fix)
    try:
        file.keep([])  # nothing, durably: whether it can be written to
        waiting, oldest_at = file.waiting(digested), file.oldest_waiting_at(digested)
        return InboxState(str(path), True, waiting=waiting, oldest_waiting_at=oldest_at, file=look_at_file(path))
    except StoreUnavailable as error:
        told = _told(error)
        return InboxState(str(path), True, told.trouble, told.fix)
    finally:
        file.close()


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # it lies where we may not look
        return False


def _is_missing(path: Path) -> bool:
    """Whether there is no file at *path*, or an empty one; one that we may not look at is there."""
    try:
        return not path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


class _Told(NamedTuple):
    trouble: str
    fix: str


def _no_database(path: Path) -> _Told | None:
    """Why the file at *path* is no SQLite database that can be written to; None when it is one."""
    try:
        with path.open("r+b") as file:
            is_one = file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        return _Told(f"it cannot be opened for writing: {error.strerror}", _LET_WRITE)
    return None if is_one else _Told("it is not an SQLite file", "Stop wabawatch and put back a backup.")


def _told(error: Exception) -> _Told:
    """What is wrong, in the words of SQLite itself, and what mends it."""
    cause: object = error
    while isinstance(cause, StoreUnavailable | DatabaseError):
        cause = cause.orig if isinstance(cause, DatabaseError) else cause.__cause__
    if isinstance(cause, OSError) or not isinstance(cause, Exception):
        return _Told(str(error), _LET_WRITE)
    return _Told(" ".join(str(cause).split()), remedy(cause))
