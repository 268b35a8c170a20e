"""The archive as people see it: what retention would take away now, and what is archived."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from wabawatch.domain.archives import WouldGo, archived_before, gone_before, settled_before
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS
from wabawatch.ports import Clock


class Counts(Protocol):
    """What would go, counted. Every method raises StoreUnavailable."""

    def messages(self, before: Millis, up_to_id: int, now: Millis) -> WouldGo:
        """The live messages from before *before* with ids up to *up_to_id*, but for days that were restored."""

    def archived(self, before_day: int, up_to_id: int, now: Millis) -> WouldGo:
        """The archived messages of days before *before_day*, and the live ones that are archived first."""

    def bodies(self, kept_before: Millis) -> WouldGo:
        """The raw bodies that were kept before *kept_before*."""

    def letters(self, now: Millis) -> WouldGo:
        """The dead letters whose time is over."""

    def figures(self, now: Millis) -> WouldGo:
        """The buckets of figures whose time is over."""


class Learnt(Protocol):
    """When messages were learnt."""

    def learnt_before(self, before: Millis) -> int:
        """An id up to which all messages were learnt before *before* (0: none is known)."""


@dataclass(frozen=True, slots=True)
class KeptFor:
    """How long what is kept, in days."""

    messages: int
    archive: int
    bodies: int

    def changed(self, messages: int | None, archive: int | None, bodies: int | None) -> KeptFor:
        """The same with what is given."""
        given = {"messages": messages, "archive": archive, "bodies": bodies}
        return replace(self, **{name: days for name, days in given.items() if days is not None})


@dataclass(frozen=True, slots=True)
class ArchiveDesk:
    """Says what retention does."""

    counts: Counts
    books: Learnt
    clock: Clock
    kept: KeptFor

    def preview(self, kept: KeptFor | None = None) -> list[WouldGo]:
        """What would go if everything were kept for so long: by the settings, or by *kept*.

        Raw bodies that a forward target has not taken stay beyond their time; they are counted here.
        """
        kept, now = kept or self.kept, self.clock.now()
        learnt = self.books.learnt_before(settled_before(now))
        return [
            self.counts.messages(archived_before(now, kept.messages), learnt, now),
            self.counts.archived(gone_before(now, kept.messages, kept.archive), learnt, now),
            self.counts.bodies(now - kept.bodies * DAY_MS),
            self.counts.letters(now),
            self.counts.figures(now),
        ]
