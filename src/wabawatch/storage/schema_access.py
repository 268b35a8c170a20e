"""The tables of access over HTTP, and of what people keep there; they belong to `schema`, which names them all."""

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
users = Table(
    "users",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("unmasking", SmallInteger, nullable=False, comment="1: may see whole numbers, whatever the role"),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Column("seen_at", BigInteger, comment="When they last signed in"),
    Column("password", Text, comment="As argon2 writes it, with its parameters and salt"),
    Column("totp", LargeBinary, comment="The seed of their codes, sealed"),
    Column("totp_offered", LargeBinary, comment="A seed that was not confirmed yet, sealed"),
    Column("totp_step", BigInteger, comment="The last step whose code was used: none counts twice"),
    Column("outside", Text, unique=True, comment="Issuer and subject, of those who sign in elsewhere"),
)
sessions = Table(
    "sessions",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True, comment="SHA-256 of what the cookie holds"),
    Column("user_id", BigInteger, nullable=False),
    Column("stage", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Index("sessions_user", "user_id"),
    comment="Where people are signed in; one that was ended is gone",
)
recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", BigInteger, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("used_at", BigInteger),
)
login_links = Table(
    "login_links",
    metadata,
    Column("digest", LargeBinary, primary_key=True, comment="SHA-256 of what the link ends with"),
    Column("user_id", BigInteger, nullable=False, comment="0: for the first admin"),
    Column("ends_at", BigInteger, nullable=False),
    comment="One-time links that were not used yet",
)
login_tries = Table(
    "login_tries",
    metadata,
    Column("key", LargeBinary, primary_key=True, comment="A digest of the name or address"),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("free_at", BigInteger, nullable=False),
    Index("login_tries_last", "last_at"),
)
log_views = Table(
    "log_views",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False, comment="Parameters of the log page; never a contact or a wamid"),
    Column("is_shared", SmallInteger, nullable=False, comment="1: everybody sees it"),
    Column("made_at", BigInteger, nullable=False),
    Index("log_views_user", "user_id", "name", unique=True),
    comment="Views of the log that people saved",
)
