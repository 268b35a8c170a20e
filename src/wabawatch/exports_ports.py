"""What exports need from the outside, each method with its guarantee."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from wabawatch.domain.exports import Broken, Export, Made, Order, Outline, Progress
from wabawatch.domain.facts import Millis
from wabawatch.domain.search import MessageFilter, Place
from wabawatch.ports import Deed, Held


class ExportBook(Protocol):
    """The exports that are kept. Each change is written with its entry in the audit trail; raises StoreUnavailable."""

    def add(self, export: Export, most: int, done: Deed) -> bool:
        """Keep a new one. False: its owner has *most* under way already, and nothing was kept."""

    def find(self, key: str) -> Export | None:
        """The one with this key."""

    def all(self, owner: str | None, limit: int) -> Sequence[Export]:
        """The newest *limit*, of one owner or (None) of all."""

    def claim(self, holder: str, now: Millis, until: Millis) -> Export | None:
        """Take the next that waits, or that its holder let go silent; it is then running, and *holder*'s until *until*.

        Of several processes exactly one gets it. None: there is none.
        """

    def progress(self, export: Export, holder: str, progress: Progress, until: Millis) -> bool:
        """Note how far it is, and hold it on. False: it is *holder*'s no more (cancelled, deleted, or taken over)."""

    def finish(self, export: Export, holder: str, made: Made, now: Millis, expires_at: Millis) -> bool:
        """Note that its file is whole and in its place. False: it is *holder*'s no more; nothing was noted."""

    def fail(self, export: Export, holder: str, why: str, now: Millis, expires_at: Millis) -> bool:
        """Note that there will be no file. False: as `finish`."""

    def release(self, export: Export, holder: str) -> None:
        """Let it wait again, as if it had never been begun."""

    def cancel(self, key: str, now: Millis, expires_at: Millis, done: Deed) -> bool:
        """End one that is under way. False: it is not."""

    def delete(self, key: str, now: Millis, done: Deed) -> bool:
        """Forget one. False: there is none."""

    def expired(self, now: Millis) -> Sequence[Export]:
        """Those whose time is over."""

    def note(self, at: Millis, done: Deed) -> None:
        """Write down a deed that changes none of them, durably."""


class FoundMessages(Protocol):
    """A page of a search."""

    @property
    def held(self) -> list[Held]:
        """The messages, the newest first."""

    @property
    def following(self) -> Place | None:
        """Where the next page begins; None: there is none."""

    @property
    def swept_until(self) -> Millis:
        """How far the expiry sweep had come."""


class Source(Protocol):
    """Where the messages come from. Each method is a short transaction of its own; raises StoreUnavailable."""

    def search(self, wanted: MessageFilter, after: Place | None, limit: int) -> FoundMessages:
        """The newest *limit* messages that are *wanted*, of those that come after *after*."""

    def outline(self, wanted: MessageFilter) -> Outline:
        """In which hours the messages are among which those that are *wanted* may be."""


class Making(Protocol):
    """A file that is being made by somebody else."""

    def look(self, wait_s: float) -> Progress | Made | Broken | None:
        """What is new, waiting for it for so long; None: nothing. After Made or Broken there is nothing more.

        Made: the whole file is durably at the path that was given. Broken: there is nothing at it.
        """

    def end(self) -> None:
        """Stop, and leave nothing behind. Repeatable."""


class Maker(Protocol):
    """Makes files in the background."""

    def begin(self, order: Order, wanted: MessageFilter, path: Path) -> Making:
        """Begin one: what is at *path* is written anew."""


class Shelf(Protocol):
    """The folder in which the files are. Names are those of `Export.file_name`, else ValueError is raised."""

    def path(self, name: str) -> Path:
        """Where a file of this name is or would be."""

    def drop(self, name: str) -> None:
        """Delete a file, and what was begun of it. Repeatable."""

    def names(self) -> Sequence[str]:
        """The files of ours that there are, also such as were only begun."""

    def free_bytes(self) -> int:
        """How much is free on its disk."""
