"""The few questions on which SQLite and PostgreSQL differ. Every other statement is the same for both."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    LargeBinary,
    Table,
    create_engine,
    event,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from wabawatch.domain.errors import BadRequest
from wabawatch.meta.wamid import TAIL

WRITES = "wabawatch_writes"
"""Execution option of connections that will write: on SQLite they take the write lock at once, so that no
transaction has to be upgraded half-way (which cannot be waited for, only fails)."""

MAX_PARAMETERS = 500
"""How many values one IN list is given at most."""

WRITER_LOCK = 7_726_112
"""The advisory lock that whoever writes holds on PostgreSQL until its transaction ends."""

PATIENCE_S = 15
"""So long a transaction waits for a lock, and a thread for a connection, before the database counts as unavailable."""

_SESSION = {
    "synchronous_commit": "on",  # a commit is durable when it returns, whatever the server's default
    "lock_timeout": f"{PATIENCE_S}s",
    "idle_in_transaction_session_timeout": "60s",  # so that nobody who hangs keeps the writers' lock
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",  # nor a machine that is gone
    "timezone": "UTC",
    "jit": "off",  # our statements are many and short
}
_CLIENT = {
    "application_name": "wabawatch",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": PATIENCE_S * 1000,
}

_SQLITE_OUTAGES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,  # a backup mends it; what comes meanwhile must not be given up
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
_POSTGRES_OUTAGES = ("08", "25006", "40", "53", "55P03", "57", "58", "XX001", "XX002")
"""Beginnings of SQLSTATEs: connection, read only, lost race, resources (disk, memory, connections), lock wait,
operator intervention, system error, damaged data."""


def connect(url: str) -> tuple[Engine, Engine]:
    """Two engines for *url*, for those who read and for the one who writes, set up so that a commit is durable when it
    returns. They may be the same. Connects to nothing yet.

    Raises BadRequest when the driver for that database is not installed.
    """
    if is_sqlite(url):
        return _connect_sqlite(url)
    engine = _connect_postgres(make_url(url))
    return engine, engine


def is_sqlite(url: str) -> bool:
    """Whether *url* names an SQLite database."""
    # Not parsed: a short form such as postgres:// is the name of no driver.
    return url.startswith("sqlite")


def is_outage(error: DBAPIError) -> bool:
    """Whether *error* is the world's fault: it may pass by itself, and the same statement may then succeed."""
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        return (getattr(error.orig, "sqlite_errorcode", 0) & 0xFF) in _SQLITE_OUTAGES
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # the server was not reached, or the connection broke
        return isinstance(error, OperationalError | InterfaceError)
    return str(state).startswith(_POSTGRES_OUTAGES)


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite *url*; None when it is another database, or one in memory."""
    parsed = make_url(url) if is_sqlite(url) else None
    if parsed is None or not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        return None
    return Path(parsed.database)


def _connect_postgres(url: URL) -> Engine:
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={name: value for name, value in _CLIENT.items() if name not in url.query},
            pool_pre_ping=True,
            pool_timeout=PATIENCE_S,
            max_overflow=15,
            hide_parameters=True,
        )
    except ImportError as error:
        raise BadRequest(
            "DATABASE_URL names PostgreSQL, and its driver is not installed: pip install 'wabawatch[postgres]'"
        ) from error
    session = "; ".join(f"SET {name} = '{value}'" for name, value in _SESSION.items())

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.execute(session)
        connection.commit()

    return engine


def begin_to_write(connection: Connection) -> None:
    """Wait until nobody else writes: as on SQLite, where a writing transaction is alone from its beginning.

    What changes messages and figures is correct because it is alone; see docs/decisions/0006.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.pg_advisory_xact_lock(WRITER_LOCK)))


def write_nothing(connection: Connection) -> None:
    """Change nothing, in a way that has the transaction written to disk all the same."""
    if connection.dialect.name == "sqlite":
        version = connection.exec_driver_sql("PRAGMA user_version").scalar()
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")
    else:
        connection.execute(select(func.txid_current()))


