"""The archive searched: `flows.browsing.Messages` on its files, day by day from the newest."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Protocol

from wabawatch.domain.archives import ArchivedMessage, Part, day_of, may_fit
from wabawatch.domain.exports import Outline
from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import ContactKey
from wabawatch.domain.search import MessageFilter, Place
from wabawatch.domain.standing import DAY_MS, cohort_at
from wabawatch.meta.wamid import TAIL, pack
from wabawatch.ports import Held
from wabawatch.storage.archived_rows import keys_of
from wabawatch.storage.database import Database
from wabawatch.storage.message_search import Found
from wabawatch.storage.messages import local_key
from wabawatch.storage.scratch import Scratch, in_full

AT_ONCE = 2_000
"""So many messages are looked at closely at a time"""
AT_ONCE_IN_BULK = 20_000
"""... where all of them are wanted: the files of a day are read through once for each time"""
EXAMINED = 300_000
"""So many messages are read for one page: some seconds. A page that ends for that reason says how far it has come"""


class Files(Protocol):
    """Where the archive's files are."""

    def read(self, name: str, sha256: str) -> Iterator[list[ArchivedMessage]]:
        """The messages of a file, page by page. Raises ArchiveDamaged, StoreUnavailable."""


class Parts(Protocol):
    """What is archived."""

    def parts(self, first_day: int = 0, end_day: int = 2**31 - 1) -> list[Part]:
        """The files of days from *first_day* up to but not including *end_day*, the newest first."""


@dataclass(frozen=True, slots=True)
class ArchivedMessages:
    """The messages in the archive, for those who look."""

    database: Database
    parts: Parts
    files: Files
    country_of: Callable[[ContactKey], str]
    examined: int = EXAMINED
    at_once: int = AT_ONCE
    days: tuple[int, int] = (0, 2**31 - 1)
    """From the first up to but not including the second"""

    def search(self, wanted: MessageFilter, after: Place | None, limit: int) -> Found:
        """The newest *limit* archived messages that are *wanted*, of those that come after *after*."""
        known, swept_until = in_full(self.database, self.country_of, wanted)
        scratch = Scratch(self.country_of)
        try:
            held, end = self._search(scratch, known, after, limit)
        finally:
            scratch.close()
        following = _place(held[limit - 1]) if len(held) > limit else end
        return Found(held[:limit], following, end is not None and len(held) <= limit, swept_until, 0)

    def _search(
        self, scratch: Scratch, wanted: MessageFilter, after: Place | None, limit: int
    ) -> tuple[list[Held], Place | None]:
        """Up to one message more than *limit*; and the place up to which was looked, if that is not the end."""
        found: list[Held] = []
        examined = 0
        first, last = self.days
        first = first if wanted.since is None else max(first, day_of(wanted.since))
        ends = [each for each in (wanted.until, after and after.at + (after.id > 0)) if each is not None]
        end_day = min(last, day_of(min(ends) - 1) + 1) if ends else last
        for day, some in groupby(self.parts.parts(first, end_day), attrgetter("day")):
            parts = list(some)
            rows = sum(part.rows for part in parts)
            if examined and examined + rows > self.examined:
                return found, Place((day + 1) * DAY_MS, 0)
            for each in self._of_day(scratch, parts, wanted, after):
                found.append(each)
                if len(found) > limit:
                    return found, None
            examined += rows
        return found, None

    def _of_day(
        self, scratch: Scratch, parts: list[Part], wanted: MessageFilter, after: Place | None
    ) -> Iterator[Held]:
        """The messages of one day that are *wanted*, the newest first."""
        tails = frozenset(pack(each)[-TAIL:] for each in wanted.wamids)
        while True:
            likely = (each for each in self._held(parts) if may_fit(each, wanted, tails) and _is_after(each, after))
            some = heapq.nlargest(self.at_once, likely, key=attrgetter("at", "id"))
            if some:
                yield from sorted(scratch.matching(some, wanted), key=_place, reverse=True)
            if len(some) < self.at_once:
                return
            after = Place(some[-1].at, some[-1].id)

    def _held(self, parts: Iterable[Part]) -> Iterator[ArchivedMessage]:
        for part in parts:
            place = 0
            for page in self.files.read(part.name, part.sha256):
                yield from (each for at, each in enumerate(page, place) if part.holds(at, each.id))
                place += len(page)

    def find(self, wamid: str = "", local_id: str = "", id: int = 0) -> tuple[list[Held], Millis]:
        """The archived messages with a wamid, a local id or an id of ours: everything is read until one is found."""
        if wamid:
            found = self.search(MessageFilter(wamids=(wamid,)), None, 10)
            return found.held, found.swept_until
        key = local_key(local_id) if local_id else b""
        sought = (each for each in self._held(self.parts.parts(*self.days)) if _is(each, id, key))
        some = next(sought, None)
        _, swept_until = in_full(self.database, self.country_of, MessageFilter())
        if some is None:
            return [], swept_until
        scratch = Scratch(self.country_of)
        try:
            return scratch.matching([some], MessageFilter()), swept_until
        finally:
            scratch.close()

    def outline(self, wanted: MessageFilter) -> Outline:
        """On which days the messages are among which those that are *wanted* may be."""
        first = 0 if wanted.since is None else day_of(wanted.since)
        end = self.days[1] if wanted.until is None else day_of(wanted.until - 1) + 1
        return Outline([(part.day * DAY_MS, part.held) for part in self.parts.parts(first, end)])

    def in_bulk(self) -> ArchivedMessages:
        """The same for whoever wants many, in pages of up to `AT_ONCE_IN_BULK`."""
        return replace(self, at_once=AT_ONCE_IN_BULK + 1)

    def of_day(self, day: int) -> ArchivedMessages:
        """Those of one day only."""
        return replace(self, days=(day, day + 1))


def _is(each: ArchivedMessage, id: int, key: bytes) -> bool:
    return each.id == id or (key != b"" and key in keys_of(each))


def _place(held: Held) -> Place:
    return Place(cohort_at(held.message), held.id)


def _is_after(each: ArchivedMessage, place: Place | None) -> bool:
    return place is None or (each.at, each.id) < place
