"""What a PostgreSQL database has besides `schema`: the inbox, which on SQLite is a file of its own, and partitions."""

from __future__ import annotations

from functools import cache

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    create_mock_engine,
)
from sqlalchemy.dialects import sqlite

from wabawatch.storage import schema
from wabawatch.storage.partitions import make_ahead

metadata = MetaData()

inbox_blocks = Table(
    "inbox_blocks",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False, comment="Bodies in this block"),
    Column("total", BigInteger, nullable=False, comment="Bodies in this block and in all that were ever before it"),
    Column("webhooks", Integer, nullable=False, comment="Those that are Meta's, and not records of our own"),
    Column("all_webhooks", BigInteger, nullable=False),
    Column("size", Integer, nullable=False, comment="Bytes of their contents"),
    Column("oldest_at", BigInteger, nullable=False),
    Column("block", LargeBinary, nullable=False),
    postgresql_partition_by="RANGE (id)",
)
inbox_head = Table(
    "inbox_head",
    metadata,
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    Column("id", BigInteger, nullable=False, comment="The newest block"),
    Column("newest", BigInteger, nullable=False, comment="The newest body"),
    Column("total", BigInteger, nullable=False),
    Column("all_webhooks", BigInteger, nullable=False),
    postgresql_with={"fillfactor": 10},  # each commit rewrites the row: in place, as long as its page has room
)
HEAD = {"one": 1, "id": 0, "newest": 0, "total": 0, "all_webhooks": 0}

_IN_LINE = ("inbox_blocks", "raw_blocks")
"""Their blocks are compressed and sealed already: PostgreSQL need not try again."""


def create_tables(connection: Connection) -> None:
    """Make every table of an empty database."""
    if connection.dialect.name == "sqlite":
        for statement in _sqlite_statements():
            connection.exec_driver_sql(statement)
        return
    schema.metadata.create_all(connection)
    metadata.create_all(connection)
    connection.execute(inbox_head.insert().values(HEAD))
    for table in _IN_LINE:
        connection.exec_driver_sql(f"ALTER TABLE {table} ALTER COLUMN block SET STORAGE EXTERNAL")
    make_ahead(connection)


@cache
def _sqlite_statements() -> tuple[str, ...]:
    """What makes the tables of an SQLite file: spelling it out takes longer than doing it."""
    said: list[str] = []
    dialect = sqlite.dialect()
    engine = create_mock_engine("sqlite://", lambda ddl, *_: said.append(str(ddl.compile(dialect=dialect))))
    schema.metadata.create_all(engine, checkfirst=False)
    return tuple(said)
