"""The few questions on which SQLite and PostgreSQL differ. Every other statement is the same for both."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

WRITES = "wabawatch_writes"
"""Execution option of connections that will write: on SQLite they take the write lock at once, so that no
transaction has to be upgraded half-way (which cannot be waited for, only fails)."""

MAX_PARAMETERS = 500
"""How many values one IN list is given at most."""

SCHEMA_LOCK = 7_726_111
"""The advisory lock that a process holds on PostgreSQL while it changes the schema."""


def connect(url: str) -> Engine:
    """An engine for *url*, set up so that a commit is durable when it returns."""
    if make_url(url).get_backend_name() == "sqlite":
        return _connect_sqlite(url)
    return create_engine(url, pool_pre_ping=True, hide_parameters=True)


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite *url*; None when it is another database, or one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


def _connect_sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 15, "check_same_thread": False}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours: the driver's own would come too late for reads
        _use_wal(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _use_wal(connection: Any, tries: int = 500) -> None:
    """Switch the file to WAL. SQLite does not wait here for another process that is doing the same: we do."""
    while connection.execute("PRAGMA journal_mode").fetchone()[0] not in ("wal", "memory"):
        tries -= 1
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except OperationalError:
            if not tries:
                raise
            time.sleep(0.01)


def insert(connection: Connection, table: Table) -> Any:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return make(table)


def smaller(connection: Connection, a: Any, b: Any) -> Any:
    """The smaller of two columns: SQLite's `min`, PostgreSQL's `least`."""
    return func.min(a, b) if connection.dialect.name == "sqlite" else func.least(a, b)


def larger(connection: Connection, a: Any, b: Any) -> Any:
    """The larger of two columns."""
    return func.max(a, b) if connection.dialect.name == "sqlite" else func.greatest(a, b)


def next_id(connection: Connection, table: Table, column: str = "id") -> int:
    """A number above every id in *table*. Call it inside a writing transaction."""
    newest = connection.execute(select(func.max(table.c[column]))).scalar()
    return int(newest or 0) + 1


def lock_schema(connection: Connection) -> None:
    """Wait until nobody else changes the schema. Held until the transaction, which must be a writing one, ends."""
    if connection.dialect.name != "sqlite":  # on SQLite a writing transaction is alone from its beginning
        connection.execute(select(func.pg_advisory_xact_lock(SCHEMA_LOCK)))


def iso_time(connection: Connection, millis: str) -> str:
    """SQL for the time *millis* (SQL for milliseconds) as `2026-09-21T14:13:20.000Z`; NULL stays NULL."""
    if connection.dialect.name == "sqlite":
        return f"strftime('%Y-%m-%dT%H:%M:%fZ', ({millis}) / 1000.0, 'unixepoch')"
    return f"""to_char(to_timestamp(({millis}) / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


def hex_text(connection: Connection, octets: str) -> str:
    """SQL for the bytes *octets* (SQL) in lower-case hex digits; NULL stays NULL."""
    # SQLite writes NULL as an empty text.
    return f"NULLIF(LOWER(HEX({octets})), '')" if connection.dialect.name == "sqlite" else f"ENCODE({octets}, 'hex')"


def character(connection: Connection, code: str) -> str:
    """SQL for the character with the number *code* (SQL)."""
    return f"CHAR({code})" if connection.dialect.name == "sqlite" else f"CHR(CAST({code} AS INTEGER))"


def chunks(values: Iterable[Any], size: int = MAX_PARAMETERS) -> list[list[Any]]:
    """*values* in lists of at most *size*."""
    everything = list(values)
    return [everything[i : i + size] for i in range(0, len(everything), size)]
