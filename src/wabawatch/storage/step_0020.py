"""Step 20 of the schema: people who sign in, where they are signed in, and how often somebody tried."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

_new = MetaData()
_ID = BigInteger().with_variant(Integer, "sqlite")
Table(
    "users",
    _new,
    Column("id", _ID, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("unmasking", SmallInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Column("seen_at", BigInteger),
    Column("password", Text),
    Column("totp", LargeBinary),
    Column("totp_offered", LargeBinary),
    Column("totp_step", BigInteger),
    Column("outside", Text, unique=True),
)
Table(
    "sessions",
    _new,
    Column("id", _ID, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("user_id", BigInteger, nullable=False),
    Column("stage", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Index("sessions_user", "user_id"),
)
Table(
    "recovery_codes",
    _new,
    Column("user_id", BigInteger, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("used_at", BigInteger),
)
Table(
    "login_links",
    _new,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
)
Table(
    "login_tries",
    _new,
    Column("key", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("free_at", BigInteger, nullable=False),
    Index("login_tries_last", "last_at"),
)


def add_users(connection: Connection) -> None:
    """Make the tables."""
    _new.create_all(connection)
