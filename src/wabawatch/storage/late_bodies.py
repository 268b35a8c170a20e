"""What is still told of erased messages left out of the bodies that are packed: their own time may be days."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from wabawatch.domain.messages import person_keys
from wabawatch.meta.erasing import NOTHING_LEFT, cut
from wabawatch.meta.people import contact, recipient, sender
from wabawatch.meta.traces import Traces
from wabawatch.ports import StoredBody
from wabawatch.storage.books import read_mark
from wabawatch.storage.database import Database
from wabawatch.storage.erasure_sweep import Resign
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.tombstones import EPOCH, WATCHED, Tombstones

Fingerprint = Callable[[StoredBody], bytes]
"""What makes two bodies the same: `flows.digest.fingerprint`"""
_WAMID = re.compile(rb"wamid\.[A-Za-z0-9+/=_-]+")


class LateBodies:
    """For whoever packs. Every method raises StoreUnavailable."""

    def __init__(self, database: Database, keyring: Keyring, resign: Resign, fingerprint: Fingerprint) -> None:
        self._fingerprint = fingerprint
        self._database = database
        self._keyring = keyring
        self._resign = resign

    def epoch(self) -> int:
        """Which one it is now. Ask before bodies are read."""
        with self._database.reading() as connection:
            return read_mark(connection, EPOCH)

    def is_now(self, connection: Connection, epoch: int) -> bool:
        """Whether nobody was erased since *epoch*."""
        return read_mark(connection, EPOCH) == epoch

    def living(self, stored: Sequence[StoredBody]) -> Sequence[StoredBody]:
        """*stored* without items about erased messages, and without whom these were about.

        Of a body that came before, and out of which somebody was cut then, nothing is left: it tells nothing new.
        """
        with self._database.reading() as connection:
            if not read_mark(connection, WATCHED):
                return stored
            stones = Tombstones(self._keyring)
            prints = {one.id: self._fingerprint(one) for one in stored}
            again = stones.cut_bodies(connection, set(prints.values()))
            left = [self._with(one, NOTHING_LEFT) if prints[one.id] in again else one for one in stored]
            wamids = {each.decode() for one in left for each in _WAMID.findall(_plain(one.body.content))}
            gone, _ = stones.erased(connection, wamids, ())
        return [self._without(each, gone) for each in left]

    def _without(self, stored: StoredBody, gone: set[str]) -> StoredBody:
        content = stored.body.content
        if not any(each.encode() in _plain(content) for each in gone):
            return stored
        found = cut(content, Traces((), lambda some: gone.intersection(some)))
        if found is None:
            return stored
        told = [item for item in found.items if isinstance(item, dict)]
        people = [who for item in told for who in (recipient(item), sender(item), contact(item)) if who]
        named = {key for who in people for key in person_keys(who)}
        again = cut(found.content, Traces(sorted(named))) if named else None
        return self._with(stored, (again or found).content)

    def _with(self, stored: StoredBody, content: bytes) -> StoredBody:
        return stored._replace(body=stored.body._replace(content=content, signature=self._resign(stored.body, content)))


def _plain(content: bytes) -> bytes:
    return content.replace(rb"\/", b"/") if rb"\/" in content else content
