"""How much is stored, and how much more there is room for: `flows.overseeing.Store`."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import text

from wabawatch.domain.oversight import Room
from wabawatch.storage.database import Database

_BESIDE = ("", "-wal", "-shm")
"""What SQLite writes a database to, and beside it"""


class StoreRoom:
    """The room of one installation, whose files lie in *folder*."""

    def __init__(self, database: Database, file: Path | None, inbox: Path | None, folder: Path, reserve: int) -> None:
        """*file*: of an SQLite database; *inbox*: that of the inbox, None: the database holds that too."""
        self._database, self._file, self._inbox = database, file, inbox
        self._folder, self._reserve = folder, reserve

    def room(self) -> Room:
        """How much is stored, and how much more there is room for. Raises StoreUnavailable."""
        stored = self._on_server() if self._file is None else _size(self._file)
        try:
            disk = shutil.disk_usage(self._folder)
            free, total = disk.free, disk.total
        except OSError:  # what is wrong with the folder is told by the checks
            return Room(stored, _size(self._inbox), None, None, self._reserve)
        return Room(stored, _size(self._inbox), free, total, self._reserve)

    def _on_server(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def _size(path: Path | None) -> int:
    found = 0
    for ending in _BESIDE if path is not None else ():
        try:
            found += Path(f"{path}{ending}").stat().st_size
        except OSError:  # it comes and goes
            continue
    return found
