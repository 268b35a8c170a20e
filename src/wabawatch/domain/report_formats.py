"""What kinds of file a report can be written as. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.compliance_report import utc
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis

BESIDE = ".sig"
"""Is added to the name of a file that is no JSON: there its signature stands"""


class ReportFormat(StrEnum):
    """A kind of file."""

    JSON = "json"
    HTML = "html"
    PDF = "pdf"
    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: Mapping[ReportFormat, str] = {
    ReportFormat.JSON: "application/json",
    ReportFormat.HTML: "text/html",
    ReportFormat.PDF: "application/pdf",
    ReportFormat.CSV: "text/csv",
    ReportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ReportFile(NamedTuple):
    """A report as a file."""

    content: bytes
    beside: bytes
    """What stands in the file beside it; empty where the signature is in the file itself"""


def file_name(id: str, revision: int, start: Millis, end: Millis, format: ReportFormat) -> str:
    """What the file of a revision is called."""
    return f"wabawatch-report-{utc(start):%Y-%m-%d}-{utc(end):%Y-%m-%d}-{id}-r{revision}.{format.value}"


def format_of(wanted: ReportFormat | None, ending: str) -> ReportFormat:
    """The kind that is wanted; else the one of files whose name has this *ending* (such as `.pdf`), else JSON.

    Raises BadRequest.
    """
    if wanted is not None or not ending:
        return wanted or ReportFormat.JSON
    if (word := ending[1:].lower()) not in list(ReportFormat):
        raise BadRequest(f"output: no report is a {ending} file; choose a --format: {', '.join(ReportFormat)}")
    return ReportFormat(word)
