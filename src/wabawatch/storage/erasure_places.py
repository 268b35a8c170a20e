"""Everything sealed of one installation, for whoever erases or gives out what is kept of a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.meta.traces import Traces
from wabawatch.ports import Body, BodyId, StoredBody
from wabawatch.storage.archived_erasure import FOUND, ArchiveSweep
from wabawatch.storage.database import Database
from wabawatch.storage.erasure_sweep import Resign, Sweep, Swept
from wabawatch.storage.erasures import SqlErasures
from wabawatch.storage.late_bodies import Fingerprint
from wabawatch.storage.scrubbing import scrub
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.tombstones import Tombstones


class SealedPlaces:
    """`flows.erasing.Sealed`. Every method raises StoreUnavailable."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        book: SqlErasures,
        files: Sequence[Path],
        resign: Resign,
        archive: ArchiveSweep,
        fingerprint: Fingerprint,
    ) -> None:
        """*files*: the SQLite files, the inbox last; none on PostgreSQL."""
        self._fingerprint = fingerprint
        self._archive = archive
        self._database = database
        self._keyring = keyring
        self._book = book
        self._files = files
        self._resign = resign

    def size(self) -> int:
        """How many rows a sweep looks at, about."""
        return self._sweep((), 0, 0).size() + self._archive.size()

    def sweep(self, keys: Sequence[ContactKey], up_to: BodyId, now: Millis, tell: Callable[[int], None]) -> Swept:
        """Take the person with *keys* out of everything, also who is only known by the ids of erased messages.

        *tell* is told how many rows were looked at, each time. What was found says whether another sweep is needed.
        """
        sweep = self._sweep(keys, up_to, now, on_row=tell)
        sweep.inbox_and_more()
        # Who packs bodies now has either read them after that, or is told by this that he read them before.
        self._book.forget_words()
        swept = sweep.everything_else()
        if archived := self._archive.sweep(keys, sweep.sure, now, tell):
            swept.found[FOUND] += archived
        return swept

    def look(
        self, keys: Sequence[ContactKey], up_to: BodyId, found: Callable[[str, Any], None], tell: Callable[[int], None]
    ) -> Swept:
        """Change nothing: *found* is told of everything that a sweep would take out."""
        sweep = self._sweep(keys, up_to, 0, is_dry=True, on_found=found, on_row=tell)
        sweep.inbox_and_more()
        for message in self._archive.look(keys, sweep.sure, tell):
            sweep.swept.found[FOUND] += 1
            found(FOUND, {name: value for name, value in message._asdict().items() if not isinstance(value, bytes)})
        return sweep.everything_else()

    def scrub(self, *, compact: bool) -> bool:
        """Take what was deleted out of the files, too. False: some of it stays in a log for now."""
        scrubbed = [scrub(path, compact=compact) for path in self._files]
        return all(scrubbed)

    def _sweep(self, keys: Sequence[ContactKey], up_to: BodyId, now: Millis, **more: Any) -> Sweep:
        def bury(bodies: Sequence[Body]) -> None:
            self._book.bury_bodies({self._fingerprint(StoredBody(0, each)) for each in bodies}, now)

        with self._database.reading() as connection:
            erased = Tombstones(self._keyring).judge(connection)
        sure = Traces([key for key in keys if key.kind in (ContactKind.PHONE, ContactKind.BSUID)])
        inbox = self._files[-1] if self._files else None
        person = Traces(keys, erased)
        return Sweep(self._database, self._keyring, inbox, self._resign, person, sure, up_to, bury, **more)
