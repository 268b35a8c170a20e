"""Archiving: closed days of messages go to files, come back when somebody wants them, and are deleted in the end.

A step begins a part of the archive, or goes on with one: whatever ends it half-way, the next step finishes. A message
is deleted only when its equal was read back from a file that is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from wabawatch.domain.archives import (
    ArchivedMessage,
    Part,
    PartState,
    Stored,
    archived_before,
    day_name,
    file_name,
    gone_before,
    settled_before,
    strays,
)
from wabawatch.domain.audit_trail import Plain
from wabawatch.domain.errors import ArchiveDamaged, Conflict, NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS
from wabawatch.ports import Clock, Deed

WORKER = "archive"
"""Who it is in the audit trail"""
Said = dict[str, Plain]
Tell = Callable[[str, int, int], None]
"""Told of a part by its file's name: how many of its messages are done, of how many"""


class ArchiveBooks(Protocol):
    """What is archived, and what of it was moved. Every method raises StoreUnavailable."""

    def home(self) -> str:
        """Six hex digits that are in the names of this installation's files."""

    def note(self, now: Millis) -> None:
        """Note which message is the newest now: later it tells which were learnt before."""

    def forget(self, before: Millis) -> None:
        """Forget what is of no use to those who only ask for messages learnt before *before* or later."""

    def learnt_before(self, before: Millis) -> int:
        """An id up to which all messages were learnt before *before* (0: none is known)."""

    def oldest_day(self, before: Millis, up_to_id: int, now: Millis) -> int | None:
        """The first day with messages to archive: before *before*, with ids up to *up_to_id*, and not held back."""

    def pages(self, day: int, up_to_id: int) -> Iterator[list[ArchivedMessage]]:
        """The messages of *day* with ids up to *up_to_id*, as many as are in one part."""

    def add(self, part: Part) -> bool:
        """Write down that a file is whole: from now on its messages are moved.

        False: somebody was erased since they were read. Nothing was written, and they are to be read again.
        """

    def parts(self, first_day: int = 0, end_day: int = 2**31 - 1) -> list[Part]:
        """The files of days from *first_day* up to but not including *end_day*, the newest first."""

    def unfinished(self) -> Part | None:
        """A file whose messages are being moved or restored."""

    def move(self, name: str, place: int, some: Sequence[ArchivedMessage]) -> None:
        """Take *some*, read from the file *name* from row *place* on, away from the live messages, in one transaction.

        One that is not there just as it is in the file stays, and is left out. Of two who do it, one does nothing.
        """

    def restore(self, name: str, place: int, some: Sequence[ArchivedMessage]) -> None:
        """Put *some*, read from the file *name* from row *place* on, back among the live ones, in one transaction."""

    def begin_restoring(self, days: Sequence[int], until: Millis, now: Millis, done: Deed) -> int:
        """Have the messages of *days* put back, and not archived again until *until*. Gives how many that is."""

    def finish_restoring(self, name: str) -> bool:
        """Forget a file all of whose messages are live again. False: it has more."""

    def drop(self, name: str, now: Millis, done: Deed | None = None) -> None:
        """Forget a file; *done* is written into the audit trail."""

    def note_deed(self, now: Millis, done: Deed) -> None:
        """Write into the audit trail what was done."""


class ArchiveStore(Protocol):
    """Where the files are. Every method raises StoreUnavailable."""

    def keep(self, name: str, pages: Iterable[Sequence[ArchivedMessage]]) -> Stored:
        """Write a file; on return it is whole, durable, and was read back. Raises ArchiveDamaged when that failed."""

    def read(self, name: str, sha256: str) -> Iterator[list[ArchivedMessage]]:
        """The messages of a file, page by page. Raises ArchiveDamaged, also when it is gone."""

    def delete(self, name: str) -> None:
        """Delete a file. Repeatable."""

    def names(self, before: Millis) -> list[str]:
        """The files that were written before *before*."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How long what is kept, in days."""

    live_days: int
    keep_days: int


