"""Step 25 of the schema: keys that sign, and checkpoints of the audit trail."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, MetaData, Table, Text

_new = MetaData()
Table(
    "audit_checkpoints",
    _new,
    Column("entry", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
Table(
    "signing_keys",
    _new,
    Column("key_id", Text, primary_key=True),
    Column("public", LargeBinary, nullable=False),
    Column("private", LargeBinary, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)


def add_signing(connection: Connection) -> None:
    """Make the tables."""
    _new.create_all(connection)
