"""Step 19 of the schema: what Meta counted of a day, beside what we had counted of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, MetaData, Table, Text

_new = MetaData()
Table(
    "meta_days",
    _new,
    Column("waba_id", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("day", BigInteger, primary_key=True),
    Column("asked_at", BigInteger, nullable=False),
    Column("meta_sent", BigInteger),
    Column("meta_delivered", BigInteger),
    *(Column(f"own_{each}", BigInteger, nullable=False) for each in ("sent", "delivered", "failed", "waiting")),
    Index("meta_days_day", "day"),
)


def add_meta_days(connection: Connection) -> None:
    """Make the table."""
    _new.create_all(connection)
