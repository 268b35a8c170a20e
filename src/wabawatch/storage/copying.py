"""A whole installation's tables from one database to another, of whichever kind: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, select, text

from wabawatch.domain.errors import BadRequest
from wabawatch.storage.bulk import pour
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import renumber
from wabawatch.storage.inbox_file import COLUMNS, InboxFile
from wabawatch.storage.schema import metadata, schema_steps
from wabawatch.storage.schema_postgres import inbox_blocks, inbox_head
from wabawatch.storage.schema_postgres import metadata as postgres_metadata

Progress = Callable[[str, int, int], None]
"""Told the table, how many of its rows are copied, and of how many."""

TABLES: Sequence[Table] = [table for table in metadata.sorted_tables if table is not schema_steps]
PAGE = 2_000
BLOCKS = 16


@dataclass(frozen=True, slots=True)
class Copied:
    """One table after the copy."""

    table: str
    rows: int
    """In the database that was copied"""
    copied: int
    """In the new one, counted there"""


def copy_tables(source: Database, target: Database, progress: Progress) -> list[Copied]:
    """Copy every row into *target*, which must hold none, in one transaction, and count both sides.

    Of *source* one moment is copied, also while others write to it. Raises BadRequest when *target* holds anything,
    StoreUnavailable; then *target* is as it was.
    """
    with source.reading() as reading, target.writing() as writing:
        _must_be_empty(writing)
        counted = {str(table.name): _copy(reading, writing, table, progress) for table in TABLES}
        copied = {str(table.name): _count(writing, table) for table in TABLES}
    return [Copied(name, n, copied[name]) for name, n in counted.items()]


def copy_to_files(source: Database, books: Database, inbox: Path, progress: Progress) -> None:
    """Copy every row of a PostgreSQL database, as of one moment, to an SQLite database and a file for the inbox, both
    new. Others go on writing. Raises StoreUnavailable."""
    with source.reading() as reading, books.writing() as writing:
        # Also those of all partitions: one that was dropped meanwhile would take its rows out of this moment, too.
        reading.execute(text(f"LOCK TABLE {', '.join(_names_of_all())} IN ACCESS SHARE MODE"))
        for table in TABLES:
            _copy(reading, writing, table, progress)
        _copy_inbox(reading, inbox, progress)


def _names_of_all() -> list[str]:
    return [str(table.name) for table in (*TABLES, *postgres_metadata.sorted_tables)]


def _copy_inbox(reading: Connection, path: Path, progress: Progress) -> None:
    total, newest = _count(reading, inbox_blocks), int(reading.execute(select(inbox_head.c.newest)).scalar_one())
    file = InboxFile(path, busy_timeout_ms=0, create=True)
    try:
        query = select(*inbox_blocks.c[COLUMNS]).order_by(inbox_blocks.c.id)
        rows = reading.execution_options(yield_per=BLOCKS).execute(query)
        file.take_over(_told(rows, total, progress), newest)
    finally:
        file.close()


def _told(rows: Iterable[Any], total: int, progress: Progress) -> Iterator[Any]:
    for done, row in enumerate(rows, 1):
        yield row
        progress("inbox", done, total)


def must_be_empty(target: Database) -> None:
    """Raise BadRequest when *target* holds anything."""
    with target.reading() as connection:
        _must_be_empty(connection)


def _must_be_empty(connection: Connection) -> None:
    if full := [table.name for table in TABLES if _any(connection, table)]:
        raise BadRequest(
            f"the new database is not empty: there are rows in {', '.join(full[:5])}; "
            "name one that wabawatch has not used yet, or empty that one first"
        )


def _copy(reading: Connection, writing: Connection, table: Table, progress: Progress) -> int:
    total, done = _count(reading, table), 0
    progress(table.name, 0, total)
    rows = _rows(reading, table)
    while page := list(islice(rows, PAGE)):
        pour(writing, table, page)
        done += len(page)
        progress(table.name, done, total)
    renumber(writing, table)
    return total


def _rows(connection: Connection, table: Table) -> Iterator[Any]:
    streamed = connection.execution_options(yield_per=PAGE)
    yield from streamed.execute(select(table).order_by(*table.primary_key))


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _any(connection: Connection, table: Table) -> bool:
    return connection.execute(select(*table.primary_key).limit(1)).first() is not None
