"""Compliance reports that make themselves: each time that the schedule says so, also for times that were missed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from wabawatch.domain.audit_trail import Plain
from wabawatch.domain.errors import Refusal
from wabawatch.domain.facts import Millis
from wabawatch.domain.notices import Outcome
from wabawatch.domain.overview import Slice
from wabawatch.domain.report_composing import report_id, whole_hours
from wabawatch.ports import Clock, Deed
from wabawatch.report_ports import SUBJECT, Kept, ReportBook, ReportMail, ReportMarks

MADE_UNTIL, SENT_UNTIL = "reports_made_until", "reports_sent_until"
"""The marks that say up to which occurrence of the schedule reports are made, and sent"""
BY = "schedule"

log = logging.getLogger(__name__)


class Occurrence(Protocol):
    """An occurrence of the schedule, and the period that its report is about."""

    @property
    def at(self) -> Millis:
        """When it is due."""

    @property
    def start(self) -> Millis:
        """Where its period begins."""

    @property
    def end(self) -> Millis:
        """Where it ends."""


@dataclass(frozen=True, slots=True)
class ReportScheduling:
    """Makes the reports that are due, one of each scope, keeps them, and then sends them."""

    due: Callable[[Millis, Millis], Sequence[Occurrence]]
    """The occurrences after the first time up to the second, in order"""
    scopes: Sequence[Slice]
    make: Callable[[Millis, Millis, Slice, str], Kept]
    mail: ReportMail | None
    """None: nobody gets any"""
    marks: ReportMarks
    book: ReportBook
    clock: Clock

    def step(self) -> bool:
        """Make the next that is due, or send the next that is made. Repeatable: what was made before a crash is found
        to be made, and what cannot be sent now waits."""
        now, made = self.clock.now(), self.marks.mark(MADE_UNTIL)
        if not made:  # what was due before anybody ran this is not missed
            self.marks.keep_marks({MADE_UNTIL: now, SENT_UNTIL: now})
            return False
        for each in self.due(made, now)[:1]:
            for of in self.scopes:
                self._made(each, of)
            self.marks.keep_marks({MADE_UNTIL: each.at})
            return True
        sent = self.marks.mark(SENT_UNTIL)
        for each in self.due(sent, made)[:1]:
            if self.mail is not None and not all(self._is_done_with(each, of, self.mail) for of in self.scopes):
                return False
            self.marks.keep_marks({SENT_UNTIL: each.at})
            return True
        return False

    def _made(self, each: Occurrence, of: Slice) -> Kept | None:
        """Its report of one scope; None: there can be none, such as of an account that nobody knows."""
        try:
            return self.make(each.start, each.end, of, BY)
        except Refusal as error:
            log.error("no report is made by the schedule: %s", error, extra={"action": "report.refused"})
            return None

    def _is_done_with(self, each: Occurrence, of: Slice, mail: ReportMail) -> bool:
        """Send its report of one scope. False: it cannot be sent now."""
        kept = self.book.newest(report_id(of, *whole_hours(each.start, each.end))) or self._made(each, of)
        if kept is None:
            return True
        delivered = mail.deliver(kept)
        if delivered.outcome is Outcome.RETRY:
            log.warning("a report waits to be sent: %s", delivered.detail, extra={"action": "report.waits"})
            return False
        is_sent = delivered.outcome is Outcome.SENT
        told: dict[str, Plain] = {"revision": kept.about.revision, "receivers": mail.receivers}
        if not is_sent:
            log.error("a report is refused by the mail server: %s", delivered.detail, extra={"action": "report.unsent"})
            told["why"] = delivered.detail
        action = "report_sent" if is_sent else "report_not_sent"
        self.book.note(self.clock.now(), Deed(BY, action, f"{SUBJECT}{kept.about.id}", told))
        return True
