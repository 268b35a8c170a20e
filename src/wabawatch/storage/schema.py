"""The schema, once, for every database: integers for times and ids, no triggers, no database enums, JSON never searched."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

BIG_ID = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit id. SQLite only makes an `INTEGER PRIMARY KEY` the row's own number."""

raw_blocks = Table(
    "raw_blocks",
    metadata,
    Column("first_id", BIG_ID, primary_key=True, autoincrement=False),
    Column("last_id", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("oldest_at", BigInteger, nullable=False),
    Column("newest_at", BigInteger, nullable=False),
    Column("block", LargeBinary, nullable=False),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", BIG_ID, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)
