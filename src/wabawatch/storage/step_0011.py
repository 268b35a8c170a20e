"""Step 11 of the schema: the tables of forwarding."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

_metadata = MetaData()
_ID = BigInteger().with_variant(Integer, "sqlite")

Table(
    "forward_targets",
    _metadata,
    Column("id", _ID, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("cursor", BigInteger, nullable=False),
    Column("judged", BigInteger, nullable=False),
    Column("skip_to", BigInteger, nullable=False, server_default="0"),
    Column("is_wanted", SmallInteger, nullable=False),
    Column("is_paused", SmallInteger, nullable=False, server_default="0"),
    Column("holder", Text, nullable=False, server_default=""),
    Column("held_until", BigInteger, nullable=False, server_default="0"),
    Column("open_since", BigInteger),
    Column("delivered_at", BigInteger),
    Column("trouble", Text, nullable=False, server_default=""),
)
Table(
    "forward_deliveries",
    _metadata,
    Column("target_id", BigInteger, primary_key=True),
    Column("body_id", BigInteger, primary_key=True),
    Column("received_at", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", BigInteger),
    Column("dead_at", BigInteger),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("forward_deliveries_next", "target_id", "next_try_at"),
    sqlite_with_rowid=False,
)
Table(
    "forward_bodies",
    _metadata,
    Column("body_id", _ID, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)


def add_forwarding(connection: Connection) -> None:
    """Make the tables."""
    _metadata.create_all(connection)
