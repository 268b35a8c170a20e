"""The one place from which monitoring is run, given back by the operating system when its holder dies.

A lock of a session or of an open file, and no lease in a row: it is free the moment the process is gone, however it
went, and no clock that jumps can give it to two (docs/decisions/0011-one-monitor.md).
"""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from wabawatch.storage.database import Database

_MONITOR_LOCK = 7_726_114
"""The advisory lock of the process that runs monitoring."""


class PostgresSeat:
    """`monitoring_ports.Seat` as an advisory lock in a session of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._session: Connection | None = None
        self._held = ExitStack()
        self._gate = threading.Lock()

    def take(self) -> bool:
        """Raises StoreUnavailable."""
        with self._gate:
            if self._session is not None:
                if _lives(self._session):
                    return True
                self._end()
            return self._try()

    def leave(self) -> None:
        with self._gate:
            self._end()

    def _try(self) -> bool:
        with ExitStack() as stack:
            session = stack.enter_context(self._database.outside())
            if not session.execute(select(func.pg_try_advisory_lock(_MONITOR_LOCK))).scalar():
                return False
            # The lock belongs to the session, so the session is kept for as long as the lock.
            self._session, self._held = session, stack.pop_all()
            return True

    def _end(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.invalidate()  # ends the session, and with it the lock
        self._held.close()


def _lives(session: Connection) -> bool:
    try:
        return session.execute(select(1)).scalar() == 1
    except DBAPIError:
        return False


class FileSeat:
    """`monitoring_ports.Seat` as a lock on a file beside an SQLite database, which has one machine only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: int | None = None
        self._gate = threading.Lock()

    def take(self) -> bool:
        """Raises OSError when the file cannot be made."""
        with self._gate:
            if self._held is not None:
                return True
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            except BaseException:
                os.close(descriptor)
                raise
            self._held = descriptor
            return True

    def leave(self) -> None:
        with self._gate:
            held, self._held = self._held, None
            if held is not None:
                os.close(held)
