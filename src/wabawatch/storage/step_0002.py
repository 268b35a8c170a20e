"""Step 2 of the schema: shorter keys, and fewer indexes of all messages.

The tables are written out here as this step leaves them: what later steps make of them is not this one's business.
"""

from __future__ import annotations

from hashlib import blake2b

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    insert,
    select,
)

SLICE = 5_000
_metadata = MetaData()
_local_ids = Table(
    "local_ids",
    _metadata,
    Column("local_id", LargeBinary, primary_key=True),
    Column("message_id", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
_contact_links = Table(
    "contact_links",
    _metadata,
    Column("contact_id", BigInteger, primary_key=True),
    Column("other_id", BigInteger, primary_key=True),
    Column("waba_id", BigInteger, primary_key=True),
    Column("first_day", Integer, nullable=False),
    Column("last_day", Integer, nullable=False),
    Index("contact_links_other", "other_id"),
    sqlite_with_rowid=False,
)
_label_contacts = Table(
    "label_contacts",
    _metadata,
    Column("label_id", BigInteger, primary_key=True),
    Column("contact_id", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)
_histograms = Table(
    "histograms",
    _metadata,
    Column("tier", SmallInteger, primary_key=True),
    Column("bucket", Integer, primary_key=True),
    Column("kind", SmallInteger, primary_key=True),
    Column("number_id", BigInteger, primary_key=True),
    Column("slot", SmallInteger, primary_key=True),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

_COPIES = (
    (
        _contact_links,
        "SELECT contact_id, other_id, waba_id, first_at / 86400000, last_at / 86400000 FROM old_contact_links",
    ),
    (
        _histograms,
        "SELECT tier, bucket, CASE kind WHEN 'ack' THEN 0 ELSE 1 END, number_id, slot, n FROM old_histograms",
    ),
)
_PAIRS = (
    "SELECT user_id, COALESCE(contact_id, 0) FROM messages WHERE user_id IS NOT NULL"
    " UNION SELECT lead_id, COALESCE(contact_id, 0) FROM messages WHERE lead_id IS NOT NULL"
)


def shorten_keys(connection: Connection) -> None:
    """Make of the tables of step 1 those of step 2."""
    for index in ("messages_contact", "messages_user_id", "messages_lead_id", "contact_links_other"):
        connection.exec_driver_sql(f"DROP INDEX {index}")
    connection.exec_driver_sql("CREATE INDEX messages_contact ON messages (contact_id)")
    _label_contacts.create(connection)
    connection.exec_driver_sql(f"INSERT INTO label_contacts {_PAIRS}")
    for table, rows in _COPIES:
        connection.exec_driver_sql(f"ALTER TABLE {table.name} RENAME TO old_{table.name}")
        table.create(connection)
        connection.exec_driver_sql(f"INSERT INTO {table.name} {rows}")
        connection.exec_driver_sql(f"DROP TABLE old_{table.name}")
    _shorten_local_ids(connection)


def _shorten_local_ids(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE local_ids RENAME TO old_local_ids")
    _local_ids.create(connection)
    old = _local_ids.to_metadata(MetaData(), name="old_local_ids")
    page, last = select(old).order_by(old.c.local_id).limit(SLICE), b""
    while rows := connection.execute(page.where(old.c.local_id > last)).all():
        connection.execute(
            insert(_local_ids), [{"local_id": _key(row.local_id), "message_id": row.message_id} for row in rows]
        )
        last = rows[-1].local_id
    connection.exec_driver_sql("DROP TABLE old_local_ids")


def _key(whole: bytes) -> bytes:
    return whole[1:5].ljust(4, b"\0") + blake2b(whole, digest_size=6).digest()
