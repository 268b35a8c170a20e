"""Step 24 of the schema: saved views of the log."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, SmallInteger, Table, Text

_new = MetaData()
Table(
    "log_views",
    _new,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("is_shared", SmallInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Index("log_views_user", "user_id", "name", unique=True),
)


def add_log_views(connection: Connection) -> None:
    """Make the table."""
    _new.create_all(connection)
