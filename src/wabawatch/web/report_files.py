"""Files of reports as answers: a name that we made, a type that nobody guesses at, and nothing that runs in a page."""

from __future__ import annotations

from starlette.responses import Response

from wabawatch.domain.report_formats import BESIDE, MEDIA_TYPES, ReportFile, ReportFormat, file_name
from wabawatch.report_ports import Revision

HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "cache-control": "no-store",
}


def file_answer(about: Revision, format: ReportFormat, file: ReportFile) -> Response:
    """The file, to be kept."""
    return _kept(file.content, MEDIA_TYPES[format], _name(about, format))


def signature_answer(about: Revision, format: ReportFormat, file: ReportFile) -> Response:
    """What stands in the file beside it, to be kept."""
    return _kept(file.beside, "application/json", _name(about, format) + BESIDE)


def _name(about: Revision, format: ReportFormat) -> str:
    return file_name(about.id, about.revision, about.start, about.end, format)


def _kept(content: bytes, media_type: str, name: str) -> Response:
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
