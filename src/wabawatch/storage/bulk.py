"""The same statement for many rows: compiled once, then handed to the driver as it is.

SQLAlchemy prepares the parameters of each row anew, which costs more than SQLite needs to write it. The statements here
run for every message, so they are compiled once per database and given plain rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Table

from wabawatch.storage.dialect import insert, larger, smaller

Row = Mapping[str, Any]


class Bulk:
    """One statement, to be executed for many rows at a time. All rows ever given have the same keys."""

    def __init__(self, make: Callable[[Connection], Executable]) -> None:
        """*make* builds the statement for a database; its parameters are the keys of the rows."""
        self._make = make
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Execute the statement for each of *rows*."""
        if not rows:
            return
        sql, order = self._compiled.get(connection.dialect.name) or self._compile(connection, rows[0])
        if order is None:
            connection.exec_driver_sql(sql, [dict(row) for row in rows])
        else:
            connection.exec_driver_sql(sql, [tuple([row[name] for name in order]) for row in rows])

    def _compile(self, connection: Connection, row: Row) -> tuple[str, list[str] | None]:
        compiled: Any = self._make(connection).compile(dialect=connection.dialect, column_keys=list(row))  # type: ignore[attr-defined]
        made = self._compiled[connection.dialect.name] = (compiled.string, compiled.positiontup)
        return made


@cache
def _inserting(table: Table) -> Bulk:
    return Bulk(lambda connection: insert(connection, table).on_conflict_do_nothing())


@cache
def _adding(table: Table, column: str) -> Bulk:
    def make(connection: Connection) -> Executable:
        new = insert(connection, table)
        added = {column: table.c[column] + new.excluded[column]}
        statement: Executable = new.on_conflict_do_update(index_elements=list(table.primary_key), set_=added)
        return statement

    return Bulk(make)


@cache
def _widening(table: Table, first: str, last: str) -> Bulk:
    def make(connection: Connection) -> Executable:
        new = insert(connection, table)
        stretched = {
            first: smaller(connection, table.c[first], new.excluded[first]),
            last: larger(connection, table.c[last], new.excluded[last]),
        }
        statement: Executable = new.on_conflict_do_update(index_elements=list(table.primary_key), set_=stretched)
        return statement

    return Bulk(make)


def upserting(table: Table, keys: Sequence[str], latest: Sequence[str]) -> Bulk:
    """Insert rows; of those whose *keys* exist, replace the columns *latest*."""

    def make(connection: Connection) -> Executable:
        new = insert(connection, table)
        replaced = {name: new.excluded[name] for name in latest}
        statement: Executable = new.on_conflict_do_update(index_elements=list(keys), set_=replaced)
        return statement

    return Bulk(make)


def insert_missing(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert *rows*, leaving those that exist as they are."""
    _inserting(table)(connection, rows)


def add_to(connection: Connection, table: Table, rows: Sequence[Row], column: str = "n") -> None:
    """Insert *rows*, adding *column* to the rows that exist."""
    _adding(table, column)(connection, rows)


def widen(
    connection: Connection, table: Table, rows: Sequence[Row], first: str = "first_at", last: str = "last_at"
) -> None:
    """Insert *rows* with the times *first* and *last*, or stretch the rows that exist to hold both."""
    _widening(table, first, last)(connection, rows)
