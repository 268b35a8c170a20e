"""Step 6 of the schema: API tokens, and answers kept under an Idempotency-Key."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

_metadata = MetaData()
_ID = BigInteger().with_variant(Integer, "sqlite")
_tokens = Table(
    "api_tokens",
    _metadata,
    Column("id", _ID, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("used_day", Integer),
)
_answers = Table(
    "api_answers",
    _metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("status", SmallInteger),
    Column("content", LargeBinary),
    Index("api_answers_at", "at"),
)


def add_access(connection: Connection) -> None:
    """Make the tables."""
    _metadata.create_all(connection)
