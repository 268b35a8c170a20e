"""What to do when a database does not answer, in a sentence for whoever runs wabawatch."""

from __future__ import annotations

import sqlite3

_SQLITE = {
    sqlite3.SQLITE_PERM: "Let the user that runs wabawatch read and write it.",
    sqlite3.SQLITE_BUSY: "Another process keeps it locked: wait for it or end it (`fuser -v` names it).",
    sqlite3.SQLITE_LOCKED: "Another connection keeps it locked: wait for it.",
    sqlite3.SQLITE_NOMEM: "Give the process more memory.",
    sqlite3.SQLITE_READONLY: "Let the user that runs wabawatch write to it, its folder and its disk.",
    sqlite3.SQLITE_IOERR: "Its disk is full or fails: free space, and see the kernel's log.",
    sqlite3.SQLITE_CORRUPT: "It is damaged: stop wabawatch and put back a backup.",
    sqlite3.SQLITE_FULL: "Free space on its disk.",
    sqlite3.SQLITE_CANTOPEN: "Let the user that runs wabawatch open it, and see that its folder is there.",
    sqlite3.SQLITE_NOTADB: "It is damaged: stop wabawatch and put back a backup.",
}
"""By SQLite's primary result code."""

_POSTGRES = {
    "25": "It takes no writes: name the primary in DATABASE_URL.",
    "53": "Give PostgreSQL disk space, memory or connections.",
    "55": "Another session keeps something locked: wait for it or end it.",
    "58": "Its disk fails: see the log of PostgreSQL.",
    "XX": "Its data may be damaged: see the log of PostgreSQL.",
}
"""By the class of the SQLSTATE."""


def remedy(error: BaseException | None) -> str:
    """What mends the driver's *error*."""
    if isinstance(error, sqlite3.Error):
        # Without a code, it was the driver that refused.
        return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "Restart wabawatch.")
    state = getattr(error, "sqlstate", None) or ""
    return _POSTGRES.get(state[:2], "See that PostgreSQL runs and can be reached.")
