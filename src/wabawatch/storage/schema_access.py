"""The tables of access over HTTP; they belong to `schema`, which names them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Table, Text

from wabawatch.storage.metadata import BIG_ID, metadata

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("digest", LargeBinary, nullable=False, unique=True, comment="SHA-256 of the token"),
    Column("scopes", Text, nullable=False, comment="Words with spaces between them"),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("used_day", Integer, comment="Days since 1970"),
)
api_answers = Table(
    "api_answers",
    metadata,
    Column("key", LargeBinary, primary_key=True, comment="A digest of the token and its Idempotency-Key"),
    Column("request", LargeBinary, nullable=False, comment="A digest of the request"),
    Column("at", BigInteger, nullable=False),
    Column("status", SmallInteger, comment="NULL: it is being answered"),
    Column("content", LargeBinary, comment="The answer, sealed: it may hold a wamid"),
    Index("api_answers_at", "at"),
    comment="What was answered under an Idempotency-Key, for a day",
)
