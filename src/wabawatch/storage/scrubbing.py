"""What was deleted taken out of files too: SQLite leaves it in free space and in its log until that is used again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from wabawatch.domain.errors import StoreUnavailable

_PATIENCE_MS = 15_000


def overwrite_deleted(connection: Connection) -> None:
    """Have zeros written over what is deleted through this connection from now on. PostgreSQL has no such thing."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def scrub(path: Path, *, compact: bool) -> bool:
    """Empty the log of the SQLite file at *path*. *compact*: write the file anew, without anything that is free.

    False: somebody reads or writes just now, so that some of the log stays; it goes when its space is used again.
    Raises StoreUnavailable: nothing was changed.
    """
    try:
        connecting = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
        with closing(connecting) as connection:
            connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            if compact:
                connection.execute("VACUUM")
            is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not is_busy
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{path} cannot be written anew: {error}. Try again in a minute.") from error
