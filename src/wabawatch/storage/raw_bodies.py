"""Raw bodies kept for replay: digested ones move from the inbox into packed blocks, and go when their time is over."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, Protocol

from sqlalchemy import Connection, delete, func, select, update

from wabawatch.domain.errors import DamagedBodies, SealDamaged
from wabawatch.domain.facts import Millis
from wabawatch.ports import Body, BodyId, Inbox, StoredBody
from wabawatch.storage.bodies import pack_block, unpack_block
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert, is_inserted
from wabawatch.storage.partitions import RAW_BLOCKS, drop_whole
from wabawatch.storage.schema import raw_blocks
from wabawatch.storage.sealed import Keyring

TEN_MINUTES_MS = 600_000

_BLOCK_BODIES = 1_000
_BLOCK_BYTES = 4 << 20
"""A block takes no further body once its contents are so many bytes."""

_PURGE_BLOCKS = 50

_LATER = "EXISTS (SELECT 1 FROM raw_blocks WHERE first_id >= {{first}} AND first_id < {{end}} AND last_id > {last})"


class Late(Protocol):
    """What is still told of erased messages."""

    def epoch(self) -> int:
        """A number that changes whenever somebody was erased. Ask before bodies are read."""

    def is_now(self, connection: Connection, epoch: int) -> bool:
        """Whether it is the same number now, in a transaction that writes."""

    def living(self, stored: Sequence[StoredBody]) -> Sequence[StoredBody]:
        """The same bodies without that."""


class Everything:
    """`Late` where nobody is ever erased."""

    def epoch(self) -> int:
        return 0

    def is_now(self, connection: Connection, epoch: int) -> bool:
        return True

    def living(self, stored: Sequence[StoredBody]) -> Sequence[StoredBody]:
        return stored


class RawBodies:
    """The bodies that were digested, in blocks of about 1,000, until they are purged.

    Every method that returns bodies may raise SealBroken, all may raise StoreUnavailable.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        late: Late | None = None,
        block_bodies: int = _BLOCK_BODIES,
    ) -> None:
        self._database = database
        self._late = late or Everything()
        self._keyring = keyring
        self._block_bodies = block_bodies

    def newest(self) -> BodyId:
        """Number of the newest body ever packed (0: none), also when it was purged since."""
        with self._database.reading() as connection:
            return _newest(connection)

    def pack(self, inbox: Inbox, up_to: BodyId, now: Millis, max_wait_ms: int = TEN_MINUTES_MS) -> bool:
        """Move one block of bodies numbered up to *up_to* out of *inbox*. Return whether more is to do.

        A block that is not full is made only when its oldest body was received *max_wait_ms* ago. A crash at any moment
        loses nothing and keeps nothing twice: what is packed is forgotten by the inbox later, at the latest by the next
        call. Of two processes that pack at once, one does nothing; nor is anything done when somebody was erased
        meanwhile. Damaged bodies leave the inbox unpacked: digest
        has set their bytes aside.
        """
        packed = self.newest()
        inbox.forget(packed)
        ready = inbox.waiting(packed) - inbox.waiting(up_to)
        oldest_at = inbox.oldest_waiting_at(packed)
        if ready <= 0 or oldest_at is None or (ready < self._block_bodies and now - oldest_at < max_wait_ms):
            return False
        epoch = self._late.epoch()
        try:
            stored = _one_block(inbox.read(packed, self._block_bodies), up_to)
        except DamagedBodies as damaged:
            return damaged.last <= up_to and self._skip(damaged, packed, epoch)
        if not stored or not self._keep(self._late.living(stored), packed, epoch):
            return False
        inbox.forget(stored[-1].id)
        return ready > len(stored)

    def find(self, id: BodyId) -> Body | None:
        """The body numbered *id*, if it is kept here."""
        nearest = select(raw_blocks).where(raw_blocks.c.first_id <= id).order_by(raw_blocks.c.first_id.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(nearest).one_or_none()
        if row is None or row.n == 0 or row.last_id < id:
            return None
        return next((each.body for each in self._unpack(row.first_id, row.block) if each.id == id), None)

    def find_all(self, ids: Collection[BodyId]) -> dict[BodyId, Body]:
        """Those of *ids* that are kept here and can be opened; each block is opened once."""
        found: dict[BodyId, Body] = {}
        wanted = sorted(ids)
        while wanted and (row := self._next_block(wanted[0])) is not None:
            inside = {id_ for id_ in wanted if row.first_id <= id_ <= row.last_id}
            if inside:
                bodies = self._opened(row.first_id, row.block)
                found |= {each.id: each.body for each in bodies if each.id in inside}
            wanted = [id_ for id_ in wanted if id_ > row.last_id]
        return found

    def after(self, after: BodyId) -> list[StoredBody]:
        """The bodies numbered above *after* that are in the next block here, in order; none: there is no such block.

        Blocks that are damaged are passed over.
        """
        while (row := self._next_block(after + 1)) is not None:
            if found := [each for each in self._opened(row.first_id, row.block) if each.id > after]:
                return found
            after = row.last_id
        return []

    def oldest_at(self, after: BodyId) -> Millis | None:
        """When the oldest body came of the block here that holds the next one above *after*; None: there is none."""
        row = self._next_block(after + 1)
        return None if row is None else int(row.oldest_at)

    def _next_block(self, id_: BodyId) -> Any:
        """The block that holds the body *id_*, or else the first one after it that holds any."""
        c = raw_blocks.c
        with self._database.reading() as connection:
            before = select(raw_blocks).where(c.first_id <= id_).order_by(c.first_id.desc()).limit(1)
            row = connection.execute(before).one_or_none()
            if row is not None and row.n and row.last_id >= id_:
                return row
            later = select(raw_blocks).where(c.first_id > id_, c.n > 0).order_by(c.first_id).limit(1)
            return connection.execute(later).one_or_none()

    def read_range(self, from_at: Millis, to_at: Millis) -> Iterator[StoredBody]:
        """The bodies received from *from_at* until before *to_at*, in the order of their numbers, a block at a time."""
        touching = (
            select(raw_blocks.c.first_id, raw_blocks.c.block)
            .where(raw_blocks.c.n > 0, raw_blocks.c.newest_at >= from_at, raw_blocks.c.oldest_at < to_at)
            .order_by(raw_blocks.c.first_id)
            .limit(1)
        )
        after: BodyId = -1
        while True:
            with self._database.reading() as connection:
                row = connection.execute(touching.where(raw_blocks.c.first_id > after)).one_or_none()
            if row is None:
                return
            after = row.first_id
            yield from (
                each for each in self._unpack(row.first_id, row.block) if from_at <= each.body.received_at < to_at
            )

    def purge(self, last: BodyId) -> int:
        """Delete some of the bodies in blocks wholly numbered up to *last*. Return how many, about; 0: all are gone."""
        old = (
            select(raw_blocks.c.first_id, raw_blocks.c.last_id, raw_blocks.c.n)
            .where(raw_blocks.c.last_id <= last, raw_blocks.c.n > 0)
            .order_by(raw_blocks.c.first_id)
            .limit(_PURGE_BLOCKS)
        )
        with self._database.writing() as connection:
            newest = _newest(connection)
            dropped = drop_whole(connection, RAW_BLOCKS, last + 1, unless=_LATER.format(last=min(last, newest - 1)))
            rows = connection.execute(old).all()
            if rows:
                doomed = raw_blocks.c.first_id <= rows[-1].first_id
                connection.execute(delete(raw_blocks).where(doomed, raw_blocks.c.last_id < newest))
                # The newest block stays as an empty one: it tells up to where the bodies were packed.
                connection.execute(update(raw_blocks).where(doomed, raw_blocks.c.n > 0).values(n=0, block=b""))
        return dropped + int(sum(row.n for row in rows))

    def _skip(self, damaged: DamagedBodies, packed: BodyId, epoch: int) -> bool:
        at = damaged.received_at
        place = {"first_id": damaged.first, "last_id": damaged.last, "n": 0, "oldest_at": at, "newest_at": at}
        return self._write({**place, "block": b""}, packed, epoch)

    def _keep(self, stored: Sequence[StoredBody], packed: BodyId, epoch: int) -> bool:
        received = [each.body.received_at for each in stored]
        first_id = stored[0].id
        row = {
            "first_id": first_id,
            "last_id": stored[-1].id,
            "n": len(stored),
            "oldest_at": min(received),
            "newest_at": max(received),
            "block": pack_block(stored, self._keyring, context=context_of(first_id)),
        }
        return self._write(row, packed, epoch)

    def _write(self, row: Mapping[str, object], packed: BodyId, epoch: int) -> bool:
        """Write one block if *packed* is still the newest packed body, and *epoch* is not over. Return whether it was
        written."""
        with self._database.writing() as connection:
            if _newest(connection) != packed or not self._late.is_now(connection, epoch):
                return False
            return is_inserted(connection, insert(connection, raw_blocks).values(row).on_conflict_do_nothing())

    def _opened(self, first_id: BodyId, block: bytes) -> list[StoredBody]:
        """As `_unpack`; a block that is damaged has no bodies."""
        try:
            return self._unpack(first_id, block)
        except SealDamaged:
            return []

    def _unpack(self, first_id: BodyId, block: bytes) -> list[StoredBody]:
        return unpack_block(bytes(block), self._keyring, context=context_of(first_id))


def newest_head(connection: Connection, size: int) -> bytes:
    """The first *size* bytes of the newest block, as it lies sealed; nothing when there is none."""
    newest = select(func.substr(raw_blocks.c.block, 1, size)).where(raw_blocks.c.n > 0)
    return bytes(connection.execute(newest.order_by(raw_blocks.c.first_id.desc()).limit(1)).scalar() or b"")


def _newest(connection: Connection) -> BodyId:
    newest = select(raw_blocks.c.last_id).order_by(raw_blocks.c.first_id.desc()).limit(1)
    return connection.execute(newest).scalar() or 0


def _one_block(stored: Sequence[StoredBody], up_to: BodyId) -> list[StoredBody]:
    """Return the first of *stored* that fit into one block and are numbered up to *up_to*."""
    block: list[StoredBody] = []
    size = 0
    for each in takewhile(lambda each: each.id <= up_to, stored):
        if size >= _BLOCK_BYTES:
            break
        block.append(each)
        size += len(each.body.content)
    return block


def context_of(first_id: BodyId) -> bytes:
    """Bind a block to its row: one that was moved to another does not open."""
    return b"raw_blocks:%d" % first_id
