"""Cursors and watermarks on disk."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from wabawatch.storage.dialect import insert
from wabawatch.storage.schema import marks


def set_marks(connection: Connection, values: Mapping[str, int]) -> None:
    """Set cursors and watermarks in the caller's transaction."""
    if values:
        new = insert(connection, marks)
        upsert = new.on_conflict_do_update(index_elements=["name"], set_={"value": new.excluded.value})
        connection.execute(upsert, [{"name": name, "value": value} for name, value in values.items()])
