"""The composition of compliance reports: what they are made of, and who checks them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec

from wabawatch.domain.facts import Millis
from wabawatch.domain.report_formats import MEDIA_TYPES, ReportFile, ReportFormat, file_name
from wabawatch.domain.report_periods import slice_of
from wabawatch.domain.uptime import UptimeFigures
from wabawatch.flows.assessing import Rules
from wabawatch.flows.overviewing import Overviewing
from wabawatch.flows.report_checking import ReportChecking
from wabawatch.flows.report_scheduling import ReportScheduling
from wabawatch.flows.report_sends import ReportSends
from wabawatch.flows.reporting import Reporting, report_tier
from wabawatch.loops import Group, Loop
from wabawatch.meta.accounts import terms_in
from wabawatch.ports import Clock
from wabawatch.report_ports import ArchivedSends, Kept, ReportMail, ReportMarks
from wabawatch.schedules import Due, due
from wabawatch.settings import Settings
from wabawatch.signed_reports import FILE_PURPOSE, digest_of, signed_of_file, to_file, to_file_beside
from wabawatch.storage.alert_figures import SqlAlertFigures
from wabawatch.storage.alerts import SqlAlerts
from wabawatch.storage.database import Database
from wabawatch.storage.evidence import SqlEvidence
from wabawatch.storage.figures import SqlFigures
from wabawatch.storage.judged_sends import SqlJudgedSends
from wabawatch.storage.limit_hits import SqlLimitHits
from wabawatch.storage.report_reads import SqlReportReads
from wabawatch.storage.reports import SqlReports
from wabawatch.storage.runs import SqlRuns
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.signing_keys import SigningKeys
from wabawatch.storage.slices import SqlSlices
from wabawatch.storage.template_books import SqlTemplateBooks

EVERY_NUMBER = 1 << 30
SCHEDULE_S = 300.0
MADE_UP = 12
"""After a long time away so many of the reports that were missed are made up, the newest"""


class ReportFlows:
    """Everything that reports consist of."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        signing: SigningKeys,
        figures: SqlFigures,
        uptime: Callable[[Millis, Millis], UptimeFigures],
        archived: ArchivedSends,
        rules: Rules,
        clock: Clock,
        settings: Settings,
    ) -> None:
        slices, books = SqlSlices(database), SqlAlertFigures(database)
        seeing = Overviewing(
            figures, slices, books, SqlAlerts(database), SqlRuns(database), uptime, rules, clock, EVERY_NUMBER,
            report_tier,
        )  # fmt: skip
        self.book = SqlReports(database)
        self.reporting = Reporting(
            seeing.look,
            books,
            SqlTemplateBooks(database, keyring),
            ReportSends(slices, SqlEvidence(database), SqlJudgedSends(database), archived).of,
            slices,
            SqlLimitHits(database),
            SqlReportReads(database, keyring, terms_in),
            self.book,
            signing.sign,
            rules,
            settings.storage.body_retention_days,
            f"wabawatch {version('wabawatch')}",
            clock,
        )
        self.checking = ReportChecking(self.book, signing.public_keys)
        self._sign = signing.sign
        self.scheduling = self._scheduling(figures, clock, settings)

    def _scheduling(self, marks: ReportMarks, clock: Clock, settings: Settings) -> ReportScheduling | None:
        """Who makes reports by themselves; None: nobody does."""
        given = settings.reports
        if not given.schedule:
            return None
        mailer = self._mailer(given.to or settings.alerts.email, settings)

        def comes_due(after: Millis, until: Millis) -> list[Due]:
            return due(given.schedule, given.time_zone, after, until, MADE_UP)

        scopes = [slice_of(each) for each in given.scope]
        return ReportScheduling(comes_due, scopes, self.reporting.make, mailer, marks, self.book, clock)

    def _mailer(self, to: tuple[str, ...], settings: Settings) -> ReportMail | None:
        if not to:
            return None
        from wabawatch.notifiers.report_mail import Enclosed, ReportMailer  # the libraries of e-mail take memory

        wanted = settings.reports.format
        is_printed = wanted is not ReportFormat.PDF or find_spec("typst") is not None
        format = wanted if is_printed else ReportFormat.HTML

        def enclosed(kept: Kept) -> Enclosed:
            about, file = kept.about, self.file(kept, format)
            name = file_name(about.id, about.revision, about.start, about.end, format)
            return Enclosed(name, MEDIA_TYPES[format], file.content, file.beside)

        mail, console = settings.mail, (settings.server.public_url or "").rstrip("/")
        return ReportMailer(mail.server, mail.mail_from or "", to, enclosed, console)

    def loops(self) -> list[Loop]:
        """The loop that makes what is due: in the process that monitors, so that one does."""
        found = self.scheduling
        return [Loop("reports", found.step, SCHEDULE_S, group=Group.MONITORING)] if found else []

    def file(self, kept: Kept, format: ReportFormat) -> ReportFile:
        """A kept revision as a file: of the same revision always the same bytes."""
        about = kept.about
        if format is ReportFormat.JSON:
            return ReportFile(to_file(kept.document, about.sha256, about.signature), b"")
        from wabawatch.reports.rendering import render  # not before it is asked for

        content = render(kept.document, about.sha256, format)
        digest = digest_of(content)
        signature = self._sign(FILE_PURPOSE, signed_of_file(about.id, about.revision, format.value, digest))
        return ReportFile(content, to_file_beside(about.id, about.revision, format.value, digest, signature))
