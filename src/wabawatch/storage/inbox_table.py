"""The inbox in a table of a PostgreSQL database: its tables and every statement on them.

One row, the head, holds the numbers that were given out. Whoever keeps a block moves it, and so waits until the one
before has committed: blocks become visible in the order of their numbers, and whoever reads by numbers misses none.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection, Row, text

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.facts import Millis
from wabawatch.ports import BodyId
from wabawatch.storage.blocks import BLOCK_BODIES, KeptBlock, NewBlock
from wabawatch.storage.database import Database
from wabawatch.storage.partitions import BLOCK_DAY, DAY_NUMBER

BELL = "wabawatch_inbox"
"""The channel that tells of what was kept."""

_FORGET_BLOCKS = 500

_LAST = f"(id * {BLOCK_BODIES} + n - 1)"
_ABOVE = f"FROM inbox_blocks WHERE id >= :after / {BLOCK_BODIES} AND {_LAST} > :after"

_MOVE_HEAD = text(f"""
UPDATE inbox_head SET
    id = GREATEST(id, {DAY_NUMBER} << {BLOCK_DAY}) + :blocks,
    newest = (GREATEST(id, {DAY_NUMBER} << {BLOCK_DAY}) + :blocks) * {BLOCK_BODIES} + :last - 1,
    total = total + :n,
    all_webhooks = all_webhooks + :webhooks
