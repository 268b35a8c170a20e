"""What people did about alerts, as rows: whoever does something adds one in the same transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from wabawatch.domain.alert_news import AlertDeed, DeedKind
from wabawatch.domain.facts import Millis
from wabawatch.storage.dialect import insert
from wabawatch.storage.schema_alerts import alert_deeds


def add_deed(
    connection: Connection,
    at: Millis,
    by: str,
    kind: DeedKind,
    *,
    alert: str = "",
    silence: int | None = None,
    words: str = "",
) -> None:
    """Note in the caller's transaction what somebody did: open windows are told of it."""
    row = {"at": at, "actor": by, "kind": str(kind), "alert": alert, "silence": silence, "words": words}
    connection.execute(insert(connection, alert_deeds).values(row))


def deed_of(row: Any) -> AlertDeed:
    """A deed out of its row."""
    return AlertDeed(row.id, row.at, row.actor, DeedKind(row.kind), row.alert, row.silence, row.words)