@dataclass(frozen=True, slots=True)
class Archiving:
    """Archives, restores and deletes. For one thread at a time; several processes do no harm."""

    books: ArchiveBooks
    store: ArchiveStore
    clock: Clock
    rules: Rules
    suffix: Callable[[], str]
    """Ten hex digits that no other file has"""
    tell: Tell = lambda _name, _done, _total: None

    def step(self) -> bool:
        """Delete what is over, then archive a part, or finish what was begun. False: there is no more to do.

        What is over goes first: that makes room, and does not wait for a file that cannot be read.
        """
        now = self.clock.now()
        self._delete_over(now)
        part = self.books.unfinished()
        if part is not None:
            self._go_on(part)
            return True
        if self._begin(now):
            return True
        self._delete_strays(now)
        return False

    def is_due(self) -> bool:
        """Whether a step has anything to do; notes what tells so later."""
        now = self.clock.now()
        self.books.note(now)
        self.books.forget(settled_before(now))
        return self.books.unfinished() is not None or self.next_day(now) is not None or bool(self._over(now))

    def next_day(self, now: Millis) -> int | None:
        """The first day with messages to archive."""
        up_to_id = self.books.learnt_before(settled_before(now))
        if not up_to_id:
            return None
        return self.books.oldest_day(archived_before(now, self.rules.live_days), up_to_id, now)

    def _begin(self, now: Millis) -> bool:
        day = self.next_day(now)
        if day is None:
            return False
        name = file_name(day, self.books.home(), self.suffix())
        stored = self.store.keep(name, self.books.pages(day, self.books.learnt_before(settled_before(now))))
        if not stored.rows:
            self.store.delete(name)
            return True
        where = (stored.bytes, stored.sha256, stored.first_at, stored.last_at, now)
        part = Part(name, day, stored.rows, 0, 0, frozenset(), False, *where)
        if self.books.add(part):
            self._go_on(part)
        else:
            self.store.delete(name)
        return True

    def _go_on(self, part: Part) -> None:
        if part.state is PartState.RESTORING:
            for place, page in self._from(part, part.restored):
                self.books.restore(part.name, place, page)
                self.tell(part.name, place + len(page), part.rows)
            if self.books.finish_restoring(part.name):
                self.store.delete(part.name)
            return
        for place, page in self._from(part, part.moved):
            self.books.move(part.name, place, page)
            self.tell(part.name, place + len(page), part.rows)
        self._close(part)

    def _from(self, part: Part, place: int) -> Iterator[tuple[int, list[ArchivedMessage]]]:
        """The pages of a part from row *place* on, each with the row where it begins. The whole file is read."""
        at = 0
        for page in self.store.read(part.name, part.sha256):
            if at + len(page) > place:
                skipped = max(0, place - at)
                yield at + skipped, page[skipped:]
            at += len(page)

    def _close(self, part: Part) -> None:
        """Write down what was archived; a file that in the end holds nothing goes."""
        now = self.clock.now()
        for each in self.books.parts(part.day, part.day + 1):
            if each.name == part.name and each.state is PartState.ARCHIVED:
                if each.held:
                    said: Said = {"file": each.name, "messages": each.held}
                    self.books.note_deed(now, Deed(WORKER, "messages_archived", day_name(each.day), said))
                else:
                    self.books.drop(each.name, now)
                    self.store.delete(each.name)

    def _over(self, now: Millis) -> list[Part]:
        end_day = gone_before(now, self.rules.live_days, self.rules.keep_days)
        return self.books.parts(0, end_day)

    def _delete_over(self, now: Millis) -> None:
        for part in self._over(now):
            if part.state is not PartState.ARCHIVED:
                continue
            said: Said = {"file": part.name, "messages": part.held}
            self.books.drop(part.name, now, Deed(WORKER, "archive_deleted", day_name(part.day), said))
            self.store.delete(part.name)

    def _delete_strays(self, now: Millis) -> None:
        """Delete files that belong to nothing: a crash may have left some."""
        for name in strays(self.store.names(now - DAY_MS), self.books.parts(), self.books.home()):
            self.store.delete(name)

    def restore(self, first_day: int, last_day: int, keep_days: int, actor: str) -> int:
        """Put the messages of these days back among the live ones; they are not archived again for *keep_days*.

        Gives how many. Raises NotFound when none of these days is in the archive, ArchiveDamaged when a file is gone
        or not as it was: then nothing was begun.
        """
        parts = self.books.parts(first_day, last_day + 1)
        if not parts:
            raise NotFound("none of these days is in the archive (some may be live): see `wabawatch archive list`")
        for each in parts:
            next(self.store.read(each.name, each.sha256), None)
        now = self.clock.now()
        days = sorted({part.day for part in parts})
        said: Said = {"to": day_name(last_day), "keep_days": keep_days}
        deed = Deed(actor, "archive_restored", day_name(first_day), said)
        n = self.books.begin_restoring(days, now + keep_days * DAY_MS, now, deed)
        while (part := self.books.unfinished()) is not None:
            self._go_on(part)
        return n

    def forget(self, name: str, actor: str) -> int:
        """Give up a file that cannot be read, for good. Gives how many messages are lost with it.

        What of it is still or again among the live messages stays. Raises NotFound when there is none of this name,
        Conflict when it is whole.
        """
        part = next((each for each in self.books.parts() if each.name == name), None)
        if part is None:
            raise NotFound(f"no file of the archive has the name {name}; `wabawatch archive list` shows them")
        if not self.verify(part):
            raise Conflict(f"{name} is whole, so nothing was given up; `wabawatch archive restore` makes its day live")
        said: Said = {"file": name, "messages": part.held}
        self.books.drop(name, self.clock.now(), Deed(actor, "archive_given_up", day_name(part.day), said))
        self.store.delete(name)
        return part.held

    def verify(self, part: Part) -> str:
        """What is wrong with a file, in a sentence; "" when it is whole."""
        rows = 0
        try:
            for page in self.store.read(part.name, part.sha256):
                rows += len(page)
                self.tell(part.name, rows, part.rows)
        except ArchiveDamaged as error:
            return str(error)
        return "" if rows == part.rows else f"it holds {rows:,} messages, and {part.rows:,} were written"
