"""The key that signs reports and checkpoints of the audit trail: made at first use, its private half sealed."""

from __future__ import annotations

import hmac

from sqlalchemy import Connection, select

from wabawatch.domain.errors import SealBroken
from wabawatch.ports import Clock
from wabawatch.signatures import PrivateKey, PublicKey, Signature
from wabawatch.storage import audit
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.schema_audit import signing_keys
from wabawatch.storage.sealed import Keyring


class SigningKeys:
    """The installation's signing keys. Every method may be called from any thread.

    Each raises StoreUnavailable; SealBroken when none of them opens with the key file. One that does not is passed over
    where another does.
    """

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    def sign(self, purpose: bytes, message: bytes) -> Signature:
        """Sign *message* for *purpose* with the newest key, which is made when there is none."""
        with self._database.reading() as connection:
            key = self._newest(connection)
        return (key or self._made()).sign(purpose, message)

    def derived(self, purpose: bytes) -> list[bytes]:
        """A key for *purpose* of each, the newest first; one is made when there is none. They stay the same when the
        keys that seal are renewed, and sign nothing."""
        with self._database.reading() as connection:
            keys = self._all(connection)
        return [hmac.digest(key.raw, purpose, "sha256") for key in keys or [self._made()]]

    def public_keys(self) -> list[PublicKey]:
        """Those of all keys, the newest first. Each is computed from its sealed half, which nobody can put there who
        has not the key file."""
        with self._database.reading() as connection:
            return [key.public for key in self._all(connection)]

    def replace_lost(self) -> None:
        """Make a new one where none of those there are opens any more."""
        with self._database.writing() as connection:
            try:
                self._all(connection)
            except SealBroken:
                self._add(connection)

    def _made(self) -> PrivateKey:
        with self._database.writing() as connection:
            if (key := self._newest(connection)) is not None:
                return key  # another process was faster
            return self._add(connection)

    def _add(self, connection: Connection) -> PrivateKey:
        key, now = PrivateKey.generate(), self._clock.now()
        key_id = key.public.key_id
        sealed = self._keyring.seal(key.raw, context=context_of(key_id))
        row = {"key_id": key_id, "public": key.public.raw, "private": sealed, "made_at": now}
        connection.execute(insert(connection, signing_keys).values(row))
        audit.append(connection, now, "system", "signing_key_made", f"key:{key_id}")
        return key

    def _newest(self, connection: Connection) -> PrivateKey | None:
        return next(iter(self._all(connection)), None)

    def _all(self, connection: Connection) -> list[PrivateKey]:
        newest_first = select(signing_keys).order_by(signing_keys.c.made_at.desc(), signing_keys.c.key_id)
        keys: list[PrivateKey] = []
        lost: SealBroken | None = None
        for row in connection.execute(newest_first):
            try:
                keys.append(PrivateKey(self._keyring.open(bytes(row.private), context=context_of(str(row.key_id)))))
            except SealBroken as error:
                lost = error
        if lost is not None and not keys:
            raise lost
        return keys


def context_of(key_id: str) -> bytes:
    """What a private key is sealed as."""
    return b"signing_keys.private " + key_id.encode()
