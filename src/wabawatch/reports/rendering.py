"""A kept report as a file of any kind: of the same revision always the same bytes."""

from __future__ import annotations

from wabawatch.domain.report_formats import ReportFormat
from wabawatch.reports import lines, page, typeset, workbook
from wabawatch.signed_reports import decode


def render(document: bytes, sha256: str, format: ReportFormat) -> bytes:
    """The file of a kind that is no JSON. Raises BadRequest when typst is not installed, Conflict when it fails."""
    report = decode(document)
    match format:
        case ReportFormat.HTML:
            return page.write(report, sha256)
        case ReportFormat.PDF:
            return typeset.write(report, sha256)
        case ReportFormat.CSV:
            return lines.write(report)
        case ReportFormat.XLSX:
            return workbook.write(report)
        case ReportFormat.JSON:
            raise AssertionError("a report is JSON as it is kept")
