"""All tables of a report, in the order of a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wabawatch.domain.compliance_report import ComplianceReport
from wabawatch.reports import tables_sent as sent
from wabawatch.reports import tables_watched as watched
from wabawatch.reports.tables import Table


def every(report: ComplianceReport) -> Sequence[Table]:
    """All tables, in the order of a workbook."""
    made: Iterable[Table] = (
        table(report)
        for table in (
            sent.about, sent.requirements, sent.advice, sent.messages, sent.quality, sent.trend, sent.faults,
            sent.failures, sent.numbers, sent.templates, sent.sends, sent.history, sent.duties, sent.readiness,
            watched.responses,
            watched.limits, watched.checks, watched.incidents, watched.alert_times, watched.alerts, watched.events,
            watched.restrictions, watched.gaps, sent.changes,
        )
    )  # fmt: skip
    return [table for table in made if table.rows or table.name != "Changes"]
