"""Transactions: one place where they begin, end, and where the database's troubles get our names."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.storage.dialect import (
    WRITES,
    begin_to_write,
    connect,
    is_outage,
    reading_options,
    sqlite_file,
    write_nothing,
)
from wabawatch.storage.folders import Place, try_to_write
from wabawatch.storage.outages import remedy

PATIENT_S = 5.0
"""A transaction that waits longer to begin is a trouble."""


class Database:
    """The main database of wabawatch."""

    def __init__(self, url: str) -> None:
        self.engine: Engine
        self.engine, self._writers = connect(url)
        self._reading = reading_options(self.engine)
        self._one_writer = threading.Lock()
        self._path = sqlite_file(url)
        self._place: Place | None = None
        self._waits_since: float | None = None
        self._trouble = ""

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes. Committed and durable when the block ends, undone if it raises.

        Only one writes at a time, of all processes. Writers of this process wait for each other here, in order, instead
        of polling the file's lock. Raises StoreUnavailable when the database does not answer; then nothing was kept.
        """
        with self._one_writer:
            try:
                with self._beginning() as writer:
                    yield writer
            except StoreUnavailable as error:
                self._trouble = str(error)
                raise
            finally:
                self._waits_since = None
            self._trouble = ""

    @contextmanager
    def _beginning(self) -> Iterator[Connection]:
        self._waits_since = time.monotonic()
        with self._translating(), self._writers.connect() as connection:
            writer = connection.execution_options(**{WRITES: True})
            with writer.begin():
                begin_to_write(writer)
                self._waits_since = None
                self._must_be_in_place()
                yield writer

    def _must_be_in_place(self) -> None:
        if self._path is None:
            return
        try:
            self._place = self._place or Place(self._path)
        except OSError as error:
            raise StoreUnavailable(f"the database {self._path} cannot be reached: {error.strerror}") from error
        if trouble := self._place.trouble():
            raise StoreUnavailable(f"the database {trouble}")

    def trouble(self) -> str:
        """Why nothing can be written, in a sentence, as of the last attempt; "" when all is well."""
        since = self._waits_since
        waited_s = 0.0 if since is None else time.monotonic() - since
        if waited_s < PATIENT_S:
            return self._trouble
        return (
            f"a transaction has waited for {waited_s:.0f} s to begin: another process keeps the database locked, or it "
            "does not answer. Wait for that process or end it."
        )

    def look_again(self) -> None:
        """Find out whether a trouble has passed, also while there is nothing to write. Without one it does nothing."""
        if not self._trouble:
            return
        with suppress(StoreUnavailable), self.writing() as connection:
            write_nothing(connection)
            if self._path is not None:
                try:
                    try_to_write(self._path.resolve().parent)
                except OSError as error:
                    why = f"the disk of the database {self._path} takes nothing: {error.strerror}"
                    raise StoreUnavailable(why) from error

    @contextmanager
    def appending(self) -> Iterator[Connection]:
        """A transaction that writes to tables that are apart from the books, and so waits for no writer of those.

        For PostgreSQL only. Committed and durable when the block ends. Raises StoreUnavailable.
        """
        with self._translating(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        """A connection without a transaction: each statement is committed by itself. For what PostgreSQL wants so.

        Raises StoreUnavailable.
        """
        with self._translating(), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the database. Raises StoreUnavailable when it does not answer."""
        with self._translating(), self.engine.connect() as connection:
            reader = connection.execution_options(**self._reading)
            with reader.begin():
                yield reader

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if is_outage(error):
                why = f"the database does not answer: {error.orig}. {remedy(error.orig)}"
                raise StoreUnavailable(why) from error
            raise
        except PoolTimeout as error:
            raise StoreUnavailable("the database does not answer: all connections to it are taken") from error

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        self._writers.dispose()
