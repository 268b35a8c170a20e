"""Step 18 of the schema: when monitoring ran, and how the processes are doing."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, SmallInteger, Table, Text

_new = MetaData()
Table(
    "monitoring_runs",
    _new,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("began_at", BigInteger, nullable=False),
    Column("alive_at", BigInteger, nullable=False),
    Column("ended", Text, nullable=False, server_default=""),
    Column("actor", Text, nullable=False, server_default=""),
    Index("monitoring_runs_alive", "alive_at"),
)
Table(
    "process_pulses",
    _new,
    Column("process", Text, primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("is_leading", SmallInteger, nullable=False),
    Column("troubles", Text, nullable=False),
)


def add_monitoring(connection: Connection) -> None:
    """Make the tables."""
    _new.create_all(connection)
