"""The archive: closed days of messages, in files. What is archived and when, and what a file holds. Pure values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.facts import Millis
from wabawatch.domain.search import MessageFilter
from wabawatch.domain.standing import DAY_MS

CLOSED_DAYS = 45
"""A day closes so long after its end: a message may live for 30 days, and Meta repeats its news for 7 more"""
SETTLED_DAYS = 8
"""What was learnt later stays with the live messages for so long, however old it is: an import goes on for a while"""
PART_ROWS = 200_000
"""So many messages are in one file at most"""
KEEP_RESTORED_DAYS = 30
"""So long what was restored is not archived again"""


MENDED_BY = "put it back from a backup, or give it up with `wabawatch archive forget`"
"""What to do about a file that cannot be read"""


class Kind(StrEnum):
    """What the values of a column are."""

    WHOLE = "whole"
    TIME = "time"
    """Milliseconds since 1970 UTC"""
    TEXT = "text"
    BYTES = "bytes"


class ArchivedMessage(NamedTuple):
    """A row of the live messages with its words instead of their numbers: it can be read, and put back as it was."""

    id: int
    at: Millis
    """Cohort time; the stamps are so many milliseconds after it"""
    phone_number_id: str
    waba_id: str | None
    contact_kind: str | None
    """phone, bsuid, username, group or erased"""
    contact: str | None
    wamid: bytes | None
    """Packed, and without the phone number where that is the contact's: `meta.wamid`"""
    direction: str
    status: str
    type: str
    category: str
    template_name: str | None
    template_language: str | None
    user: str | None
    lead: str | None
    error_code: int | None
    accepted_after: Millis | None
    sent_after: Millis | None
    delivered_after: Millis | None
    read_after: Millis | None
    played_after: Millis | None
    failed_after: Millis | None
    expires_at: Millis | None
    pricing_model: str
    pricing_type: str
    pricing_category: str
    billable: int
    template_use: str
    template_status: str
    template_health: str
    use_reason: str
    quality_rating: str
    claims: bytes
    state: int
    extra: bytes | None
    errors: bytes | None
    """MessagePack: a list of [at, code, subcode, title, message, details, href, transient, fbtrace_id]"""
    participants: bytes | None
    """MessagePack: a list of [kind, contact, sent, delivered, read, played, failed]"""
    local_ids: bytes | None
    """The keys of the ids that logging it gave: `storage.archived_rows`"""


KINDS: Mapping[str, Kind] = {
    name: Kind.TIME
    if name in ("at", "expires_at")
    else Kind.BYTES
    if name in ("wamid", "claims", "extra", "errors", "participants", "local_ids")
    else Kind.WHOLE
    if name in ("id", "error_code", "billable", "state") or name.endswith("_after")
    else Kind.TEXT
    for name in ArchivedMessage._fields
}
"""What the values of each column are."""


