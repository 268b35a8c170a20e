"""The inbox's own SQLite file: its tables and every statement on them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.facts import Millis
from wabawatch.ports import BodyId
from wabawatch.storage.blocks import BLOCK_BODIES, KeptBlock, NewBlock
from wabawatch.storage.folders import try_to_write
from wabawatch.storage.outages import remedy

_FORGET_BLOCKS = 64
_FORGET_BYTES = 4 << 20
"""What one transaction deletes at most, so that none takes longer than 50 ms."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS blocks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    n INTEGER NOT NULL,          -- bodies in this block
    total INTEGER NOT NULL,      -- bodies in this block and all before it, so that what waits need not be counted
    webhooks INTEGER NOT NULL,   -- those of them that are Meta's, and not records of our own
    all_webhooks INTEGER NOT NULL,
    size INTEGER NOT NULL,       -- bytes of their contents
    oldest_at INTEGER NOT NULL,
    block BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS forgotten (one INTEGER PRIMARY KEY CHECK (one = 1), newest INTEGER NOT NULL);
INSERT OR IGNORE INTO forgotten VALUES (1, 0);
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'blocks', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'blocks');
"""

COLUMNS = ("id", "n", "total", "webhooks", "all_webhooks", "size", "oldest_at", "block")

_KEEP = """
INSERT INTO blocks (n, total, webhooks, all_webhooks, size, oldest_at, block)
VALUES (
    ?1, ?1 + coalesce((SELECT total FROM blocks ORDER BY id DESC LIMIT 1), 0),
    ?2, ?2 + coalesce((SELECT all_webhooks FROM blocks ORDER BY id DESC LIMIT 1), 0),
    ?3, ?4, ?5
)
"""

_LAST = f"(id * {BLOCK_BODIES} + n - 1)"
"""Number of the last body of a block."""

_NEWEST = f"SELECT coalesce((SELECT {_LAST} FROM blocks ORDER BY id DESC LIMIT 1), newest) FROM forgotten"

_ABOVE = f"FROM blocks WHERE id >= ?1 / {BLOCK_BODIES} AND {_LAST} > ?1 ORDER BY id"
_WAITING = f"SELECT id, n, total, (SELECT total FROM blocks ORDER BY id DESC LIMIT 1) {_ABOVE} LIMIT 1"
_WEBHOOKS = f"""
SELECT id, webhooks, all_webhooks, (SELECT all_webhooks FROM blocks ORDER BY id DESC LIMIT 1) {_ABOVE} LIMIT 1
"""
_OLDEST_AT = f"SELECT oldest_at {_ABOVE} LIMIT 1"
_NEXT = f"SELECT id, n, size, oldest_at, block {_ABOVE}"

_WHOLLY_UP_TO = f"FROM blocks WHERE id <= ?1 / {BLOCK_BODIES} AND {_LAST} <= ?1 ORDER BY id LIMIT ?2"
_DELETABLE = f"SELECT id, n, length(block) {_WHOLLY_UP_TO}"


class InboxFile:
    """One connection to the file. Every method raises StoreUnavailable when SQLite fails; then nothing was changed."""

    def __init__(self, path: Path, *, busy_timeout_ms: int, create: bool = False) -> None:
        """Connect to the file at *path*; with *create*, make what is missing of it."""
        self._path = path
        with self._translating():
            uri = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
            self._connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
            try:
                self._prepare(busy_timeout_ms, create)
            except sqlite3.Error:
                self._connection.close()
                raise

    def _prepare(self, busy_timeout_ms: int, create: bool) -> None:
        execute = self._connection.execute
        execute(f"PRAGMA busy_timeout = {busy_timeout_ms}")
        execute("PRAGMA synchronous = FULL")
        execute("PRAGMA journal_size_limit = 67108864")
        execute("PRAGMA wal_autocheckpoint = 4000")  # all who append wait while the log is copied: seldom, then
        execute("PRAGMA secure_delete = OFF")  # what is deleted was sealed
        if create:
            self._use_wal(busy_timeout_ms / 1000)
            self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")

    def _use_wal(self, patience_s: float) -> None:
        """Switch the file to WAL. SQLite does not wait here for another process that is doing the same: we do."""
        give_up_at = time.monotonic() + patience_s
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.01)

    def close(self) -> None:
        """Close the connection; an open transaction is undone."""
        self._connection.close()

    def number_above(self, above: BodyId) -> None:
        """Give no body that is still to come a number up to *above*."""
        with self._writing() as execute:
            block_id = above // BLOCK_BODIES
            execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'blocks'", (block_id,))
            execute("UPDATE forgotten SET newest = max(newest, ?)", (above,))

    def keep(self, blocks: Iterable[NewBlock]) -> list[int]:
        """Keep *blocks* in one durable transaction and return their numbers."""
        new = list(blocks)
        if len(new) == 1:
            # A statement is a transaction by itself. Each call into SQLite gives the interpreter to another thread, and
            # under load waits until it comes back: one wait is shorter than three.
            with self._translating():
                return [int(self._connection.execute(_KEEP, new[0]).lastrowid or 0)]
        with self._writing() as execute:
            return [int(execute(_KEEP, each).lastrowid or 0) for each in new]

    def take_over(self, blocks: Iterable[Sequence[Any]], newest: BodyId) -> None:
        """Keep *blocks*, rows of another inbox, under the numbers that they have there, where *newest* is the newest
        body. This inbox must be empty."""
        with self._writing() as execute:
            for each in blocks:
                execute(f"INSERT INTO blocks ({', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", tuple(each))
        self.number_above(newest)

    def forget_some(self, up_to: BodyId) -> bool:
        """Delete some of the blocks that lie wholly at *up_to* or below. Return whether there may be more."""
        with self._writing() as execute:
            rows = execute(_DELETABLE, (up_to, _FORGET_BLOCKS)).fetchall()
            doomed = _within(rows, _FORGET_BYTES)
            if doomed:
                block_id, n, _ = doomed[-1]
                execute("UPDATE forgotten SET newest = max(newest, ?)", (block_id * BLOCK_BODIES + n - 1,))
                execute("DELETE FROM blocks WHERE id <= ?", (block_id,))
        return len(doomed) == _FORGET_BLOCKS or len(doomed) < len(rows)

    def must_be_writable(self) -> None:
        """Raise StoreUnavailable when nothing can be kept: on a full disk, the file may still have room inside."""
        with self._writing() as execute:
            execute("UPDATE forgotten SET newest = newest")
        try:
            try_to_write(self._path.parent)
        except OSError as error:
            raise StoreUnavailable(f"The disk of the inbox {self._path} takes nothing: {error.strerror}.") from error

    def can_forget(self, up_to: BodyId) -> bool:
        """Whether any block lies wholly at *up_to* or below."""
        with self._translating():
            return self._connection.execute(_DELETABLE, (up_to, 1)).fetchone() is not None

    def newest(self) -> BodyId:
        """The number of the newest body ever kept."""
        with self._translating():
            return int(self._connection.execute(_NEWEST).fetchone()[0])

    def holds_any(self) -> bool:
        """Whether there is any block."""
        with self._translating():
            return self._connection.execute("SELECT 1 FROM blocks LIMIT 1").fetchone() is not None

    def waiting(self, after: BodyId) -> int:
        """How many bodies are numbered above *after*."""
        with self._translating():
            row = self._connection.execute(_WAITING, (after,)).fetchone()
        if row is None:
            return 0
        block_id, n, total, total_of_all = row
        done_of_it = max(0, after + 1 - block_id * BLOCK_BODIES)
        return int(total_of_all - (total - n) - done_of_it)

    def webhooks_waiting(self, after: BodyId) -> tuple[int, KeptBlock | None]:
        """How many webhooks are in the blocks wholly above *after*, and the block that is partly above it, if any."""
        with self._translating():
            row = self._connection.execute(_WEBHOOKS, (after,)).fetchone()
        if row is None:
            return 0, None
        block_id, webhooks, up_to_it, up_to_last = row
        if block_id * BLOCK_BODIES > after:
            return int(up_to_last - up_to_it + webhooks), None
        return int(up_to_last - up_to_it), next(iter(self.blocks_after(after, 1, 1)), None)

    def oldest_waiting_at(self, after: BodyId) -> Millis | None:
        """When the oldest body of the first block came that holds one numbered above *after*."""
        with self._translating():
            row = self._connection.execute(_OLDEST_AT, (after,)).fetchone()
        return None if row is None else int(row[0])

    def blocks_after(self, after: BodyId, bodies: int, size: int) -> list[KeptBlock]:
        """The blocks that hold the next *bodies* above *after*; fewer when they exceed *size*."""
        found: list[KeptBlock] = []
        with self._translating(), closing(self._connection.execute(_NEXT, (after,))) as rows:
            for block_id, n, block_size, oldest_at, block in rows:
                size -= block_size
                if found and size < 0:
                    break
                first = block_id * BLOCK_BODIES
                found.append(KeptBlock(first, first + n - 1, oldest_at, bytes(block)))
                bodies -= first + n - max(after + 1, first)
                if bodies <= 0:
                    break
        return found

    def block(self, block_id: int) -> bytes | None:
        """The bytes of one block."""
        with self._translating():
            row = self._connection.execute("SELECT block FROM blocks WHERE id = ?", (block_id,)).fetchone()
        return None if row is None else bytes(row[0])

    @contextmanager
    def _writing(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """Yield `execute` of a transaction that is committed when the block ends, undone if it raises."""
        with self._translating():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection.execute
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreUnavailable(f"The inbox {self._path} does not answer: {error}. {remedy(error)}") from error


def _within(rows: Sequence[tuple[int, int, int]], limit: int) -> Sequence[tuple[int, int, int]]:
    """Return the first of *rows* whose lengths stay within *limit* together; one in any case."""
    for place, row in enumerate(rows):
        limit -= row[2]
        if limit < 0 and place > 0:
            return rows[:place]
    return rows
