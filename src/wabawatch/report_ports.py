"""What compliance reports need from the outside, each method with its guarantee."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from wabawatch.domain.alert_records import Alert
from wabawatch.domain.archives import ArchivedMessage
from wabawatch.domain.compliance import Verdict
from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.notices import Delivered
from wabawatch.domain.report_restrictions import Word
from wabawatch.domain.report_watched import AccountEvent
from wabawatch.domain.standing import TemplateUse
from wabawatch.domain.told import Told
from wabawatch.ports import Deed, Held
from wabawatch.signatures import Signature

MADE = "report_made"
"""What the audit trail calls it when a revision is made"""
SUBJECT = "report:"
"""How it names a report: its id follows"""


class Revision(NamedTuple):
    """A kept revision, without what stands in it."""

    id: str
    """The same for every revision of one period and scope"""
    revision: int
    scope: str
    start: Millis
    end: Millis
    as_of: Millis
    verdict: Verdict
    made_by: str
    """As in the audit trail"""
    sha256: str
    """Of the document, in hex"""
    signature: Signature


@dataclass(frozen=True, slots=True)
class Kept:
    """A revision, whole."""

    about: Revision
    document: bytes
    """The report as JSON, byte for byte as it was signed"""


class ReportBook(Protocol):
    """The revisions that were made. They are kept for ever; none is ever changed. Raises StoreUnavailable."""

    def newest(self, id: str) -> Kept | None:
        """The last revision of a report; None: there is none."""

    def find(self, id: str, revision: int) -> Kept | None:
        """One revision."""

    def all(self, limit: int) -> Sequence[Revision]:
        """The newest *limit*, by when they were made, the newest first."""

    def keep(self, kept: Kept, at: Millis, done: Deed) -> bool:
        """Keep a new revision, with an entry in the audit trail. Durable on return. False: somebody else was faster,
        and nothing was written."""

    def note(self, at: Millis, done: Deed) -> None:
        """Write a deed into the audit trail."""

    def noted(self) -> Mapping[tuple[str, int], str]:
        """The SHA-256 of every revision that was made, by report and revision, as the audit trail has it."""


class ReportReads(Protocol):
    """What only reports ask for. Raises StoreUnavailable."""

    def alerts(self, start: Millis, end: Millis) -> Sequence[Alert]:
        """The alerts that fired before *end* and were not over at *start*, the newest first."""

    def account_events(self, start: Millis, end: Millis, most: int) -> Sequence[AccountEvent]:
        """What Meta told of accounts and numbers in *start* up to *end*: the newest *most*, the newest first. Names,
        pictures and phone numbers are left out."""

    def restricting(self, end: Millis, wabas: Collection[str] | None) -> Sequence[Word]:
        """What Meta told before *end* of restrictions of accounts, and that they were lifted; of *wabas* only, if
        given."""

    def histories(self, whose: Collection[tuple[str, TemplateRef]]) -> Mapping[tuple[str, TemplateRef], Sequence[Told]]:
        """What was told of each of these templates (WABA, and which), the newest first."""

    def opt_outs(self, start: Millis, end: Millis, wabas: Collection[str] | None) -> int:
        """How many words of people came in *start* up to *end* that they want no more marketing messages; of *wabas*
        only, if given."""

    def agent_actions(self, start: Millis, end: Millis) -> Mapping[str, int]:
        """How often agents did what in *start* up to *end*."""


class JudgedSend(NamedTuple):
    """A send that broke the template rule, or that nobody can judge."""

    at: Millis
    """Cohort time"""
    id: int
    """Ours, of the message"""
    number: str
    """phone_number_id; "" unknown"""
    reason: str
    archived: ArchivedMessage | None = None
    """The message, where it is in the archive"""


class JudgedSends(Protocol):
    """Sends by how they stand to the template rule, among the live messages. Raises StoreUnavailable."""

    def nearest(self, start: Millis, end: Millis, most: int) -> Sequence[JudgedSend]:
        """The violating sends of *start* up to *end* to which an error code or an opt-out leads: most there are, and
        quickly, however many messages there are. The newest *most* of each kind."""

    def between(self, use: TemplateUse, start: Millis, end: Millis, most: int) -> Sequence[JudgedSend]:
        """The sends of *start* up to *end* that stand so, the newest *most* of each number. Looks at each message."""

    def whole(self, sends: Sequence[JudgedSend]) -> Sequence[Held]:
        """Their messages, in any order; of those that are gone, nothing."""


class ArchivedSends(Protocol):
    """The same of the archive. Raises NotFound, BadRequest or a Trouble when it cannot be read."""

    def of_days(
        self, use: TemplateUse, days: Collection[int], inside: tuple[Millis, Millis], most: int
    ) -> Iterator[JudgedSend | None]:
        """The sends of these *days* (since 1970, UTC) and *inside* that time that stand so, day by day from the newest,
        and of each thousand messages the newest *most*. None: there are too many to look through the days before."""

    def whole(self, sends: Sequence[JudgedSend]) -> Sequence[Held]:
        """Their messages, in any order."""


class ReportMarks(Protocol):
    """How far scheduled reports have come."""

    def mark(self, name: str) -> int:
        """A mark (0: never set)."""

    def keep_marks(self, marks: Mapping[str, int]) -> None:
        """Set marks; durable on return."""


class ReportMail(Protocol):
    """Whoever sends a report to people."""

    @property
    def receivers(self) -> int:
        """To how many."""

    def deliver(self, kept: Kept) -> Delivered:
        """Send it to all of them. The same report is the same mail, however often it is sent."""
