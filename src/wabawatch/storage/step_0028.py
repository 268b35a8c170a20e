"""Step 28 of the schema: erasure of persons, and legal holds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

_new = MetaData()
_ID = BigInteger().with_variant(Integer, "sqlite")
Table(
    "erasures",
    _new,
    Column("id", _ID, primary_key=True),
    Column("asked_at", BigInteger, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("actor", "reason", "stage")),
    Column("wanted", LargeBinary),
    Column("up_to", BigInteger, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("prints", "counts")),
    Column("touched_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)
Table(
    "erasure_secrets",
    _new,
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    Column("secret", LargeBinary, nullable=False),
)
Table(
    "tombstones",
    _new,
    Column("digest", LargeBinary, primary_key=True),
    Column("until", BigInteger, nullable=False),
    Index("tombstones_until", "until"),
    sqlite_with_rowid=False,
)
Table(
    "legal_holds",
    _new,
    Column("id", _ID, primary_key=True),
    Column("contact_id", BigInteger, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("reason", "actor")),
    Column("since", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index("legal_holds_contact", "contact_id"),
)


def add_erasure(connection: Connection) -> None:
    """Make the tables."""
    _new.create_all(connection)
