"""Exporting: the files that were asked for are made one after the other, watched meanwhile, and deleted in the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from wabawatch.domain.exports import (
    LEASE_MS,
    MOST_TRIES,
    NO_PROGRESS,
    Broken,
    Export,
    ExportState,
    Made,
    Progress,
    key_in,
)
from wabawatch.domain.facts import Millis
from wabawatch.exports_ports import ExportBook, Maker, Making, Shelf
from wabawatch.ports import Clock, Deed

LOOK_S = 1.0
NOTED_EVERY_MS = 2_000
"""So often it is written down how far one is; so soon, therefore, it ends when somebody cancels it"""
WORKER = "exports"
"""Who it is in the audit trail"""


@dataclass(slots=True)
class AtWork:
    """What is being made now, if anything is."""

    export: Export | None = None
    making: Making | None = None
    progress: Progress = NO_PROGRESS
    noted_at: Millis = 0
    outcome: Made | Broken | None = None
    """How it ended, until that is written down"""


@dataclass(frozen=True, slots=True)
class Exporting:
    """Makes one file at a time. For one loop."""

    book: ExportBook
    maker: Maker
    shelf: Shelf
    clock: Clock
    holder: str
    """Ours alone: another process, also a later one, has another"""
    keep_ms: int
    """So long a file is kept"""
    reserve_bytes: int
    """So much stays free on the disk"""
    at: AtWork = field(default_factory=AtWork)

    def step(self) -> bool:
        """Begin the next that waits, or look at the one that is being made; at most some two seconds."""
        if self.at.export is None:
            return self._begin()
        self._watch(self.at.export)
        return True

    def _begin(self) -> bool:
        now = self.clock.now()
        export = self.book.claim(self.holder, now, now + LEASE_MS)
        if export is None:
            return False
        self.at.export, self.at.progress, self.at.noted_at, self.at.outcome = export, NO_PROGRESS, now, None
        if export.tries > MOST_TRIES:
            self.at.outcome = Broken(
                f"its process ended {MOST_TRIES} times before it was done; choose a shorter period"
            )
        else:
            self.at.outcome = self._no_room()
        if self.at.outcome is None:
            try:
                self.at.making = self.maker.begin(export.order, export.wanted, self.shelf.path(export.file_name))
            except OSError as error:
                self.at.outcome = Broken(f"it could not be begun: {error.strerror}")
        return True

    def _watch(self, export: Export) -> None:
        making = self.at.making
        if self.at.outcome is None and making is not None:
            news = making.look(LOOK_S)
            if isinstance(news, Progress):
                self.at.progress = news
            else:
                self.at.outcome = news or self._no_room()
        if isinstance(self.at.outcome, Made):
            self._finish(export, self.at.outcome)
        elif isinstance(self.at.outcome, Broken):
            self._fail(export, self.at.outcome)
        else:
            self._hold(export)

    def _finish(self, export: Export, made: Made) -> None:
        now = self.clock.now()
        is_ours = self.book.finish(export, self.holder, made, now, now + self.keep_ms)
        self._let_go(export, is_kept=is_ours)

    def _fail(self, export: Export, broken: Broken) -> None:
        now = self.clock.now()
        self.book.fail(export, self.holder, broken.why, now, now + self.keep_ms)
        self._let_go(export, is_kept=False)

    def _hold(self, export: Export) -> None:
        now = self.clock.now()
        if now - self.at.noted_at < NOTED_EVERY_MS:
            return
        self.at.noted_at = now
        if not self.book.progress(export, self.holder, self.at.progress, now + LEASE_MS):
            self._let_go(export, is_kept=False)

    def _no_room(self) -> Broken | None:
        free = self.shelf.free_bytes()
        if free >= self.reserve_bytes:
            return None
        return Broken(
            f"only {free >> 20} MiB are free on the disk, which must stay free for webhooks; make room, then ask again"
        )

    def _let_go(self, export: Export, *, is_kept: bool) -> None:
        if self.at.making is not None:
            self.at.making.end()
        if not is_kept:
            self.shelf.drop(export.file_name)
        self.at.export = self.at.making = self.at.outcome = None

    def close(self) -> None:
        """End what is being made; whoever comes next begins it anew. Raises StoreUnavailable."""
        export = self.at.export
        if export is not None:
            self._let_go(export, is_kept=False)
            self.book.release(export, self.holder)

    def clean(self) -> bool:
        """Delete what is over with its file, and files that belong to nothing: a crash may have left some."""
        now = self.clock.now()
        for export in self.book.expired(now):
            self.book.delete(export.key, now, Deed(WORKER, "export_expired"))
            self.shelf.drop(export.file_name)
        for name in self.shelf.names():
            found = self.book.find(key_in(name))
            wanted = (ExportState.DONE, ExportState.RUNNING)
            if found is None or found.file_name != name or found.state not in wanted:
                self.shelf.drop(name)
        return False
