"""The durable inbox: group commit, sealed blocks, numbers that never repeat. On SQLite in a file of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from wabawatch.domain.errors import DamagedBodies, SealDamaged, StoreUnavailable
from wabawatch.domain.facts import Millis
from wabawatch.ports import Body, BodyId, StoredBody
from wabawatch.storage.blocks import BLOCK_BODIES, Blocks, Guard
from wabawatch.storage.bodies import decode_block, is_metas
from wabawatch.storage.database import Database
from wabawatch.storage.inbox_file import InboxFile
from wabawatch.storage.inbox_table import InboxTable
from wabawatch.storage.inbox_writer import CONTEXT, Append, DiskGuard, Forget, InboxWriter, Try
from wabawatch.storage.sealed import Keyring

GIB = 1 << 30

_READ_BYTES = 8 << 20
"""A read that has met so many bytes of content returns, even with fewer bodies than were asked for."""


class DurableInbox:
    """`ports.Inbox` on `Blocks`. Every method may be called from any thread.

    Several processes may use the same blocks. The numbers of bodies grow, with gaps.
    """

    def __init__(
        self,
        blocks: Blocks,
        connect: Callable[[], Blocks],
        guards: tuple[Guard, Guard],
        keyring: Keyring,
        above: BodyId,
    ) -> None:
        """Open it. *blocks* is read from; *connect* gives the writer's own. *guards*: the writer's, and ours."""
        self.on_kept: Callable[[], None] = _tell_nobody
        """Called whenever something was kept, by whoever kept it"""
        self._keyring = keyring
        self._reading = threading.Lock()
        self._file = blocks
        if above > blocks.newest():
            blocks.number_above(above)
        self._writer = InboxWriter(connect, guards[0], keyring)
        self._guard = guards[1]

    async def append(self, body: Body) -> BodyId:
        """Keep *body*. On return a crash cannot lose it. Bodies that wait together share one commit.

        Raises StoreUnavailable when nothing was kept. When it is cancelled, the body may be kept or not.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[BodyId]] = loop.create_future()
        self._writer.submit(Append((body,), future, loop))
        body_id = (await future)[0]
        self.on_kept()
        return body_id

    def append_all(self, bodies: Sequence[Body]) -> list[BodyId]:
        """Keep *bodies*, all or none, and return their numbers in order. Same guarantee as `append`."""
        future: Future[list[BodyId]] = Future()
        self._writer.submit(Append(bodies, future))
        ids = future.result()
        self.on_kept()
        return ids

    def number_above(self, above: BodyId) -> None:
        """Give no body that is still to come a number up to *above*. Raises StoreUnavailable."""
        with self._reading:
            self._file.number_above(above)

    def read(self, after: BodyId, limit: int) -> list[StoredBody]:
        """Up to *limit* bodies numbered above *after*, in order, fewer when those after them are damaged.

        Raises DamagedBodies when the very next ones are, SealBroken when a key is missing, StoreUnavailable.
        """
        with self._reading:
            blocks = self._file.blocks_after(after, limit, _READ_BYTES)
        stored: list[StoredBody] = []
        for block in blocks:
            first = max(after + 1, block.first)
            try:
                bodies = self._decode(block.block)
            except SealDamaged as error:
                if stored:
                    break
                raise DamagedBodies(first, block.last, block.oldest_at, block.block) from error
            stored += map(StoredBody, range(first, block.last + 1), bodies[first - block.first :])
        return stored[:limit]

    def find(self, id: BodyId) -> Body | None:
        """The body numbered *id*, while the inbox has it. Raises SealBroken, StoreUnavailable."""
        block_id, index = divmod(id, BLOCK_BODIES)
        with self._reading:
            block = self._file.block(block_id)
        bodies = [] if block is None else self._decode(block)
        return bodies[index] if index < len(bodies) else None

    def newest(self) -> BodyId:
        """Number of the newest body ever kept (0: none)."""
        with self._reading:
            return self._file.newest()

    def waiting(self, after: BodyId) -> int:
        """How many bodies are numbered above *after*."""
        with self._reading:
            return self._file.waiting(after)

    def webhooks_waiting(self, after: BodyId) -> int:
        """How many of the bodies numbered above *after* are webhooks. Raises SealBroken, StoreUnavailable."""
        with self._reading:
            waiting, partly = self._file.webhooks_waiting(after)
        if partly is None:
            return waiting
        try:
            bodies = self._decode(partly.block)[max(0, after + 1 - partly.first) :]
        except SealDamaged:  # as webhooks they will be set aside
            return waiting + partly.last - after
        return waiting + sum(is_metas(body) for body in bodies)

    def oldest_waiting_at(self, after: BodyId) -> Millis | None:
        """When the next body above *after* was received; up to one commit too early, None when there is none."""
        with self._reading:
            return self._file.oldest_waiting_at(after)

    def forget(self, up_to: BodyId) -> None:
        """Delete the bodies numbered *up_to* and below, whole commits at a time: part of one stays. Repeatable."""
        with self._reading:
            more = self._file.can_forget(up_to)
        while more:
            future: Future[bool] = Future()
            self._writer.submit(Forget(up_to, future))
            more = future.result()

    def trouble(self) -> str:
        """Why nothing can be kept now, in a sentence; "" when all is well."""
        try:
            self._guard.check()
        except StoreUnavailable as error:
            return str(error)
        return self._writer.trouble

    def look_again(self) -> None:
        """Find out whether a trouble has passed, also while nothing comes. Without one it does nothing."""
        if self._writer.trouble:
            done: Future[None] = Future()
            self._writer.submit(Try(done))
            done.result()

    def close(self) -> None:
        """Keep what is queued, then close. Afterwards every call raises StoreUnavailable. Repeatable."""
        self._writer.close()
        with self._reading:
            self._file.close()

    def _decode(self, block: bytes) -> list[Body]:
        return decode_block(block, self._keyring, context=CONTEXT)


class SqliteInbox(DurableInbox):
    """The inbox in one SQLite file."""

    def __init__(
        self,
        path: Path,
        keyring: Keyring,
        *,
        reserve_bytes: int = GIB,
        above: BodyId = 0,
        busy_timeout_ms: int = 5_000,
        look_every_s: float = 1.0,
    ) -> None:
        """Open the file at *path*, or make it.

        *reserve_bytes*: with less free space on its disk nothing is appended; it is looked at every *look_every_s*.
        *above*: no new body gets a number up to this one, even in a new file that replaces one that was lost.
        Raises StoreUnavailable.
        """
        file = InboxFile(path, busy_timeout_ms=busy_timeout_ms, create=True)
        connect = partial(InboxFile, path, busy_timeout_ms=busy_timeout_ms)
        # Two, because a guard is used by one thread.
        guards = (DiskGuard(path, reserve_bytes, look_every_s), DiskGuard(path, reserve_bytes, look_every_s))
        super().__init__(file, connect, guards, keyring, above)


class PostgresInbox(DurableInbox):
    """The inbox in a table of the main database. A body is refused as long as that does not answer."""

    def __init__(self, database: Database, keyring: Keyring, *, above: BodyId = 0) -> None:
        """Open the table. *above*: no new body gets a number up to this one. Raises StoreUnavailable."""
        guard = _Trusting()
        super().__init__(InboxTable(database), lambda: InboxTable(database), (guard, guard), keyring, above)


class _Trusting:
    """The guard of what tells by itself when something is wrong."""

    def check(self) -> None:
        return

    def confirm(self) -> None:
        return


def _tell_nobody() -> None:
    return
