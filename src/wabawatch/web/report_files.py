"""Files of reports as answers: a name that we made, a type that nobody guesses at, and nothing that runs in a page."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from wabawatch.domain.compliance_report import utc
from wabawatch.domain.report_formats import BESIDE, ReportFile, ReportFormat
from wabawatch.report_ports import Revision

MEDIA_TYPES: Mapping[ReportFormat, str] = {
    ReportFormat.JSON: "application/json",
    ReportFormat.HTML: "text/html",
    ReportFormat.PDF: "application/pdf",
    ReportFormat.CSV: "text/csv",
    ReportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "cache-control": "no-store",
}


def name_of(about: Revision, format: ReportFormat) -> str:
    """What the file is called."""
    span = f"{utc(about.start):%Y-%m-%d}-{utc(about.end):%Y-%m-%d}"
    return f"wabawatch-report-{span}-{about.id}-r{about.revision}.{format.value}"


def file_answer(about: Revision, format: ReportFormat, file: ReportFile) -> Response:
    """The file, to be kept."""
    return _kept(file.content, MEDIA_TYPES[format], name_of(about, format))


def signature_answer(about: Revision, format: ReportFormat, file: ReportFile) -> Response:
    """What stands in the file beside it, to be kept."""
    return _kept(file.beside, "application/json", name_of(about, format) + BESIDE)


def _kept(content: bytes, media_type: str, name: str) -> Response:
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
