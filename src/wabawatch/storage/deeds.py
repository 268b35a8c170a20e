"""Deeds that change nothing but the audit trail."""

from __future__ import annotations

from wabawatch.domain.facts import Millis
from wabawatch.ports import Deed
from wabawatch.storage import audit
from wabawatch.storage.database import Database


class SqlAuditTrail:
    """`flows.browsing.AuditTrail` on one `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, at: Millis, done: Deed) -> None:
        """Write down a deed, durably. Raises StoreUnavailable."""
        with self._database.writing() as connection:
            audit.write(connection, at, done)
