"""Compliance reports on the books of a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.books import Shelf
from tests.support.system import RULES
from wabawatch import signed_reports
from wabawatch.archives.folder import Folder
from wabawatch.archives.judged import ArchivedJudgedSends
from wabawatch.domain.compliance_report import ComplianceReport
from wabawatch.domain.facts import Millis
from wabawatch.domain.overview import EVERYTHING, Slice
from wabawatch.domain.uptime import Shares, UptimeFigures
from wabawatch.flows.overviewing import Overviewing
from wabawatch.flows.report_checking import ReportChecking
from wabawatch.flows.report_sends import ReportSends
from wabawatch.flows.reporting import Reporting, report_tier
from wabawatch.meta.accounts import terms_in
from wabawatch.meta.countries import country_of
from wabawatch.ports import Clock, Figures
from wabawatch.report_ports import Kept
from wabawatch.storage.alert_figures import SqlAlertFigures
from wabawatch.storage.alerts import SqlAlerts
from wabawatch.storage.archives import SqlArchives
from wabawatch.storage.evidence import SqlEvidence
from wabawatch.storage.judged_sends import SqlJudgedSends
from wabawatch.storage.limit_hits import SqlLimitHits
from wabawatch.storage.report_reads import SqlReportReads
from wabawatch.storage.reports import SqlReports
from wabawatch.storage.runs import SqlRuns
from wabawatch.storage.signing_keys import SigningKeys
from wabawatch.storage.slices import SqlSlices
from wabawatch.storage.template_books import SqlTemplateBooks

NOWHERE = Path("/nowhere")


def nothing_watched(start: Millis, end: Millis) -> UptimeFigures:
    return UptimeFigures(start, end, Shares(unknown=end - start), (), (), 0)


class Press:
    """Makes reports on a shelf, and checks them."""

    def __init__(
        self,
        shelf: Shelf,
        figures: Figures,
        clock: Clock,
        uptime: Callable[[Millis, Millis], UptimeFigures] = nothing_watched,
        archive: Path = NOWHERE,
    ) -> None:
        database = shelf.database
        slices, books = SqlSlices(database), SqlAlertFigures(database)
        look = Overviewing(
            figures, slices, books, SqlAlerts(database), SqlRuns(database), uptime, RULES, clock, 1_000, report_tier
        ).look
        archived = ArchivedJudgedSends(SqlArchives(database, country_of), Folder(archive), country_of)
        self.keys = SigningKeys(database, shelf.keyring, clock)
        self.book = SqlReports(database)
        self.reporting = Reporting(
            look,
            books,
            SqlTemplateBooks(database, shelf.keyring),
            ReportSends(slices, SqlEvidence(database), SqlJudgedSends(database), archived).of,
            slices,
            SqlLimitHits(database),
            SqlReportReads(database, shelf.keyring, terms_in),
            self.book,
            self.keys.sign,
            RULES,
            7,
            "wabawatch test",
            clock,
        )
        self.checking = ReportChecking(self.book, self.keys.public_keys)

    def make(self, start: Millis, end: Millis, of: Slice = EVERYTHING) -> Kept:
        return self.reporting.make(start, end, of, "test")

    def report(self, start: Millis, end: Millis, of: Slice = EVERYTHING) -> ComplianceReport:
        return signed_reports.decode(self.make(start, end, of).document)
