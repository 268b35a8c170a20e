"""Step 3 of the schema: a table for counts that hardly change any more. Retention fills it, a little at a time."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, MetaData, SmallInteger, Table

_packed_counts = Table(
    "packed_counts",
    MetaData(),
    Column("tier", SmallInteger, primary_key=True),
    Column("bucket", Integer, primary_key=True),
    Column("scope", SmallInteger, primary_key=True),
    Column("number_id", BigInteger, primary_key=True),
    Column("ref", BigInteger, primary_key=True),
    Column("entries", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)


def add_packed_counts(connection: Connection) -> None:
    """Make the table."""
    _packed_counts.create(connection)
