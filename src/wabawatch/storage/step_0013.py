"""Step 13 of the schema: answers to bodies that several forward targets get."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, SmallInteger, Table

_metadata = MetaData()

Table(
    "forward_answers",
    _metadata,
    Column("body_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("received_at", BigInteger, nullable=False),
    Column("slot", SmallInteger),
)


def add_forward_answers(connection: Connection) -> None:
    """Make the table."""
    _metadata.create_all(connection)
