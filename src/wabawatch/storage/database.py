"""Transactions: one place where they begin, end, and where the database's troubles get our names."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.storage.dialect import WRITES, begin_to_write, connect, is_outage, reading_options


class Database:
    """The main database of wabawatch."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = connect(url)
        self._reading = reading_options(self.engine)
        self._one_writer = threading.Lock()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes. Committed and durable when the block ends, undone if it raises.

        Only one writes at a time, of all processes. Writers of this process wait for each other here, in order, instead
        of polling the file's lock. Raises StoreUnavailable when the database does not answer; then nothing was kept.
        """
        with self._one_writer, self._translating(), self.engine.connect() as connection:
            writer = connection.execution_options(**{WRITES: True})
            with writer.begin():
                begin_to_write(writer)
                yield writer

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
                raise StoreUnavailable(f"the database does not answer: {error.orig}") from error
            raise
        except PoolTimeout as error:
            raise StoreUnavailable("the database does not answer: all connections to it are taken") from error

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
