"""The composition of erasure: the tables, everything that is sealed, and the files that others made."""

from __future__ import annotations

from collections.abc import Callable

from wabawatch.app_exports import ExportFlows, new_key
from wabawatch.app_person import document_of, packed
from wabawatch.app_places import Places
from wabawatch.archives.crew import Work, store_of
from wabawatch.flows.digest import fingerprint
from wabawatch.flows.erasing import Erasing
from wabawatch.flows.ingest import registry_of
from wabawatch.flows.person_desk import PersonDesk
from wabawatch.loops import Bell, Loop
from wabawatch.meta.countries import country_of
from wabawatch.meta.signature import sign
from wabawatch.ports import Body, Clock, Deed
from wabawatch.settings import Settings
from wabawatch.storage.archived_erasure import ArchiveSweep
from wabawatch.storage.archives import SqlArchives
from wabawatch.storage.database import Database
from wabawatch.storage.deeds import SqlAuditTrail
from wabawatch.storage.dialect import sqlite_file
from wabawatch.storage.erasure_places import SealedPlaces
from wabawatch.storage.erasure_sweep import Resign
from wabawatch.storage.erasures import SqlErasures
from wabawatch.storage.late_bodies import LateBodies
from wabawatch.storage.raw_bodies import RawBodies
from wabawatch.storage.sealed import Keyring

RHYTHM_S = 300.0
"""A step may take minutes: one of a loop that stands still for three rhythms is an alarm"""
ALL = 1_000_000


class ErasureFlows:
    """Everything that erasure consists of."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        places: Places,
        exports: ExportFlows,
        work: Work,
        drain: Callable[[], bool],
        settings: Settings,
        clock: Clock,
    ) -> None:
        self.book = SqlErasures(database, keyring, country_of)
        files = [file for file in (sqlite_file(places.database_url), places.inbox) if file is not None]
        archive = ArchiveSweep(SqlArchives(database, country_of), store_of(work), country_of)
        self.sealed = SealedPlaces(database, keyring, self.book, files, resigned_by(settings), archive, fingerprint)
        self.flow = Erasing(self.book, self.sealed, drain, self._drop_exports, clock)
        self._exports, self._clock = exports, clock
        self._begun, self._asked = Bell(), Bell()
        self.people = PersonDesk(
            self.flow,
            lambda plan, tell: packed(document_of(database, self.flow, clock, plan, tell)),
            SqlAuditTrail(database),
            clock,
            new_key,
            self._asked.ring,
            self._begun.ring,
        )

    def exports(self) -> int:
        """How many files of exports there are, or will be: an erasure deletes all of them."""
        return len(self._exports.book.all(None, ALL))

    def loops(self) -> list[Loop]:
        """Those that erase whom the console was asked to, or another process was ended at, and that count for it."""
        return [
            Loop("erasure", self.flow.step, RHYTHM_S, bell=self._begun),
            Loop("people", self.people.step, RHYTHM_S, bell=self._asked),
        ]

    def _drop_exports(self, actor: str) -> int:
        all_of_them = self._exports.book.all(None, ALL)
        for export in all_of_them:
            self._exports.book.delete(export.key, self._clock.now(), Deed(actor, "export_deleted"))
            self._exports.shelf.drop(export.file_name)
        return len(all_of_them)


def raw_bodies(database: Database, keyring: Keyring, settings: Settings) -> RawBodies:
    """Bodies that are kept for days, without what is still told of erased messages."""
    return RawBodies(database, keyring, late=LateBodies(database, keyring, resigned_by(settings), fingerprint))


def resigned_by(settings: Settings) -> Resign:
    """What signs a body of which something was cut out, as Meta would have signed it: forward targets check that."""
    apps = registry_of(settings.apps)

    def resign(body: Body, content: bytes) -> str:
        known = apps.get(body.app)
        return sign(content, known.secrets[0]) if body.signature and known and known.secrets else ""

    return resign