class PartState(StrEnum):
    """How far a part of the archive is."""

    MOVING = "moving"
    """Its file is whole; some of its messages are still among the live ones"""
    ARCHIVED = "archived"
    RESTORING = "restoring"
    """Some of its messages are among the live ones again"""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the archive. Of its rows those from *restored* up to *moved* are in the archive, but for *left_out*:
    every other is with the live messages."""

    name: str
    """Of its file"""
    day: int
    """Days since 1970"""
    rows: int
    moved: int
    restored: int
    left_out: frozenset[int]
    """Ids of messages that had changed before they were moved: these stayed live"""
    is_restoring: bool
    bytes: int
    sha256: str
    first_at: Millis
    last_at: Millis
    made_at: Millis

    @property
    def state(self) -> PartState:
        """How far it is."""
        if self.is_restoring:
            return PartState.RESTORING
        return PartState.ARCHIVED if self.moved == self.rows else PartState.MOVING

    def stored_anew(self, name: str, stored: Stored) -> Part:
        """The same part in another file."""
        return replace(self, name=name, bytes=stored.bytes, sha256=stored.sha256)

    @property
    def held(self) -> int:
        """So many messages are in the archive by this part."""
        return max(0, self.moved - self.restored - len(self.left_out))

    def holds(self, place: int, id: int) -> bool:
        """Whether the message *id*, in row *place* of the file, is in the archive by this part."""
        return self.restored <= place < self.moved and id not in self.left_out


class Stored(NamedTuple):
    """A file that is whole and was read back."""

    rows: int
    first_at: Millis
    last_at: Millis
    bytes: int
    sha256: str


def day_of(at: Millis) -> int:
    """The day of *at*, in days since 1970 UTC."""
    return at // DAY_MS


def day_name(day: int) -> str:
    """A day in words, as ISO 8601."""
    return f"{datetime.fromtimestamp(day * DAY_MS / 1000, UTC):%Y-%m-%d}"


def day_number(name: str) -> int | None:
    """The day that is so called, in days since 1970; None: there is none."""
    try:
        found = date.fromisoformat(name)
    except ValueError:
        return None
    return found.toordinal() - _EPOCH if len(name) == len("2026-05-03") else None


_EPOCH = date(1970, 1, 1).toordinal()


def archived_before(now: Millis, live_days: int) -> Millis:
    """Messages of days before this are archived at the time *now*: the beginning of the first day that stays live."""
    return max(0, day_of(now) - max(live_days, CLOSED_DAYS)) * DAY_MS


def settled_before(now: Millis) -> Millis:
    """Of those only such as were learnt before this."""
    return max(0, now - SETTLED_DAYS * DAY_MS)


def gone_before(now: Millis, live_days: int, keep_days: int) -> int:
    """The archive of days before this day is deleted at the time *now*."""
    return max(0, day_of(archived_before(now, live_days)) - keep_days)


def file_name(day: int, home: str, suffix: str) -> str:
    """The name of a file of the archive; *home*: six hex digits of ours; *suffix*: ten that no other has."""
    return f"messages-{day_name(day)}-{home}{suffix}.parquet"


def is_file_name(name: str) -> bool:
    """Whether *name* is one that an installation gave."""
    return _FILE_NAME.fullmatch(name) is not None


def strays(names: Iterable[str], known: Iterable[Part], home: str) -> list[str]:
    """Those of *names* that the installation *home* gave, and that belong to nothing it knows: a crash left them.

    Others may keep their archives in the same place.
    """
    ours = {part.name for part in known}
    start = len(file_name(0, "", "")) - len(".parquet")
    return [name for name in names if name not in ours and name.startswith(home, start)]


_FILE_NAME = re.compile(r"messages-\d{4}-\d\d-\d\d-[0-9a-f]{16}\.parquet")


class Removal(StrEnum):
    """What retention takes away."""

    MESSAGES = "messages"
    """to the archive"""
    ARCHIVED = "archived messages"
    BODIES = "raw bodies"
    LETTERS = "dead letters"
    FIGURES = "old figures"


class WouldGo(NamedTuple):
    """What retention would take away of one kind."""

    kind: Removal
    n: int
    up_to: Millis | None
    """Up to when, for those that have one edge"""
    bytes: int | None = None

    @property
    def sentence(self) -> str:
        """In words: `would move 1.2 million messages up to 3 May 2026 to the archive`."""
        until = "" if self.up_to is None else f" up to {_date(self.up_to)}"
        if not self.n:
            return f"would remove no {self.kind.value}"
        if self.kind is Removal.MESSAGES:
            return f"would move {about(self.n)} messages{until} to the archive"
        return f"would remove {about(self.n)} {self.kind.value}{until}"


def about(n: int) -> str:
    """A count as one says it: `1.2 million`, `12,345`."""
    if n < 1_000_000:
        return f"{n:,}"
    word, size = ("billion", 1_000_000_000) if n >= 999_950_000 else ("million", 1_000_000)
    return f"{n / size:.1f} {word}"


def _date(before: Millis) -> str:
    last = datetime.fromtimestamp(max(0, before - 1) / 1000, UTC)
    return f"{last.day} {last:%B %Y}"


def may_fit(each: ArchivedMessage, wanted: MessageFilter, tails: frozenset[bytes]) -> bool:
    """Whether *each* can be among what is *wanted*: what is quickly told. *tails*: how the wamids end, packed."""
    if wanted.since is not None and each.at < wanted.since:
        return False
    if wanted.until is not None and each.at >= wanted.until:
        return False
    if tails and not (each.wamid or b"").endswith(tuple(tails)):
        return False
    pairs = (
        (each.phone_number_id, wanted.numbers),
        (each.contact, wanted.contacts),
        (each.user, wanted.users),
        (each.lead, wanted.leads),
        (each.template_name, wanted.templates),
        (each.template_language, wanted.languages),
        (each.waba_id, wanted.wabas),
        (each.type, wanted.types),
        (each.category, wanted.categories),
        (each.error_code, wanted.error_codes),
    )
    return all(not some or value in some for value, some in pairs)
