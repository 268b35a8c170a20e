"""A whole installation's tables from one database to another, of whichever kind: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, func, select

from wabawatch.domain.errors import BadRequest
from wabawatch.storage.bulk import pour
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import renumber
from wabawatch.storage.schema import metadata, schema_steps

Progress = Callable[[str, int, int], None]
"""Told the table, how many of its rows are copied, and of how many."""

TABLES: Sequence[Table] = [table for table in metadata.sorted_tables if table is not schema_steps]
PAGE = 2_000


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
