"""Where the parts of one installation are kept, and its clock."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wabawatch.domain.errors import BadRequest, SealBroken, SealDamaged
from wabawatch.domain.facts import Millis
from wabawatch.settings import Settings, Storage
from wabawatch.sources import Unseal
from wabawatch.storage.dialect import is_sqlite, sqlite_file
from wabawatch.storage.folders import make_private_folder
from wabawatch.storage.sealed import Keyring, given_keys, load_or_create
from wabawatch.storage.sealed_text import check_sealable, open_text


class SystemClock:
    """The clock of this machine."""

    def now(self) -> Millis:
        """Milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of one installation are kept."""

    database_url: str
    inbox: Path | None
    """The file of the inbox; None: the database holds that too"""
    key_file: Path

    @property
    def folder(self) -> Path:
        """Where files are kept."""
        return self.key_file.parent if self.inbox is None else self.inbox.parent

    @property
    def checkpoints(self) -> Path:
        """The file in which checkpoints of the audit trail are kept a second time."""
        file = sqlite_file(self.database_url)
        name = self.database_url.rpartition("/")[2].partition("?")[0] if file is None else file.stem
        return self.folder / f"{name or 'wabawatch'}-audit-checkpoints.jsonl"

    @property
    def monitor_lock(self) -> Path | None:
        """The file that is locked by the process that runs monitoring; None: the database says who does."""
        return None if self.inbox is None else self.inbox.with_name(f"{self.inbox.stem}-monitor.lock")


def places_of(settings: Settings) -> Places:
    """`places_in` of the settings."""
    return places_in(settings.storage)


def places_in(storage: Storage) -> Places:
    """Where things are, by the settings. Next to an SQLite database that is named, else in the data folder.

    Raises BadRequest when the database is an SQLite one in memory: nothing would be kept.
    """
    if storage.database_url is None:
        folder, name = storage.data_dir, "wabawatch.db"
        return Places(f"sqlite:///{folder / name}", folder / "inbox.db", storage.key_path)
    url = storage.database_url.reveal()
    if not is_sqlite(url):
        return Places(url, None, storage.key_path)
    path = sqlite_file(url)
    if path is None:
        raise BadRequest("DATABASE_URL: an SQLite database in memory keeps nothing; give sqlite:///PATH, or unset it")
    inbox = path.with_name(f"{path.stem}-inbox{path.suffix or '.db'}")
    return Places(f"sqlite:///{path}", inbox, storage.key_file or path.with_name(f"{path.stem}-keys.json"))


def make_room(places: Places) -> None:
    """Make the folder, and the files that are missing, for nobody but our user. Raises OSError."""
    make_private_folder(places.folder)
    if places.inbox is not None:
        for path in (places.inbox, sqlite_file(places.database_url)):
            make_private(path)


def keyring_of(storage: Storage, holds_sealed: Callable[[], bool]) -> Keyring:
    """The keys of the installation: those that are given, else those of the key file. Raises as `load_or_create`."""
    given = storage.keys
    if given is not None:
        return given_keys(given.reveal())
    return load_or_create(places_in(storage).key_file, holds_sealed)


def unsealing(storage: Storage) -> Unseal:
    """Who opens what stands sealed in the settings, with the keys of the installation that *storage* says."""

    def unseal(key: str, text: str) -> str:
        check_sealable(key)
        try:
            # Something is sealed: where the key file is missing none is made.
            return open_text(keyring_of(storage, lambda: True), key, text)
        except (SealBroken, SealDamaged) as error:
            raise ValueError(str(error)) from error

    return unseal


def make_private(path: Path | None) -> None:
    """Make the file at *path*, if it is missing, for nobody but our user. SQLite's files beside it follow its mode."""
    if path is not None:
        # One that is there is not even opened: closing it would drop the locks that this process holds on it.
        with suppress(OSError):  # whoever opens it will say what is wrong
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
