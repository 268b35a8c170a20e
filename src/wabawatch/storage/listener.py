"""Hears on PostgreSQL that another process kept something, so that the digest need not look every moment."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import DBAPIError

from wabawatch.storage.database import Database
from wabawatch.storage.inbox_table import BELL

HEARS_FOR_S = 1.0
"""So long one wait for news lasts at most: then it is seen whether to end."""
PAUSE_S = 5.0
"""After the connection was lost; meanwhile the loops look by their own rhythm."""

_log = logging.getLogger(__name__)


class Listener:
    """A thread with a connection of its own that calls *ring* for every notice. It never raises; it connects again."""

    def __init__(self, database: Database, ring: Callable[[], None]) -> None:
        self._database = database
        self._ring = ring
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inbox-listener", daemon=True)

    def start(self) -> None:
        """Begin to listen. For PostgreSQL only."""
        self._thread.start()

    def close(self) -> None:
        """End the thread. Repeatable."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._listen()
            except DBAPIError as error:
                self._say(error.orig)
            except Exception as error:  # the thread's boundary: the driver raises its own, and news can wait
                self._say(error)
            self._ended.wait(PAUSE_S)

    def _listen(self) -> None:
        connection = self._database.engine.raw_connection()
        try:
            driver: Any = connection.driver_connection
            driver.autocommit = True
            driver.execute(f"LISTEN {BELL}")
            self._ring()  # for what came while nobody listened
            while not self._ended.is_set():
                for _ in driver.notifies(timeout=HEARS_FOR_S, stop_after=1):
                    self._ring()
        finally:
            connection.invalidate()  # nobody else should get a connection that listens

    def _say(self, error: object) -> None:
        if not self._ended.is_set():
            what = str(error).strip().partition("\n")[0]
            _log.warning("listener.lost: %s", what, extra={"action": "listener.lost"})
