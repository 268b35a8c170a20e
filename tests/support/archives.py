"""An archive in a folder, for the books of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.support.books import HandClock, Shelf
from tests.support.facts import DAY
from wabawatch.archives.folder import Folder
from wabawatch.domain.archives import ArchivedMessage, Stored
from wabawatch.flows.archiving import Archiving, Rules
from wabawatch.meta.countries import country_of
from wabawatch.storage.archives import SqlArchives
from wabawatch.storage.schema import messages

LIVE_DAYS, KEEP_DAYS = 90, 396


class Killed(BaseException):
    """The process is gone."""


class Attic:
    """The archive of *shelf*, whose clock is turned by hand."""

    def __init__(self, shelf: Shelf, folder: Path, now: int) -> None:
        self.shelf = shelf
        self.clock = HandClock(now)
        self.books = SqlArchives(shelf.database, country_of)
        self.store = Folder(folder)
        self._made = 0
        self.archiving = Archiving(self.books, self.store, self.clock, Rules(LIVE_DAYS, KEEP_DAYS), self._suffix)

    def _suffix(self) -> str:
        self._made += 1
        return f"{self._made:010x}"

    def pass_days(self, days: int) -> None:
        """Let *days* pass; nothing is archived."""
        self.books.note(self.clock.now())
        self.clock.turn_to(self.clock.now() + days * DAY)

    def archive(self) -> None:
        """Everything that is due."""
        while self.archiving.step():
            pass

    def with_store(self, store: Any) -> Archiving:
        """Whoever archives with another store."""
        return replace(self.archiving, store=store)

    def everywhere(self) -> list[int]:
        """The ids of all messages, live and archived, as often as each is there."""
        with self.shelf.database.reading() as connection:
            live = connection.execute(select(messages.c.id)).scalars().all()
        return [*live, *(each.id for each in self.held())]

    def held(self) -> list[ArchivedMessage]:
        """What is in the archive."""
        return [
            each
            for part in self.books.parts()
            for place, each in enumerate(each for page in self.store.read(part.name, part.sha256) for each in page)
            if part.holds(place, each.id)
        ]


class MortalStore:
    """A folder that dies at a given call or page."""

    def __init__(self, folder: Folder, lives: int) -> None:
        self._folder, self._lives = folder, lives

    def _beat(self) -> None:
        self._lives -= 1
        if self._lives < 0:
            raise Killed

    def keep(self, name: str, pages: Iterator[Sequence[ArchivedMessage]]) -> Stored:
        self._beat()
        stored = self._folder.keep(name, self._beating(pages))
        self._beat()
        return stored

    def _beating(self, pages: Iterator[Sequence[ArchivedMessage]]) -> Iterator[Sequence[ArchivedMessage]]:
        for page in pages:
            self._beat()
            yield page

    def read(self, name: str, sha256: str) -> Iterator[list[ArchivedMessage]]:
        for page in self._folder.read(name, sha256):
            self._beat()
            yield page

    def delete(self, name: str) -> None:
        self._beat()
        self._folder.delete(name)

    def names(self, before: int) -> list[str]:
        return self._folder.names(before)


class ThenStore:
    """A folder; something happens right after a file is whole."""

    def __init__(self, folder: Folder, then: Callable[[], None]) -> None:
        self._folder, self._then = folder, then

    def keep(self, name: str, pages: Iterator[Sequence[ArchivedMessage]]) -> Stored:
        stored = self._folder.keep(name, pages)
        self._then()
        return stored

    def __getattr__(self, name: str) -> Any:
        return getattr(self._folder, name)
