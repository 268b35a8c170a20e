"""A look at what lies on disk that changes nothing: no file is made, and no table brought up to date."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DatabaseError

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.facts import Millis
from wabawatch.domain.premises import BooksState, FileState, Folder, InboxState, KeyFile
from wabawatch.ports import DIGESTED
from wabawatch.storage.database import Database
from wabawatch.storage.inbox_file import BLOCK_BODIES, InboxFile
from wabawatch.storage.migrations import schema_place
from wabawatch.storage.premises_sqlite import look_at_file
from wabawatch.storage.premises_traffic import read_traffic
from wabawatch.storage.schema import cycles, marks, raw_blocks
from wabawatch.storage.sealed import Keyring

PATIENCE_MS = 2_000
"""How long another process may hold a file locked before that is a trouble."""

MOUNTS = Path("/proc/self/mountinfo")

_HEAD = 16
"""So many bytes of something sealed tell its key."""

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


def look_at_keys(path: Path, database: Path, inbox: Path) -> KeyFile:
    """The key file at *path*, and whether it has the keys of what lies sealed in the files *database* and *inbox*."""
    if not _is_there(path):
        return KeyFile(str(path), exists=False)
    mode = path.stat().st_mode & 0o777
    try:
        ring = Keyring.from_json(path.read_text(encoding="ascii"))
    except OSError as error:
        return KeyFile(str(path), True, mode, f"it cannot be read: {error.strerror}")
    except (ValueError, TypeError) as error:
        return KeyFile(str(path), True, mode, f"it is damaged: {error}")
    kept = {database: _newest_in_books(database), inbox: _newest_in_inbox(inbox)}
    foreign = [place.name for place, sealed in kept.items() if sealed and not ring.has_key_of(sealed)]
    return KeyFile(str(path), True, mode, foreign=tuple(foreign))


def _newest_in_books(path: Path) -> bytes:
    """The first bytes of the newest raw bodies; nothing when there are none, or no telling."""
    if not _is_there(path) or _no_database(path):
        return b""
    database = Database(f"sqlite:///{path}")
    newest = select(func.substr(raw_blocks.c.block, 1, _HEAD)).where(raw_blocks.c.n > 0)
    try:
        with database.reading() as connection:
            return bytes(connection.execute(newest.order_by(raw_blocks.c.first_id.desc()).limit(1)).scalar() or b"")
    except (StoreUnavailable, DatabaseError):  # the check of the database tells
        return b""
    finally:
        database.close()


def _newest_in_inbox(path: Path) -> bytes:
    if not _is_there(path) or _no_database(path):
        return b""
    try:
        file = InboxFile(path, busy_timeout_ms=PATIENCE_MS)
    except StoreUnavailable:
        return b""
    try:
        return (file.block(file.newest() // BLOCK_BODIES) or b"")[:_HEAD]
    except StoreUnavailable:  # the check of the inbox tells
        return b""
    finally:
        file.close()


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
        file = look_at_file(path)
        if at != needed:
            return BooksState(str(path), True, schema=at, schema_needed=needed, file=file)
        with database.reading() as connection:
            return _read(connection, str(path), needed, file, now)
    except StoreUnavailable as error:
        return BooksState(str(path), True, str(error))
    except DatabaseError as error:  # such as a damaged file
        return BooksState(str(path), True, f"the database is damaged: {error.orig}")
    finally:
        database.close()


def _read(connection: Connection, place: str, schema: int, file: FileState, now: Millis) -> BooksState:
    return BooksState(
        place,
        exists=True,
        schema=schema,
        schema_needed=schema,
        marks={row.name: row.value for row in connection.execute(select(marks))},
        last_cycle_at=connection.execute(select(func.max(cycles.c.at))).scalar(),
        file=file,
        traffic=read_traffic(connection, now),
    )


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
        waiting, oldest_at = file.waiting(digested), file.oldest_waiting_at(digested)
        return InboxState(str(path), True, "", waiting, oldest_at, look_at_file(path))
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
