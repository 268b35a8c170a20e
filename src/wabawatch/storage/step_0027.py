"""Step 27 of the schema: the archive."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

_new = MetaData()
_DAY = BigInteger().with_variant(Integer, "sqlite")
Table(
    "archive_parts",
    _new,
    Column("name", Text, primary_key=True),
    Column("day", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("moved", BigInteger, nullable=False),
    Column("restored", BigInteger, nullable=False),
    Column("left_out", LargeBinary, nullable=False),
    Column("is_restoring", SmallInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Index("archive_parts_day", "day"),
)
Table(
    "archive_holds",
    _new,
    Column("day", _DAY, primary_key=True, autoincrement=False),
    Column("until", BigInteger, nullable=False),
)
Table(
    "message_days",
    _new,
    Column("day", _DAY, primary_key=True, autoincrement=False),
    Column("newest", BigInteger, nullable=False),
)


def add_archive(connection: Connection) -> None:
    """Make the tables."""
    _new.create_all(connection)
