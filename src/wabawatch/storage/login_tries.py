"""Tries to sign in, on disk: `access_ports.Tried`. Names and addresses stand there as digests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, select

from wabawatch.domain.facts import Millis
from wabawatch.domain.lockout import Patience, Tries, count, forgive_one
from wabawatch.ports import Deed
from wabawatch.storage import audit
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.schema_access import login_tries as table


class SqlTried:
    """`access_ports.Tried` on one `Database`. Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, keys: Sequence[tuple[bytes, Patience]], now: Millis, done: Deed) -> int:
        """Count one try under all *keys*, or refuse it when one of them has to wait: gives how long, 0: go on."""
        # Transactions that write come one after the other, so two tries at once are counted one by one.
        with self._database.writing() as connection:
            forgotten = min(patience.forgotten_ms for _, patience in keys)
            connection.execute(delete(table).where(table.c.last_at <= now - forgotten, table.c.free_at <= now))
            counted = [(key, count(_tries(connection, key), now, patience)) for key, patience in keys]
            if wait := max(each.wait_ms for _, each in counted):
                return wait
            for key, each in counted:
                _keep(connection, key, each.tries)
            if pause := max(each.tries.free_at for _, each in counted):
                audit.write(connection, now, done, {"until": pause})
        return 0

    def forgive(self, all_of: bytes, one_of: Sequence[bytes]) -> None:
        """It ended well: forget all tries under *all_of*, and this one under each of *one_of*."""
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.key == all_of))
            for key in one_of:
                if (tries := _tries(connection, key)) is not None:
                    _keep(connection, key, forgive_one(tries))

    def pauses(self, now: Millis) -> dict[bytes, Millis]:
        """Under which keys a pause lasts, and until when."""
        query = select(table.c.key, table.c.free_at).where(table.c.free_at > now)
        with self._database.reading() as connection:
            return {bytes(row.key): row.free_at for row in connection.execute(query)}

    def note(self, now: Millis, done: Deed) -> None:
        """Write a failure into the audit trail."""
        with self._database.writing() as connection:
            audit.write(connection, now, done)


def _tries(connection: Connection, key: bytes) -> Tries | None:
    row = connection.execute(select(table).where(table.c.key == key)).one_or_none()
    return None if row is None else Tries(row.failures, row.last_at, row.free_at)


def _keep(connection: Connection, key: bytes, tries: Tries) -> None:
    values: dict[str, Any] = tries._asdict()
    statement = insert(connection, table).values(key=key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=[table.c.key], set_=values))
