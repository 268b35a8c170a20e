"""What a PostgreSQL database has besides `schema`: the inbox, which on SQLite is a file of its own, and partitions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, MetaData, SmallInteger, Table

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
    schema.metadata.create_all(connection)
    if connection.dialect.name == "sqlite":
        return
    metadata.create_all(connection)
    connection.execute(inbox_head.insert().values(HEAD))
    for table in _IN_LINE:
        connection.exec_driver_sql(f"ALTER TABLE {table} ALTER COLUMN block SET STORAGE EXTERNAL")
    make_ahead(connection)
