"""Bodies wherever they are kept: in the inbox, packed, or set aside because a forward target has not taken them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, delete, exists, func, select

from wabawatch.domain.errors import DamagedBodies, SealBroken
from wabawatch.domain.facts import Millis
from wabawatch.ports import Body, BodyId, Inbox, StoredBody
from wabawatch.storage.bodies import decode_block, encode_block
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks, insert
from wabawatch.storage.raw_bodies import RawBodies
from wabawatch.storage.schema_forward import forward_bodies, forward_deliveries, forward_targets
from wabawatch.storage.sealed import Keyring

RESCUED_AT_ONCE = 200
"""So many bodies are set aside in one transaction."""


class KeptBodies:
    """Reads bodies by number, from where they are just now. Every method may raise StoreUnavailable."""

    def __init__(self, database: Database, keyring: Keyring, inbox: Inbox, raw: RawBodies) -> None:
        self._database = database
        self._keyring = keyring
        self._inbox = inbox
        self._raw = raw

    def newest(self) -> BodyId:
        """Number of the newest body ever kept (0: none)."""
        return self._inbox.newest()

    def waiting(self, after: BodyId) -> int:
        """How many webhooks in the inbox are numbered above *after*."""
        return self._inbox.webhooks_waiting(after)

    def oldest_waiting_at(self, after: BodyId) -> Millis | None:
        """When the next body above *after* was received, about; None when there is none."""
        packed_at = self._raw.oldest_at(after)
        return self._inbox.oldest_waiting_at(after) if packed_at is None else packed_at

    def read(self, after: BodyId, limit: int) -> tuple[list[StoredBody], BodyId]:
        """About *limit* bodies above *after*, in order, and up to which number that is all there is.

        Of packed ones, the rest of a block. Bodies that are damaged or gone are passed over.
        """
        try:
            found, upto = self._inbox.read(after, limit), after
        except DamagedBodies as damaged:
            found, upto = [], damaged.last
        # After the inbox was read: what left it before that is packed by now, and would be missed.
        if self._raw.newest() > after:
            packed = self._raw.after(after)
            if packed:
                return packed, packed[-1].id
        return found, found[-1].id if found else upto

    def fetch(self, ids: Collection[BodyId]) -> dict[BodyId, Body]:
        """Those of *ids* that are kept and can be opened."""
        found = self._raw.find_all(ids)
        for id_ in ids:
            if id_ not in found and (body := self._in_inbox(id_)) is not None:
                found[id_] = body
        # At last, for a body may have moved from one to the other meanwhile.
        missing = [id_ for id_ in ids if id_ not in found]
        return found | self._set_aside(missing) | self._raw.find_all(missing) if missing else found

    def received(self, from_at: Millis, to_at: Millis) -> Iterator[StoredBody]:
        """The bodies received from *from_at* until before *to_at*, in the order of their numbers."""
        last = 0
        for stored in self._raw.read_range(from_at, to_at):
            last = stored.id
            yield stored
        last = max(last, self._raw.newest())
        while (found := self.read(last, 500))[1] > last:
            yield from (each for each in found[0] if from_at <= each.body.received_at < to_at)
            last = found[1]

    def release(self, up_to: BodyId) -> BodyId:
        """Up to which body, at most *up_to*, the packed ones may go. What some target still needs is set aside first.

        A target that was not tried yet with a body holds it, and all after it, where they are.
        """
        with self._database.reading() as connection:
            wanted = select(func.min(forward_targets.c.cursor)).where(forward_targets.c.is_wanted == 1)
            lowest = connection.execute(wanted).scalar()
        limit = up_to if lowest is None else min(up_to, lowest)
        after = 0
        while limit and (some := self._needed(after, limit)):
            bodies = self.fetch(some)
            with self._database.writing() as connection:
                self._keep(connection, bodies)
            after = some[-1]
        return limit

    def _needed(self, after: BodyId, up_to: BodyId) -> list[BodyId]:
        """Bodies that somebody has not taken and that are not set aside yet."""
        c = forward_deliveries.c
        aside = exists().where(forward_bodies.c.body_id == c.body_id)
        query = select(c.body_id).distinct().where(c.body_id > after, c.body_id <= up_to, ~aside)
        with self._database.reading() as connection:
            return list(connection.execute(query.order_by(c.body_id).limit(RESCUED_AT_ONCE)).scalars())

    def _keep(self, connection: Connection, bodies: dict[BodyId, Body]) -> None:
        for id_, body in bodies.items():
            sealed = encode_block([body], self._keyring, context=context_of(id_))
            new = insert(connection, forward_bodies).values(body_id=id_, body=sealed)
            connection.execute(new.on_conflict_do_nothing())

    def _set_aside(self, ids: Collection[BodyId]) -> dict[BodyId, Body]:
        found: dict[BodyId, Body] = {}
        for some in chunks(ids):
            with self._database.reading() as connection:
                rows = connection.execute(select(forward_bodies).where(forward_bodies.c.body_id.in_(some))).all()
            for row in rows:
                try:
                    opened = decode_block(bytes(row.body), self._keyring, context=context_of(row.body_id))
                except SealBroken:
                    continue
                found[row.body_id] = opened[0]
        return found

    def _in_inbox(self, id_: BodyId) -> Body | None:
        try:
            return self._inbox.find(id_)
        except SealBroken:
            return None


def drop_unneeded(connection: Connection, limit: int = 5_000) -> int:
    """Delete bodies that were set aside and that no target needs any more. Gives how many."""
    needed = exists().where(forward_deliveries.c.body_id == forward_bodies.c.body_id)
    some = select(forward_bodies.c.body_id).where(~needed).limit(limit)
    return connection.execute(delete(forward_bodies).where(forward_bodies.c.body_id.in_(some))).rowcount


def context_of(id_: BodyId) -> bytes:
    """As what the body *id_* is sealed."""
    return b"forward_bodies:%d" % id_
