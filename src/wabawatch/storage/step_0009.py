"""Step 9 of the schema: tables for what Meta tells when it is asked, and for how the asking goes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Float, MetaData, SmallInteger, Table, Text

_new = MetaData()
Table(
    "platform_states",
    _new,
    *(Column(name, Text, primary_key=True) for name in ("kind", "waba_id", "subject", "aspect")),
    Column("value", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("told_at", BigInteger, nullable=False),
    Column("source", SmallInteger, nullable=False),
)
Table(
    "number_ratings",
    _new,
    Column("number_id", BigInteger, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("told_at", BigInteger, nullable=False),
)
Table(
    "polls",
    _new,
    *(Column(name, Text, primary_key=True) for name in ("ask", "subject")),
    *(Column(name, BigInteger, nullable=False) for name in ("due_at", "asked_at", "ok_at", "failures")),
    Column("error", Text, nullable=False),
    Column("error_code", BigInteger, nullable=False),
)
Table(
    "graph_usage",
    _new,
    Column("scope", Text, primary_key=True),
    Column("percent", Float, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)


def add_platform(connection: Connection) -> None:
    """Make the tables."""
    _new.create_all(connection)
