"""Step 5 of the schema: one index finds the messages of a contact, and those of a wamid with that contact's number."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, LargeBinary, MetaData, Table

from wabawatch.storage.dialect import is_whole, tail


def join_indexes(connection: Connection) -> None:
    """Make the indexes of step 4 those of step 5."""
    messages = Table("messages", MetaData(), Column("wamid", LargeBinary), Column("contact_id", BigInteger))
    for name in ("messages_contact", "messages_wamid"):
        connection.exec_driver_sql(f"DROP INDEX {name}")
    whole = is_whole(messages.c.wamid)
    Index("messages_contact", messages.c.contact_id, tail(messages.c.wamid, 2)).create(connection)
    by_tail = Index("messages_wamid", tail(messages.c.wamid), sqlite_where=whole, postgresql_where=whole)
    by_tail.create(connection)
