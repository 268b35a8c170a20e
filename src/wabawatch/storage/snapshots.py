"""The SQLite files of an installation as they stand at one moment, copied while others go on writing.

The digest reads bodies in the inbox and moves its cursor in the books; what it has done is then deleted from the inbox.
So two files that were copied at two moments would not fit together: either bodies are in neither, or their numbers are
given out twice. Here nothing comes into the inbox or leaves it for the millisecond in which the views of both begin.
Together they are what a power cut at that moment would have left, and that is what every start can go on from.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeAlias

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.storage.outages import remedy

PAGES = 1_000
"""So many pages are copied between two words of how far it is"""
PATIENCE_MS = 15_000

Tell: TypeAlias = Callable[[str, int, int], None]
"""Told the name of what is copied, how much of it is, and of how much."""


def copy_files(books: Path, inbox: Path, to_books: Path, to_inbox: Path, tell: Tell) -> None:
    """Copy both files as they stand at one moment to files that are not there yet. Durable on return.

    While it lasts, what is written meanwhile stays in the logs of the files (`-wal`), which grow by so much. Raises
    StoreUnavailable, and OSError when the new files cannot be made.
    """
    with _views(books, inbox) as (books_view, inbox_view):
        _copy(books_view, to_books, tell)
        _copy(inbox_view, to_inbox, tell)


def close_file(path: Path) -> None:
    """Make the SQLite file at *path*, which nobody has open, whole by itself: no log beside it. Durable on return."""
    with _translating(path), closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    sync_file(path)


def must_be_sound(path: Path) -> None:
    """Raise StoreUnavailable when the structure of the SQLite file at *path* is damaged."""
    with _translating(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise StoreUnavailable(f"{path} is damaged: {said}")


def sync_file(path: Path) -> None:
    """Make the content of the file at *path* durable. Raises OSError."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


@contextmanager
def _views(books: Path, inbox: Path) -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    with _opened(inbox) as gate, _opened(inbox) as inbox_view, _opened(books) as books_view:
        with _translating(inbox):
            gate.execute("BEGIN IMMEDIATE")
        for path, view in ((books, books_view), (inbox, inbox_view)):
            with _translating(path):
                view.execute("BEGIN")
                view.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # here it begins
        gate.execute("ROLLBACK")
        yield books_view, inbox_view


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with _translating(path):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
    with closing(connection):
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        yield connection


def _copy(view: sqlite3.Connection, to: Path, tell: Tell) -> None:
    os.close(os.open(to, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    def progress(_status: int, left: int, total: int) -> None:
        tell(to.name, total - left, total)

    with _translating(to), closing(sqlite3.connect(to, isolation_level=None)) as target:
        # The view is held by its transaction: what others write meanwhile does not make SQLite begin anew.
        view.backup(target, pages=PAGES, progress=progress, sleep=0)
    close_file(to)


@contextmanager
def _translating(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{path} cannot be read or written: {error}. {remedy(error)}") from error
