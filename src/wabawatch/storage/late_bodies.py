"""What is still told of erased messages left out of the bodies that are packed: their own time may be days."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection

from wabawatch.domain.messages import person_keys
from wabawatch.meta.erasing import cut
from wabawatch.meta.people import contact, recipient, sender
from wabawatch.meta.traces import Traces
from wabawatch.ports import StoredBody
from wabawatch.storage.books import read_mark
from wabawatch.storage.database import Database
from wabawatch.storage.erasure_sweep import Resign
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.tombstones import EPOCH, WATCHED, Tombstones

_WAMID = re.compile(rb"wamid\.[A-Za-z0-9+/=_-]+")


class LateBodies:
    """For whoever packs. Every method raises StoreUnavailable."""

    def __init__(self, database: Database, keyring: Keyring, resign: Resign) -> None:
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
        """*stored* without items about erased messages, and without whom these were about."""
        with self._database.reading() as connection:
            if not read_mark(connection, WATCHED):
                return stored
            wamids = {each.decode() for one in stored for each in _WAMID.findall(_plain(one.body.content))}
            gone, _ = Tombstones(self._keyring).erased(connection, wamids, ())
        return [self._without(each, gone) for each in stored] if gone else stored

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
        left = (again or found).content
        return stored._replace(body=stored.body._replace(content=left, signature=self._resign(stored.body, left)))


def _plain(content: bytes) -> bytes:
    return content.replace(rb"\/", b"/") if rb"\/" in content else content
