"""Keyed hashes of ids that were erased: what is still told of these messages is dropped, and nobody is known by them.

The key is made at the first erasure, sealed like everything else, and never changes: a hash of a phone number without
a key could be undone by trying all numbers.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Collection, Iterable

from sqlalchemy import Connection, delete, select

from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import ContactKey
from wabawatch.storage.bulk import Lookup, insert_missing
from wabawatch.storage.dialect import insert
from wabawatch.storage.messages import local_key
from wabawatch.storage.schema_erasure import erasure_secrets, tombstones
from wabawatch.storage.sealed import Keyring

EPOCH = "erasures"
"""The mark that moves whenever words mean nobody from now on: who remembers any must forget"""
WATCHED = "tombstones_until"
"""The mark that says until when there may be any tombstone (0: there never was one)"""
LATE = "late_erased"
"""The counter of what was told of erased messages, and dropped"""
CONTEXT = b"erasure_secrets.secret"
DIGEST_BYTES = 16
_SECRET_BYTES = 32
_ROWS = 1_000

_known = Lookup(lambda some: select(tombstones.c.digest).where(tombstones.c.digest.in_(some)))


class Tombstones:
    """The hashes of one installation. For one thread at a time."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._secret: bytes | None = None

    def wamid(self, connection: Connection, wamid: str) -> bytes:
        """The hash of a message id of Meta's."""
        return self._digest(connection, _of_wamid(wamid))

    def local(self, connection: Connection, key: bytes) -> bytes:
        """The hash of a local id, as it is kept (`messages.local_key`)."""
        return self._digest(connection, b"local\0" + key)

    def body(self, connection: Connection, fingerprint: bytes) -> bytes:
        """The hash of what makes a body the same as another."""
        return self._digest(connection, b"body\0" + fingerprint)

    def cut_bodies(self, connection: Connection, fingerprints: Collection[bytes]) -> set[bytes]:
        """Those of *fingerprints* that are of bodies out of which a person was cut."""
        if self._looked_up(connection) is None:
            return set()
        by_digest = {self.body(connection, each): each for each in fingerprints}
        return {by_digest[bytes(row[0])] for row in _known(connection, list(by_digest))}

    def contact(self, connection: Connection, contact: ContactKey) -> bytes:
        """The hash of an id of a person."""
        return self._digest(
            connection, b"contact\0%d\0" % contact.kind + contact.value.encode("utf-8", "surrogatepass")
        )

    def erased(
        self, connection: Connection, wamids: Collection[str], local_ids: Collection[str]
    ) -> tuple[set[str], set[str]]:
        """Those of *wamids* and of *local_ids* that are ids of erased messages."""
        if self._looked_up(connection) is None:
            return set(), set()
        by_wamid = {self.wamid(connection, each): each for each in wamids}
        by_local = {self.local(connection, local_key(each)): each for each in local_ids}
        found = {bytes(row[0]) for row in _known(connection, [*by_wamid, *by_local])}
        return {by_wamid[each] for each in found & by_wamid.keys()}, {
            by_local[each] for each in found & by_local.keys()
        }

    def judge(self, connection: Connection) -> Callable[[Collection[str]], set[str]]:
        """What tells, without the database, which of some wamids are those of messages that were erased until now."""
        if (secret := self._looked_up(connection)) is None:
            return lambda _: set()
        buried = {bytes(each) for each in connection.execute(select(tombstones.c.digest)).scalars()}
        return lambda wamids: {each for each in wamids if _digest(secret, _of_wamid(each)) in buried}

    def has_secret(self, connection: Connection) -> bool:
        """Whether anything was ever erased."""
        return self._looked_up(connection) is not None

    def make_secret(self, connection: Connection) -> None:
        """Make the key, if there is none yet. In a transaction that writes."""
        if self._looked_up(connection) is None:
            sealed = self._keyring.seal(secrets.token_bytes(_SECRET_BYTES), context=CONTEXT)
            connection.execute(insert(connection, erasure_secrets).values(one=1, secret=sealed))

    def _digest(self, connection: Connection, text: bytes) -> bytes:
        secret = self._looked_up(connection)
        assert secret is not None, "the key is made before anything is hashed"
        return _digest(secret, text)

    def _looked_up(self, connection: Connection) -> bytes | None:
        if self._secret is None:
            sealed = connection.execute(select(erasure_secrets.c.secret)).scalar()
            self._secret = None if sealed is None else self._keyring.open(bytes(sealed), context=CONTEXT)
        return self._secret


def _of_wamid(wamid: str) -> bytes:
    return b"wamid\0" + wamid.encode("utf-8", "surrogatepass")


def _digest(secret: bytes, text: bytes) -> bytes:
    return hmac.digest(secret, text, "sha256")[:DIGEST_BYTES]


def add(connection: Connection, digests: Iterable[bytes], until: Millis) -> None:
    """Keep *digests* until then; one that is there stays as it is."""
    insert_missing(connection, tombstones, [{"digest": each, "until": until} for each in sorted(set(digests))])


def any_old(connection: Connection, now: Millis) -> bool:
    """Whether the time of any is over."""
    old = select(tombstones.c.digest).where(tombstones.c.until <= now).limit(1)
    return connection.execute(old).first() is not None


def drop_old(connection: Connection, now: Millis) -> int:
    """Delete some whose time is over. Gives how many; 0: none is left."""
    old = select(tombstones.c.digest).where(tombstones.c.until <= now).limit(_ROWS)
    return connection.execute(delete(tombstones).where(tombstones.c.digest.in_(old))).rowcount
