"""The composition of exports: what they consist of, and the loops that make and delete their files."""

from __future__ import annotations

import secrets
from pathlib import Path

from wabawatch.domain.standing import DAY_MS
from wabawatch.exports.crew import Crew
from wabawatch.exports.shelf import Shelf
from wabawatch.exports_ports import Maker
from wabawatch.flows.export_desk import ExportDesk
from wabawatch.flows.exporting import Exporting
from wabawatch.loops import Bell, Loop
from wabawatch.ports import Clock
from wabawatch.settings import Settings
from wabawatch.storage.database import Database
from wabawatch.storage.exports import SqlExports
from wabawatch.storage.sealed import Keyring

RHYTHM_S, CLEANED_EVERY_S = 10.0, 600.0
FOLDER = "exports"


def new_key() -> str:
    """A key that nobody can guess."""
    return secrets.token_hex(16)


class ExportFlows:
    """Everything that exports consist of."""

    def __init__(
        self,
        database: Database,
        database_url: str,
        folder: Path,
        keyring: Keyring,
        clock: Clock,
        settings: Settings,
    ) -> None:
        """*folder* is that of the data: theirs is in it unless the settings name one."""
        self.bell = Bell()
        self.book = SqlExports(database, keyring)
        self.shelf = Shelf(settings.exports.folder or folder / FOLDER)
        self.keep_days = settings.exports.keep_days
        self._clock, self._reserve = clock, settings.storage.free_space_reserve
        keep_ms, most = self.keep_days * DAY_MS, settings.exports.most
        self.desk = ExportDesk(self.book, self.shelf, clock, new_key, keep_ms, most, self._reserve, self.bell.ring)
        self.exporting = self.made_by(Crew(database_url))

    def made_by(self, maker: Maker) -> Exporting:
        """Whoever has files made by *maker*."""
        keep_ms = self.keep_days * DAY_MS
        return Exporting(self.book, maker, self.shelf, self._clock, new_key(), keep_ms, self._reserve)

    def loops(self) -> list[Loop]:
        """The loop that makes files, and the one that deletes what is over."""
        return [
            Loop("exports", lambda: self.exporting.step(), RHYTHM_S, bell=self.bell),
            Loop("export files", lambda: self.exporting.clean(), CLEANED_EVERY_S),
        ]

    def close(self) -> None:
        """End what is being made; the next start begins it anew."""
        self.exporting.close()