def reading_options(engine: Engine) -> dict[str, Any]:
    """Execution options of connections that read: every statement of a transaction sees the same."""
    if engine.dialect.name == "sqlite":
        return {}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _connect_sqlite(url: str) -> tuple[Engine, Engine]:
    file = _SqliteFile(sqlite_file(url))
    readers = _sqlite_engine(url, file)
    # One connection writes, and no other: its pages stay in memory from one transaction to the next. Any commit of
    # another would have it read them again.
    return readers, readers if file.path is None else _sqlite_engine(url, file, _WRITER, pool_size=1, max_overflow=0)


@dataclass(slots=True)
class _SqliteFile:
    path: Path | None
    is_made: bool = False


_ALL = ("synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864")
_WRITER = ("cache_size=-8192", "wal_autocheckpoint=4000")
"""8 MB of pages in memory, or a batch of webhooks would have to write some before its end; and 16 MB in the log, or the
pages that every batch touches would be copied back again and again."""


def _sqlite_engine(url: str, file: _SqliteFile, pragmas: tuple[str, ...] = (), **pool: Any) -> Engine:
    arguments = {"timeout": 15, "check_same_thread": False}
    # The last one given back is the next one taken: those that few moments need keep no pages in memory.
    pool |= {} if file.path is None else {"pool_use_lifo": True}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True, **pool)

    @event.listens_for(engine, "do_connect")
    def _open(_dialect: Any, _record: Any, arguments: Any, options: Any) -> None:
        # The first may make the file. Were it moved away later, another would take its name, and its way back.
        if file.path is not None and file.is_made:
            arguments[0], options["uri"] = f"{file.path.absolute().as_uri()}?mode=rw", True
        file.is_made = True

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours: the driver's own would come too late for reads
        _use_wal(connection)
        for pragma in (*_ALL, *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES, False):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif (driver := connection.connection.driver_connection) is not None:
            # Past SQLAlchemy, which takes as long for it as for a small query: it touches no file, so it cannot fail.
            driver.execute("BEGIN")

    return engine


def _use_wal(connection: Any, tries: int = 500) -> None:
    """Switch the file to WAL. SQLite does not wait here for another process that is doing the same: we do."""
    while connection.execute("PRAGMA journal_mode").fetchone()[0] not in ("wal", "memory"):
        tries -= 1
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if not tries:
                raise
            time.sleep(0.01)


def insert(connection: Connection, table: Table) -> Any:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return make(table)


def is_inserted(connection: Connection, statement: Any) -> bool:
    """Execute *statement*, the INSERT of one row that does nothing on conflict. Gives whether the row is new."""
    # Otherwise the driver for PostgreSQL forgets how many rows an INSERT had.
    return bool(connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1)


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


def renumber(connection: Connection, table: Table) -> None:
    """Let new rows of *table*, into which rows with numbers were copied, be numbered above all of them."""
    column = table.autoincrement_column
    if connection.dialect.name == "sqlite" or column is None:
        return
    newest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    connection.execute(select(func.setval(sequence, newest, False)))


def iso_time(connection: Connection, millis: str) -> str:
    """SQL for the time *millis* (SQL for milliseconds) as `2026-09-21T14:13:20.000Z`; NULL stays NULL."""
    if connection.dialect.name == "sqlite":
        return f"strftime('%Y-%m-%dT%H:%M:%fZ', ({millis}) / 1000.0, 'unixepoch')"
    return f"""to_char(to_timestamp(({millis}) / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


def now_ms(connection: Connection) -> str:
    """SQL for the time of the statement, in milliseconds since 1970."""
    if connection.dialect.name == "sqlite":
        return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
    return "CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000 AS BIGINT)"


def hex_text(connection: Connection, octets: str) -> str:
    """SQL for the bytes *octets* (SQL) in lower-case hex digits; NULL stays NULL."""
    # SQLite writes NULL as an empty text.
    return f"NULLIF(LOWER(HEX({octets})), '')" if connection.dialect.name == "sqlite" else f"ENCODE({octets}, 'hex')"


def takes_many_rows(connection: Connection) -> bool:
    """Whether one statement for many rows is better than one that is executed for each.

    Each execution on SQLite gives the interpreter to another thread, and waits until that gives it back: of a busy
    server's digest, half of the time. PostgreSQL's driver sends them all at once.
    """
    return connection.dialect.name == "sqlite"


def grows_in_place(connection: Connection) -> bool:
    """Whether a row that becomes longer pushes its neighbours out of a full page, so that it had better not grow.

    PostgreSQL writes a changed row anew anyway.
    """
    return connection.dialect.name == "sqlite"


class tail(FunctionElement[bytes]):  # noqa: N801  - reads as the SQL function that it is
    """SQL for the last bytes, `TAIL` unless said otherwise, of a packed wamid: what messages are found by."""

    inherit_cache = True
    type = LargeBinary()

    def __init__(self, octets: ColumnElement[Any], size: int = TAIL) -> None:
        super().__init__(octets, literal_column(str(size)))


@compiles(tail, "sqlite")
def _tail_sqlite(element: tail, compiler: Any, **options: Any) -> str:
    octets, size = (compiler.process(part, **options) for part in element.clauses)
    return f"substr({octets}, -{size})"


@compiles(tail, "postgresql")
def _tail_postgres(element: tail, compiler: Any, **options: Any) -> str:
    octets, size = (compiler.process(part, **options) for part in element.clauses)
    return f"substr({octets}, greatest(length({octets}) - {size} + 1, 1))"


class is_whole(FunctionElement[bool]):  # noqa: N801
    """SQL for whether a packed wamid was kept with its phone number (`meta.wamid.has_no_phone` says the contrary)."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:
        """Itself: SQLAlchemy would compare it with 1, and SQLite not see that it is the condition of an index."""
        return self


