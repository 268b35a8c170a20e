"""`alert_history`: every alert that fired, and how it ended."""

from __future__ import annotations

from sqlalchemy import Connection

from wabawatch.storage.dialect import iso_time
from wabawatch.storage.views_spelling import known, listed

_STATUS = (
    "CASE WHEN a.ended_at IS NOT NULL THEN 'resolved' WHEN a.ack_at IS NOT NULL THEN 'acknowledged' ELSE 'firing' END"
)


def alert_history(connection: Connection) -> str:
    """The SELECT of `alert_history`. What was bad for too short a time to fire is not in it."""
    columns = {
        "alert_id": "a.alert",
        "alert_type": "a.rule",
        "severity": "a.severity",
        "title": "a.title",
        "message": "a.message",
        "status": _STATUS,
        "scope": "a.scope",
        "scope_id": known("a.scope_id"),
        "phone_number_id": "CASE WHEN a.scope = 'number' THEN a.scope_id END",
        "waba_id": known("CASE WHEN a.scope = 'waba' THEN a.scope_id ELSE a.waba_id END"),
        "created_at": iso_time(connection, "a.fired_at"),
        "created_at_ms": "a.fired_at",
        "began_at": iso_time(connection, "a.opened_at"),
        "resolved_at": iso_time(connection, "a.ended_at"),
        "resolution": known("a.ended"),
        "duration_ms": "a.ended_at - a.fired_at",
        "acknowledged_at": iso_time(connection, "a.ack_at"),
        "acknowledged_by": known("a.ack_by"),
        "acknowledgement": known("a.ack_note"),
        "is_flapping": "a.is_flapping",
    }
    return f"SELECT\n  {listed(columns)}\nFROM alerts AS a\nWHERE a.fired_at IS NOT NULL"
