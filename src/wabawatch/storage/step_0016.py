"""Step 16 of the schema: what Meta says of an error, who has it, and the way to conversations and rare origins."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, text

from wabawatch.storage.dialect import holds_bytes

CONVERSATION, ORIGIN = 5, 7
"""As `message_rows.LABEL_KINDS` has them"""
ORIGIN_SHIFT = 21
SELDOM = {2: "business_app", 3: "meta_agent", 4: "history", 5: "synthetic"}
"""Rare origins, by their place in the state of a message"""
_KEY = msgspec.msgpack.encode("conversation")
SLICE = 1_000


def add_error_paths(connection: Connection) -> None:
    """Add column and index, and pair contacts with the conversations and rare origins of their messages."""
    connection.exec_driver_sql("ALTER TABLE error_texts ADD COLUMN transient SMALLINT DEFAULT '-1' NOT NULL")
    connection.exec_driver_sql("CREATE INDEX message_errors_error ON message_errors (error_id)")
    rare = text(f"SELECT DISTINCT state >> {ORIGIN_SHIFT}, contact_id FROM messages WHERE state >> {ORIGIN_SHIFT} >= 2")
    origins = [(SELDOM[place], contact) for place, contact in connection.execute(rare) if place in SELDOM]
    _pair(connection, ORIGIN, origins)
    held = holds_bytes(connection, "extra", ":key")
    spoken = connection.execute(text(f"SELECT contact_id, extra FROM messages WHERE {held}"), {"key": _KEY})
    for rows in spoken.partitions(SLICE):
        _pair(connection, CONVERSATION, [(_conversation(bytes(extra)), contact) for contact, extra in rows])


def _conversation(extra: bytes) -> str:
    found: str = msgspec.msgpack.decode(extra).get("conversation", "")
    return found


def _pair(connection: Connection, kind: int, pairs: Iterable[tuple[str, int | None]]) -> None:
    some = [{"kind": kind, "value": value, "contact": contact or 0} for value, contact in pairs if value]
    if not some:
        return
    connection.execute(text("INSERT INTO labels (kind, value) VALUES (:kind, :value) ON CONFLICT DO NOTHING"), some)
    found = "SELECT id, :contact FROM labels WHERE kind = :kind AND value = :value"
    connection.execute(text(f"INSERT INTO label_contacts (label_id, contact_id) {found} ON CONFLICT DO NOTHING"), some)
