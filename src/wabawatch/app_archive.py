"""The composition of the archive: its books, its files, and the loop that has them tended."""

from __future__ import annotations

import secrets
from pathlib import Path

from wabawatch.archives.bucket import BucketPlace
from wabawatch.archives.crew import Crew, Work, store_of
from wabawatch.archives.judged import ArchivedJudgedSends
from wabawatch.archives.searching import ArchivedMessages
from wabawatch.domain.archives import day_number, day_of
from wabawatch.domain.search import MessageFilter
from wabawatch.flows.archive_desk import ArchiveDesk, KeptFor
from wabawatch.flows.archiving import Archiving, Rules, Tell
from wabawatch.flows.browsing import Browsing
from wabawatch.loops import Loop
from wabawatch.meta.countries import country_of
from wabawatch.ports import Clock
from wabawatch.settings import Archive, Settings
from wabawatch.storage.archives import SqlArchives
from wabawatch.storage.database import Database
from wabawatch.storage.deeds import SqlAuditTrail
from wabawatch.storage.retention_counts import RetentionCounts
from wabawatch.web.pages.archived import Archived

RHYTHM_S = 3600.0
FOLDER = "archive"


def new_suffix() -> str:
    """Ten hex digits that no other file has."""
    return secrets.token_hex(5)


def silent(_name: str, _done: int, _total: int) -> None:
    """Tell nobody."""


class ArchiveFlows:
    """Everything that the archive consists of."""

    def __init__(self, database: Database, database_url: str, folder: Path, clock: Clock, settings: Settings) -> None:
        """*folder* is that of the data: the archive's is in it unless the settings name one."""
        kept = settings.archive
        self._database, self._clock = database, clock
        self.is_enabled = kept.enabled
        self.work = Work(
            database_url,
            str((kept.folder or folder / FOLDER).absolute()),
            kept.message_days,
            kept.keep_days,
            bucket=_bucket(kept),
        )
        self.books = SqlArchives(database, country_of)
        days = KeptFor(kept.message_days, kept.keep_days, settings.storage.body_retention_days)
        self.desk = ArchiveDesk(RetentionCounts(database), self.books, clock, days)
        store = store_of(self.work)
        self.messages = ArchivedMessages(database, self.books, store, country_of)
        self.judged = ArchivedJudgedSends(self.books, store, country_of)
        trail = SqlAuditTrail(database)
        self.browsing = Browsing(self.messages, clock, trail)
        self.shown = Archived(self.browsing, lambda day: _of_day(self.messages, day, clock, trail), self.held_in)
        self.crew = Crew(self.work, self.archiving().is_due, clock)

    def archiving(self, tell: Tell = silent) -> Archiving:
        """Whoever archives and restores, in this process."""
        return archiving_of(self._database, self.work, self._clock, tell)

    def held_in(self, wanted: MessageFilter) -> int:
        """How many messages of the days of *wanted* are archived, whether they fit or not."""
        first = 0 if wanted.since is None else day_of(wanted.since)
        last = day_of(self._clock.now() if wanted.until is None else wanted.until - 1)
        return sum(part.held for part in self.books.parts(first, last + 1))

    def loops(self) -> list[Loop]:
        """The loop that has closed days archived, by a process of its own."""
        return [Loop("archive", self.crew.step, RHYTHM_S)] if self.is_enabled else []

    def close(self) -> None:
        """End what is being done; it is finished after the next start."""
        self.crew.close()


def _of_day(found: ArchivedMessages, day: str, clock: Clock, trail: SqlAuditTrail) -> Browsing | None:
    number = day_number(day)
    return None if number is None else Browsing(found.of_day(number), clock, trail)


def _bucket(kept: Archive) -> BucketPlace | None:
    if kept.bucket is None:
        return None
    bucket, _, prefix = kept.bucket.removeprefix("s3://").partition("/")
    secret = kept.bucket_secret_key.reveal() if kept.bucket_secret_key else ""
    where = kept.bucket_endpoint or "", kept.bucket_region or "", kept.bucket_access_key or "", secret
    return BucketPlace(bucket, prefix.strip("/"), *where)


def archiving_of(database: Database, work: Work, clock: Clock, tell: Tell) -> Archiving:
    """Whoever does *work*."""
    rules = Rules(work.live_days, work.keep_days)
    return Archiving(SqlArchives(database, country_of), store_of(work), clock, rules, new_suffix, tell)
