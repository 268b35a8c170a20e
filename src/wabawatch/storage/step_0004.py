"""Step 4 of the schema: contacts are packed, and wamids go without the phone number that stands with the contact."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, MetaData, Table, Text, select, text

from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.meta.wamid import without_phone
from wabawatch.storage.contact_keys import pack
from wabawatch.storage.dialect import tail

SLICE = 5_000
_ID = BigInteger().with_variant(Integer, "sqlite")
_contacts = Table(
    "contacts",
    MetaData(),
    Column("id", _ID, primary_key=True),
    Column("packed", LargeBinary, nullable=False),
    Column("country", Text, nullable=False),
    Index("contacts_packed", "packed", unique=True),
)
_old = Table(
    "old_contacts", MetaData(), Column("id", _ID, primary_key=True), *map(Column, ("kind", "value", "country"))
)
_messages = Table(
    "messages",
    MetaData(),
    Column("id", _ID, primary_key=True),
    Column("wamid", LargeBinary),
    Column("contact_id", BigInteger),
)
_shorten = text("UPDATE messages SET wamid = :wamid WHERE id = :id")


def pack_contacts(connection: Connection) -> None:
    """Make of the tables of step 3 those of step 4."""
    for index in ("contacts_value", "messages_wamid"):
        connection.exec_driver_sql(f"DROP INDEX {index}")
    connection.exec_driver_sql("ALTER TABLE contacts RENAME TO old_contacts")
    _contacts.create(connection)
    for rows in _slices(connection, _old.c.id, select(_old)):
        packed = [
            {"id": row.id, "packed": pack(ContactKey(row.kind, row.value)), "country": row.country} for row in rows
        ]
        connection.execute(_contacts.insert(), packed)
    with_phone = select(_messages.c.id, _messages.c.wamid, _old.c.value).join(
        _old, (_old.c.id == _messages.c.contact_id) & (_old.c.kind == int(ContactKind.PHONE))
    )
    for rows in _slices(connection, _messages.c.id, with_phone.where(_messages.c.wamid.is_not(None))):
        short = [(row.id, without_phone(bytes(row.wamid), row.value)) for row in rows]
        if found := [{"id": id_, "wamid": wamid} for id_, wamid in short if wamid is not None]:
            connection.execute(_shorten, found)
    connection.exec_driver_sql("DROP TABLE old_contacts")
    Index("messages_wamid", tail(_messages.c.wamid)).create(connection)


def _slices(connection: Connection, id_: Any, query: Any) -> Any:
    after = 0
    while rows := connection.execute(query.where(id_ > after).order_by(id_).limit(SLICE)).all():
        yield rows
        after = rows[-1].id
