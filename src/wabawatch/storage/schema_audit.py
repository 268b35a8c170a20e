"""The tables of the audit trail and of what proves it; they belong to `schema`, which names them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from wabawatch.storage.metadata import BIG_ID, metadata

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
audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("entry", BIG_ID, primary_key=True, autoincrement=False, comment="The newest entry when it was made"),
    Column("digest", LargeBinary, nullable=False, comment="That entry's"),
    Column("at", BigInteger, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False, comment="Ed25519"),
    comment="How the audit trail stood, signed",
)
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("key_id", Text, primary_key=True, comment="The first 8 bytes of the public key's SHA-256, in hex"),
    Column("public", LargeBinary, nullable=False, comment="Ed25519"),
    Column("private", LargeBinary, nullable=False, comment="Sealed"),
    Column("made_at", BigInteger, nullable=False),
    comment="What reports and checkpoints of the audit trail are signed with",
)
