"""Files of exports as answers: a name that we made, a type that nobody guesses at, and nothing that runs in a page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.responses import FileResponse

from wabawatch.domain.exports import Export, Format

MEDIA_TYPES: Mapping[Format, str] = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSONL: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
}
HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "no-store",
}


def file_answer(export: Export, path: Path) -> FileResponse:
    """The file at *path*, to be kept and not shown. A part can be asked for, to go on where a download broke off."""
    return FileResponse(path, headers=HEADERS, media_type=MEDIA_TYPES[export.order.format], filename=export.title)
