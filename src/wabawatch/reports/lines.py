"""A report as CSV: every cell of every table as a line of its own, so that one file holds tables of every shape."""

from __future__ import annotations

import csv
import io
from datetime import datetime

from wabawatch.domain.compliance_report import ComplianceReport
from wabawatch.exports.csv_file import harmless
from wabawatch.reports.tables import Cell
from wabawatch.reports.tables_all import every

HEADER = ("table", "line", "column", "value")


def write(report: ComplianceReport) -> bytes:
    """The file (RFC 4180, UTF-8). Shares are 0-1, durations seconds, times ISO 8601 in UTC; nothing is a formula."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(HEADER)
    for table in every(report):
        for number, row in enumerate(table.rows, 1):
            for column, cell in zip(table.columns, row, strict=True):
                lines.writerow((table.name, number, column.title, spelled(cell)))
    return text.getvalue().encode("utf-8", "replace")


def spelled(cell: Cell) -> str:
    """A cell as machines read it."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat().replace("+00:00", "Z")
    return harmless(cell) if isinstance(cell, str) else str(cell).lower() if isinstance(cell, bool) else str(cell)
