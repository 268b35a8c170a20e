"""The composition of compliance reports: what they are made of, and who checks them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

from wabawatch.domain.facts import Millis
from wabawatch.domain.report_formats import ReportFile, ReportFormat
from wabawatch.domain.uptime import UptimeFigures
from wabawatch.flows.assessing import Rules
from wabawatch.flows.overviewing import Overviewing
from wabawatch.flows.report_checking import ReportChecking
from wabawatch.flows.reporting import Reporting, report_tier
from wabawatch.ports import Clock, Figures
from wabawatch.report_ports import Kept
from wabawatch.settings import Settings
from wabawatch.signed_reports import FILE_PURPOSE, digest_of, signed_of_file, to_file, to_file_beside
from wabawatch.storage.alert_figures import SqlAlertFigures
from wabawatch.storage.alerts import SqlAlerts
from wabawatch.storage.database import Database
from wabawatch.storage.evidence import SqlEvidence
from wabawatch.storage.limit_hits import SqlLimitHits
from wabawatch.storage.report_reads import SqlReportReads
from wabawatch.storage.reports import SqlReports
from wabawatch.storage.runs import SqlRuns
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.signing_keys import SigningKeys
from wabawatch.storage.slices import SqlSlices
from wabawatch.storage.template_books import SqlTemplateBooks

EVERY_NUMBER = 1 << 30


class ReportFlows:
    """Everything that reports consist of."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        signing: SigningKeys,
        figures: Figures,
        uptime: Callable[[Millis, Millis], UptimeFigures],
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
            slices,
            SqlTemplateBooks(database, keyring),
            SqlEvidence(database),
            SqlLimitHits(database),
            SqlReportReads(database),
            self.book,
            signing.sign,
            rules,
            (False, settings.storage.body_retention_days),
            f"wabawatch {version('wabawatch')}",
            clock,
        )
        self.checking = ReportChecking(self.book, signing.public_keys)
        self._sign = signing.sign

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
