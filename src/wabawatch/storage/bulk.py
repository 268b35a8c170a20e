"""The same statement for many rows: compiled once, then handed to the driver as it is.

SQLAlchemy prepares the parameters of each row anew, which costs more than SQLite needs to write or find it. The
statements here run for every message, so they are compiled once per database, and take and give plain tuples.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from math import inf
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Executable, Join, Select, Table, and_, column, join, values

from wabawatch.storage.dialect import MAX_PARAMETERS, chunks, insert, larger, smaller, takes_many_rows

Row = Mapping[str, Any]


class Bulk:
    """One statement, to be executed for many rows at a time. All rows ever given have the same keys."""

    def __init__(self, make: Callable[[Connection], Executable], *names: str) -> None:
        """*make* builds the statement for a database; its parameters are the keys of the rows.

        *names* are the keys of rows that are given as tuples, in their order.
        """
        self._make = make
        self._names = names
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Execute the statement for each of *rows*."""
        if not rows:
            return
        sql, order = self._statement(connection, list(rows[0]))
        if order is None:
            connection.exec_driver_sql(sql, [dict(row) for row in rows])
        else:
            self._execute(connection, sql, [tuple([row[name] for name in order]) for row in rows])

    def tuples(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Execute the statement for each of *rows*, whose values stand in the order of the names."""
        if not rows:
            return
        sql, order = self._statement(connection, list(self._names))
        if order is None:
            connection.exec_driver_sql(sql, [dict(zip(self._names, row, strict=True)) for row in rows])
            return
        if tuple(order) != self._names:
            rows = list(map(itemgetter(*map(self._names.index, order)), rows))
        self._execute(connection, sql, list(rows))

    def _execute(self, connection: Connection, sql: str, rows: list[tuple[Any, ...]]) -> None:
        if takes_many_rows(connection):
            for size in _ROWS:
                many = _with_rows(sql, len(rows[0]), size) if len(rows) >= size else None
                while many and len(rows) >= size:
                    connection.exec_driver_sql(many, tuple(chain.from_iterable(rows[:size])))
                    del rows[:size]
                if not rows:
                    return
        connection.exec_driver_sql(sql, rows)

    def _statement(self, connection: Connection, names: list[str]) -> tuple[str, list[str] | None]:
        known = self._compiled.get(connection.dialect.name)
        if known is not None:
            return known
        compiled: Any = self._make(connection).compile(dialect=connection.dialect, column_keys=names)  # type: ignore[attr-defined]
        made = self._compiled[connection.dialect.name] = (compiled.string, compiled.positiontup)
        return made


_ROWS = (64, 8)
"""So many rows go into one statement: few sizes, so that it is found prepared"""


@cache
def _with_rows(sql: str, width: int, count: int) -> str | None:
    """The INSERT *sql* of one row of *width* values as one of *count* rows; None when it is none."""
    row = f"({', '.join('?' * width)})"
    before, found, after = sql.partition(f"VALUES {row}")
    return f"{before}VALUES {', '.join([row] * count)}{after}" if found else None


class Lookup:
    """One query for rows by many values at a time: compiled once for some lengths of the list of values."""

    def __init__(self, make: Callable[[list[Any]], Select[Any]], most: int = MAX_PARAMETERS) -> None:
        """*make* builds the query for a list of values (tuples of them, for several columns: see `among`); it is asked
        for at most *most* of them at a time. A row may be found more than once."""
        self._make = make
        self._sizes = [size for size in (1, 10, 50, 200) if size < most] + [most]
        self._compiled: dict[tuple[str, int], tuple[str, list[Any], list[str] | None]] = {}

    def __call__(self, connection: Connection, values: Collection[Any]) -> list[tuple[Any, ...]]:
        """The rows for *values*, as the driver gives them: plain tuples."""
        found: list[tuple[Any, ...]] = []
        for some in chunks(values, self._sizes[-1]):
            size = next(size for size in self._sizes if size >= len(some))
            some += some[-1:] * (size - len(some))  # the same value again changes nothing
            found += self._rows(connection, some)
        return found

    def _rows(self, connection: Connection, values: list[Any]) -> list[tuple[Any, ...]]:
        key = (connection.dialect.name, len(values))
        sql, constants, names = self._compiled.get(key) or self._compile(connection, values)
        given = [*(chain.from_iterable(values) if isinstance(values[0], tuple) else values), *constants]
        parameters = tuple(given) if names is None else dict(zip(names, given, strict=True))
        return driver_rows(connection, sql, parameters)

    def _compile(self, connection: Connection, values: list[Any]) -> tuple[str, list[Any], list[str] | None]:
        if isinstance(values[0], tuple):
            width = len(values[0])
            slots: list[Any] = [tuple(_Slot(i * width + j) for j in range(width)) for i in range(len(values))]
        else:
            slots = [_Slot(i) for i in range(len(values))]
        compiled: Any = self._make(slots).compile(
            dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
        )
        # Those that go by name have no order of their own.
        names = compiled.positiontup or sorted(compiled.params, key=lambda name: _place(compiled.params[name]))
        given = [compiled.params[name] for name in names]
        places = [value.place for value in given if isinstance(value, _Slot)]
        if places != list(range(len(places))) or any(isinstance(value, _Slot) for value in given[len(places) :]):
            raise ValueError("the values that are looked up come before every other parameter, in their order")
        made = (compiled.string, given[len(places) :], None if compiled.positiontup else names)
        self._compiled[connection.dialect.name, len(values)] = made
        return made


def among(table: Table, columns: Sequence[str], some: list[Any]) -> Join:
    """The rows of *table* whose *columns* together are one of *some*, to select from.

    A join and not an IN, which SQLite answers for several columns by reading the whole table.
    """
    shape = [column(name, table.c[name].type) for name in columns]
    wanted = values(*shape, name="wanted").data(some).cte("wanted")
    return join(wanted, table, and_(*(table.c[name] == wanted.c[name] for name in columns)))


def driver_rows(connection: Connection, sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of a query, as the driver gives them: plain tuples."""
    result = connection.exec_driver_sql(sql, parameters)
    assert result.cursor is not None  # a query has rows
    rows = list(result.cursor.fetchall())
    result.close()
    return rows


@cache
def row_type(table: Table) -> Any:
    """A named tuple for the rows of *table*; its class is made of the table, so nobody can say its type.

    Made once for each table: that takes a tenth of a millisecond."""
    return namedtuple("Row", table.columns.keys())


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a value goes, while the query is compiled."""

    place: int


def _place(value: object) -> float:
    """Where a parameter stands among the values that are looked up; every other stands behind them."""
    return value.place if isinstance(value, _Slot) else inf


@cache
def _inserting(table: Table) -> Bulk:
    return Bulk(lambda connection: insert(connection, table).on_conflict_do_nothing())


@cache
def adding(table: Table, column: str = "n") -> Bulk:
    """Insert rows of *table*, adding *column* to the rows that exist."""

    def make(connection: Connection) -> Executable:
        new = insert(connection, table)
        added = {column: table.c[column] + new.excluded[column]}
        statement: Executable = new.on_conflict_do_update(index_elements=list(table.primary_key), set_=added)
        return statement

    return Bulk(make, *table.columns.keys())


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


def upserting(table: Table, keys: Sequence[str], latest: Sequence[str], names: Sequence[str] = ()) -> Bulk:
    """Insert rows; of those whose *keys* exist, replace the columns *latest*. *names* are the keys of tuples."""

    def make(connection: Connection) -> Executable:
        new = insert(connection, table)
        replaced = {name: new.excluded[name] for name in latest}
        statement: Executable = new.on_conflict_do_update(index_elements=list(keys), set_=replaced)
        return statement

    return Bulk(make, *names)


def pour(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert *rows*, which have a value for every column of *table*, by the quickest way the database has."""
    names = [column.name for column in table.columns]
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", [tuple(row) for row in rows]
        )
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def insert_missing(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert *rows*, leaving those that exist as they are."""
    _inserting(table)(connection, rows)


def add_to(connection: Connection, table: Table, rows: Sequence[Row], column: str = "n") -> None:
    """Insert *rows*, adding *column* to the rows that exist."""
    adding(table, column)(connection, rows)


def widen(
    connection: Connection, table: Table, rows: Sequence[Row], first: str = "first_at", last: str = "last_at"
) -> None:
    """Insert *rows* with the times *first* and *last*, or stretch the rows that exist to hold both."""
    _widening(table, first, last)(connection, rows)
