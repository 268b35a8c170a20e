"""What people wrote by hand, where it names a person: notes, reasons, and the names of saved views of the log."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Connection, select, update

from wabawatch.meta.traces import Traces
from wabawatch.storage.schema_access import log_views
from wabawatch.storage.schema_alerts import alert_deeds, alerts
from wabawatch.storage.schema_notices import maintenance, silences

_WRITTEN: Final[tuple[Column[Any], ...]] = (
    alert_deeds.c.words,
    alerts.c.ack_note,
    silences.c.reason,
    maintenance.c.name,
    maintenance.c.reason,
    log_views.c.name,
    log_views.c.query,
)
GONE: Final = "(erased)"
"""What stands in the place of a note"""


class Written(NamedTuple):
    """A note that names the person."""

    column: Column[Any]
    key: Any
    """Of its row"""
    text: str


def notes_naming(connection: Connection, traces: Traces) -> list[Written]:
    """The notes that name the person of *traces*."""
    found = []
    for column in _WRITTEN:
        rows = connection.execute(select(_key_of(column), column).where(column != ""))
        found += [Written(column, key, text) for key, text in rows if traces.are_in(text)]
    return found


def rewrite_notes(connection: Connection, notes: Collection[Written]) -> None:
    """Leave nothing of *notes* but that they were there. In a transaction that writes."""
    for column, key, _ in notes:
        # Names of views are unique for each user.
        said = f"{GONE[:-1]} {key})" if column.table is log_views and column.name == "name" else GONE
        values = {column.name: "" if column.name == "query" else said}
        connection.execute(update(column.table).where(_key_of(column) == key).values(values))


def _key_of(column: Column[Any]) -> Column[Any]:
    (key,) = column.table.primary_key.columns
    return key
