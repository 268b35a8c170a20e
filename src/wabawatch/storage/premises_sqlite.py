"""A look at SQLite itself and at its files: are they whole, and how long is the write-ahead log."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from wabawatch.domain.premises import FileState, Sqlite

CHECK_S = 3.0
"""So long one file is looked at: a large one would take minutes."""

_STEPS = 1_000
"""Steps of SQLite between two looks at the clock: less than a millisecond."""


def look_at_sqlite() -> Sqlite:
    """The SQLite of this Python."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("SELECT sqrt(2)")
        except sqlite3.OperationalError:
            return Sqlite(sqlite3.sqlite_version, has_math=False)
    return Sqlite(sqlite3.sqlite_version, has_math=True)


def look_at_file(path: Path, patience_s: float = CHECK_S) -> FileState:
    """The file at *path*, which is an SQLite database. Nothing is written to it, and nobody has to wait for this."""
    log = path.with_name(f"{path.name}-wal")
    log_bytes = log.stat().st_size if log.exists() else 0
    give_up_at = time.monotonic() + patience_s
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.set_progress_handler(lambda: time.monotonic() > give_up_at, _STEPS)
        try:
            first = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.Error as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return FileState(is_whole=False, log_bytes=log_bytes)
            return FileState(str(error), log_bytes=log_bytes)
    return FileState("" if first == "ok" else " ".join(first.split()), log_bytes=log_bytes)
