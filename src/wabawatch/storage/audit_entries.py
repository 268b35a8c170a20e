"""Entries of the audit trail, read: `flows.auditing.Trail`. `audit` writes and verifies them."""

from __future__ import annotations

import json

from sqlalchemy import ColumnElement, func, or_, select

from wabawatch.domain.audit_trail import AuditFilter, Entry
from wabawatch.storage.database import Database
from wabawatch.storage.schema import audit_entries as table


class SqlTrail:
    """`flows.auditing.Trail` on one `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self, wanted: AuditFilter, limit: int) -> list[Entry]:
        """The newest *limit* entries that are *wanted*, the newest first. Raises StoreUnavailable."""
        query = select(table).where(*_where(wanted)).order_by(table.c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [Entry(row.id, row.at, row.actor, row.action, row.subject, json.loads(row.detail)) for row in rows]


def _where(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    c, where = table.c, []
    if wanted.actor:
        where.append(c.actor == wanted.actor)
    if wanted.action:
        where.append(c.action == wanted.action)
    if wanted.subject:
        # Not LIKE: it minds case on one database, not on the other, and has characters of its own.
        opening = f"{wanted.subject}:"
        where.append(or_(c.subject == wanted.subject, func.substr(c.subject, 1, len(opening)) == opening))
    if wanted.start is not None:
        where.append(c.at >= wanted.start)
    if wanted.end is not None:
        where.append(c.at < wanted.end)
    if wanted.below is not None:
        where.append(c.id < wanted.below)
    return where
