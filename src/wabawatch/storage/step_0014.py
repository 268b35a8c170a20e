"""Step 14 of the schema: the tables of uptime."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, SmallInteger, Table, Text

_metadata = MetaData()
_ID = BigInteger().with_variant(Integer, "sqlite")

Table(
    "checks",
    _metadata,
    Column("id", _ID, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
)
Table(
    "check_spans",
    _metadata,
    Column("check_id", BigInteger, primary_key=True),
    Column("start_at", BigInteger, primary_key=True),
    Column("end_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Table(
    "check_results",
    _metadata,
    Column("check_id", BigInteger, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("code", SmallInteger, nullable=False),
    Column("latency_ms", Integer),
    Column("words", Text, nullable=False),
    sqlite_with_rowid=False,
)
Table(
    "check_rollups",
    _metadata,
    Column("check_id", BigInteger, primary_key=True),
    Column("tier", SmallInteger, primary_key=True),
    Column("bucket", Integer, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("latency", Text, nullable=False),
    sqlite_with_rowid=False,
)
Table(
    "incidents",
    _metadata,
    Column("id", _ID, primary_key=True),
    Column("check_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("is_essential", SmallInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("noted_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("cause", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Index("incidents_opened", "opened_at"),
)


def add_uptime(connection: Connection) -> None:
    """Make the tables."""
    _metadata.create_all(connection)
