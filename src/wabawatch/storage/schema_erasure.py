"""The tables of erasure; they belong to `schema`, which names them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, SmallInteger, Table, Text

from wabawatch.storage.metadata import BIG_ID, metadata

erasures = Table(
    "erasures",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("asked_at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("stage", Text, nullable=False, comment="domain.erasure.Stage"),
    Column("wanted", LargeBinary, comment="The ids of the person, sealed; NULL: it is done, and they are gone"),
    Column("up_to", BigInteger, nullable=False, comment="Bodies numbered up to this are searched"),
    Column("prints", Text, nullable=False, comment="Keyed hashes of the ids, with spaces between them"),
    Column("counts", Text, nullable=False, comment="How much was erased, as JSON"),
    Column("touched_at", BigInteger, nullable=False, comment="When something was last done"),
    Column("ended_at", BigInteger),
    comment="Persons that were erased, without saying who they were",
)
erasure_secrets = Table(
    "erasure_secrets",
    metadata,
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    Column("secret", LargeBinary, nullable=False, comment="What hashes are keyed with, sealed"),
)
tombstones = Table(
    "tombstones",
    metadata,
    Column("digest", LargeBinary, primary_key=True, comment="Of the id of an erased message, keyed"),
    Column("until", BigInteger, nullable=False),
    Index("tombstones_until", "until"),
    sqlite_with_rowid=False,
    comment="What is still told of these messages is dropped",
)
legal_holds = Table(
    "legal_holds",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("contact_id", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index("legal_holds_contact", "contact_id"),
    comment="Persons that may not be erased, and why",
)