@compiles(is_whole, "sqlite")
def _is_whole_sqlite(element: is_whole, compiler: Any, **options: Any) -> str:
    octets = compiler.process(element.clauses, **options)
    return f"({octets} < X'02' OR {octets} >= X'80')"


@compiles(is_whole, "postgresql")
def _is_whole_postgres(element: is_whole, compiler: Any, **options: Any) -> str:
    octets = compiler.process(element.clauses, **options)
    return f"({octets} < '\\x02'::bytea OR {octets} >= '\\x80'::bytea)"


def wanted_rows(dialect: Dialect, number: str, octets: str, count: int) -> str:
    """SQL for a table `wanted` of *count* rows with a number and bytes each, which are its parameters in that order."""
    row = "(?, ?)" if dialect.name == "sqlite" else "(%s::bigint, %s::bytea)"
    return f"WITH wanted ({number}, {octets}) AS (VALUES {', '.join([row] * count)})"


def holds_bytes(connection: Connection, octets: str, part: str) -> str:
    """SQL for whether the bytes *octets* (SQL) hold the bytes *part* (SQL); NULL holds none."""
    if connection.dialect.name == "sqlite":
        return f"INSTR({octets}, {part}) > 0"
    return f"POSITION(CAST({part} AS BYTEA) IN {octets}) > 0"


def utf8_text(connection: Connection, octets: str) -> str:
    """SQL for the text that the bytes *octets* (SQL) are in UTF-8."""
    return f"CAST({octets} AS TEXT)" if connection.dialect.name == "sqlite" else f"CONVERT_FROM({octets}, 'UTF8')"


def hex_number(connection: Connection, number: str, width: str) -> str:
    """SQL for a *number* (SQL for text or a number) in lower-case hex, filled up to *width* (SQL) digits."""
    if connection.dialect.name == "sqlite":
        return f"SUBSTR('0000000000000000' || PRINTF('%x', {number}), -({width}))"
    return f"LPAD(TO_HEX(CAST({number} AS BIGINT)), {width}, '0')"


def byte_at(connection: Connection, octets: str, place: str) -> str:
    """SQL for the byte at *place* (SQL, from 0) of the bytes *octets* (SQL), as a number."""
    if connection.dialect.name != "sqlite":
        return f"GET_BYTE({octets}, {place})"
    every = bytes(range(256)).hex()  # SQLite has no such function: where a byte stands among all bytes
    return f"(INSTR(X'{every}', SUBSTR({octets}, {place} + 1, 1)) - 1)"


def character(connection: Connection, code: str) -> str:
    """SQL for the character with the number *code* (SQL)."""
    return f"CHAR({code})" if connection.dialect.name == "sqlite" else f"CHR(CAST({code} AS INTEGER))"


def chunks(values: Iterable[Any], size: int = MAX_PARAMETERS) -> list[list[Any]]:
    """*values* in lists of at most *size*."""
    everything = list(values)
    return [everything[i : i + size] for i in range(0, len(everything), size)]
