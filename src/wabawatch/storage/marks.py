"""Cursors and watermarks on disk."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from wabawatch.storage.bulk import Lookup
from wabawatch.storage.dialect import insert
from wabawatch.storage.schema import marks

ARCHIVED_ID = "archived_id"
"""The highest id of a message that was archived: it is not given out again"""
ARCHIVED_UNTIL = "archived_until"
"""Of days before this time messages were archived: the live ones are not all that the figures count"""
ARCHIVE_HOME = "archive_home"
"""A random number that is in the names of the archive's files: others may keep theirs in the same place"""

_values = Lookup(lambda some: select(marks.c.name, marks.c.value).where(marks.c.name.in_(some)))


def mark_of(connection: Connection, name: str) -> int:
    """A cursor or watermark (0: never set)."""
    return sum(int(value) for _, value in _values(connection, [name]))


def raise_marks(connection: Connection, values: Mapping[str, int]) -> None:
    """Set watermarks that never go back."""
    set_marks(connection, {name: value for name, value in values.items() if value > mark_of(connection, name)})


def set_marks(connection: Connection, values: Mapping[str, int]) -> None:
    """Set cursors and watermarks in the caller's transaction."""
    if values:
        new = insert(connection, marks)
        upsert = new.on_conflict_do_update(index_elements=["name"], set_={"value": new.excluded.value})
        connection.execute(upsert, [{"name": name, "value": value} for name, value in values.items()])