RETURNING id, total, all_webhooks
""")
_KEEP = text("""
INSERT INTO inbox_blocks (id, n, total, webhooks, all_webhooks, size, oldest_at, block)
VALUES (:id, :n, :total, :webhooks, :all_webhooks, :size, :oldest_at, :block)
""")
_RING = text(f"SELECT pg_notify('{BELL}', '')")
_NUMBER_ABOVE = text(f"UPDATE inbox_head SET id = GREATEST(id, :id / {BLOCK_BODIES}), newest = GREATEST(newest, :id)")
_NEWEST = text("SELECT newest FROM inbox_head")
_HOLDS_ANY = text("SELECT EXISTS (SELECT 1 FROM inbox_blocks)")
_WAITING = text(f"SELECT id, n, total, (SELECT total FROM inbox_head) AS total_of_all {_ABOVE} ORDER BY id LIMIT 1")
_WEBHOOKS = text(
    "SELECT id, webhooks, all_webhooks, (SELECT all_webhooks FROM inbox_head) AS up_to_last"
    f" {_ABOVE} ORDER BY id LIMIT 1"
)
_OLDEST_AT = text(f"SELECT oldest_at {_ABOVE} ORDER BY id LIMIT 1")
# How many bodies come before each block, and how many bytes up to its end: the first one is taken in any case.
_NEXT = text(f"""
SELECT id, n, oldest_at, block FROM (
    SELECT id, n, oldest_at, block, sum(n) OVER before AS bodies, sum(size) OVER (ORDER BY id) AS bytes
    {_ABOVE}
    WINDOW before AS (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ORDER BY id LIMIT :bodies
) AS next
WHERE bodies IS NULL OR (bodies < :bodies + :done AND bytes <= :size)
ORDER BY id
""")
_BLOCK = text("SELECT block FROM inbox_blocks WHERE id = :id")
_WHOLLY_UP_TO = f"FROM inbox_blocks WHERE id <= :up_to / {BLOCK_BODIES} AND {_LAST} <= :up_to"
_CAN_FORGET = text(f"SELECT EXISTS (SELECT 1 {_WHOLLY_UP_TO})")
_FORGET = text(f"DELETE FROM inbox_blocks WHERE id IN (SELECT id {_WHOLLY_UP_TO} ORDER BY id LIMIT {_FORGET_BLOCKS})")
_IS_READ_ONLY = text("SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'")
_TRIAL_BYTES = 65_536
_TRY = text("""
INSERT INTO inbox_blocks (id, n, total, webhooks, all_webhooks, size, oldest_at, block)
SELECT id + 1, 0, 0, 0, 0, 0, 0, :block FROM inbox_head
""")
_MOVE_BY_NOTHING = text("UPDATE inbox_head SET newest = newest")


class InboxTable:
    """`Blocks` in the main database, apart from what changes the books: neither waits for the other."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_closed = False

    def must_be_writable(self) -> None:
        """Raise StoreUnavailable when the server is away, or takes nothing now: a block is tried, and taken back."""
        if self._one(_IS_READ_ONLY)[0]:
            raise StoreUnavailable("the database is read only: it is a standby, or was made so")
        with self._writing() as connection:
            connection.execute(_MOVE_BY_NOTHING)  # also waits for whoever is about to keep a block of that number
            trial = connection.begin_nested()
            connection.execute(_TRY, {"block": os.urandom(_TRIAL_BYTES)})
            trial.rollback()

    def number_above(self, above: BodyId) -> None:
        with self._writing() as connection:
            connection.execute(_NUMBER_ABOVE, {"id": above})

    def keep(self, blocks: Iterable[NewBlock]) -> list[int]:
        new = list(blocks)
        if not new:
            return []
        with self._writing() as connection:
            rows = _numbered(connection, new)
            connection.execute(_KEEP, rows)
            connection.execute(_RING)
        return [row["id"] for row in rows]

    def forget_some(self, up_to: BodyId) -> bool:
        with self._writing() as connection:
            return connection.execute(_FORGET, {"up_to": up_to}).rowcount == _FORGET_BLOCKS

    def can_forget(self, up_to: BodyId) -> bool:
        return bool(self._one(_CAN_FORGET, up_to=up_to)[0])

    def newest(self) -> BodyId:
        return int(self._one(_NEWEST)[0])

    def holds_any(self) -> bool:
        return bool(self._one(_HOLDS_ANY)[0])

    def waiting(self, after: BodyId) -> int:
        row = self._first(_WAITING, after=after)
        if row is None:
            return 0
        done_of_it = max(0, after + 1 - row.id * BLOCK_BODIES)
        return int(row.total_of_all - (row.total - row.n) - done_of_it)

    def webhooks_waiting(self, after: BodyId) -> tuple[int, KeptBlock | None]:
        row = self._first(_WEBHOOKS, after=after)
        if row is None:
            return 0, None
        if row.id * BLOCK_BODIES > after:
            return int(row.up_to_last - row.all_webhooks + row.webhooks), None
        return int(row.up_to_last - row.all_webhooks), next(iter(self.blocks_after(after, 1, 1)), None)

    def oldest_waiting_at(self, after: BodyId) -> Millis | None:
        row = self._first(_OLDEST_AT, after=after)
        return None if row is None else int(row.oldest_at)

    def blocks_after(self, after: BodyId, bodies: int, size: int) -> list[KeptBlock]:
        done = after % BLOCK_BODIES + 1  # so many bodies of the first block may lie at *after* or below
        with self._reading() as connection:
            rows = connection.execute(_NEXT, {"after": after, "bodies": bodies, "size": size, "done": done}).all()
        return [
            KeptBlock(row.id * BLOCK_BODIES, row.id * BLOCK_BODIES + row.n - 1, row.oldest_at, bytes(row.block))
            for row in rows
        ]

    def block(self, block_id: int) -> bytes | None:
        row = self._first(_BLOCK, id=block_id)
        return None if row is None else bytes(row.block)

    def close(self) -> None:
        """Refuse every later call. The connections are the database's."""
        self._is_closed = True

    def _first(self, statement: Any, **values: int) -> Row[Any] | None:
        with self._reading() as connection:
            return connection.execute(statement, values).first()

    def _reading(self) -> AbstractContextManager[Connection]:
        self._must_be_open()
        return self._database.reading()

    def _writing(self) -> AbstractContextManager[Connection]:
        self._must_be_open()
        return self._database.appending()

    def _must_be_open(self) -> None:
        if self._is_closed:
            raise StoreUnavailable("The inbox is closed.")

    def _one(self, statement: Any, **values: int) -> Row[Any]:
        row = self._first(statement, **values)
        assert row is not None, "the statement always gives a row"
        return row


def _numbered(connection: Connection, new: Sequence[NewBlock]) -> list[dict[str, Any]]:
    """The rows of *new*, which are numbered from now on; nobody else gets a number until the transaction ends."""
    n, webhooks = sum(each.n for each in new), sum(each.webhooks for each in new)
    moved = {"blocks": len(new), "last": new[-1].n, "n": n, "webhooks": webhooks}
    head = connection.execute(_MOVE_HEAD, moved).one()
    block_id, total, all_webhooks = head.id - len(new), head.total - n, head.all_webhooks - webhooks
    rows = []
    for each in new:
        block_id, total, all_webhooks = block_id + 1, total + each.n, all_webhooks + each.webhooks
        rows.append(
            {
                "id": block_id,
                "n": each.n,
                "total": total,
                "webhooks": each.webhooks,
                "all_webhooks": all_webhooks,
                "size": each.size,
                "oldest_at": each.oldest_at,
                "block": each.block,
            }
        )
    return rows
