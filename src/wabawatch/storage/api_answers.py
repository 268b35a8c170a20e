"""Answers kept under an Idempotency-Key, so that a repeated request gets the same one and does nothing twice."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from wabawatch.domain.access import KEPT_MS, UNDER_WAY_MS, Answered
from wabawatch.domain.facts import Millis
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert, is_inserted
from wabawatch.storage.schema_access import api_answers as table
from wabawatch.storage.sealed import Keyring

CONTEXT = b"api_answers.content"


class SqlAnswers:
    """`flows.access.Answers` on one `Database`. Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def claim(self, key: bytes, request: bytes, now: Millis) -> Answered | None:
        """Begin to answer *request*. Gives what is kept under *key*, None when it is now up to the caller.

        Of two that claim at once one gets None. A claim without an answer is given up after `UNDER_WAY_MS`.
        """
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.at <= now - KEPT_MS))
            given_up = (table.c.key == key) & table.c.status.is_(None) & (table.c.at <= now - UNDER_WAY_MS)
            connection.execute(delete(table).where(given_up))
            row = {"key": key, "request": request, "at": now}
            if is_inserted(connection, insert(connection, table).values(row).on_conflict_do_nothing()):
                return None
            kept = connection.execute(select(table).where(table.c.key == key)).one()
        content = self._keyring.open(bytes(kept.content), context=CONTEXT) if kept.content is not None else b""
        return Answered(bytes(kept.request), kept.status, content)

    def keep(self, key: bytes, status: int, content: bytes) -> None:
        """Keep the answer under a claimed key."""
        sealed = self._keyring.seal(content, context=CONTEXT)
        with self._database.writing() as connection:
            connection.execute(update(table).where(table.c.key == key).values(status=status, content=sealed))

    def release(self, key: bytes) -> None:
        """Give a claimed key back: nothing was done under it."""
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.key == key, table.c.status.is_(None)))
