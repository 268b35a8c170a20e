"""A report in print: PDF/A, typeset by typst in a process of its own, which gives its memory back."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec

import msgspec

from wabawatch.domain.compliance_report import ComplianceReport
from wabawatch.domain.errors import BadRequest, Conflict
from wabawatch.reports.outline import Outline, outline

CHILD = "wabawatch.reports.typeset_child"
MOST_ROWS = 100
FONT = "Libertinus Serif"
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Printed(Outline):
    """A report as it is typeset."""

    made: tuple[int, int, int, int, int, int] = (1980, 1, 1, 0, 0, 0)
    """When it was made, for the file's own date: year to second"""
    sha256: str = ""


def write(report: ComplianceReport, sha256: str) -> bytes:
    """The file; *sha256* is that of the JSON it was made of. Raises BadRequest, Conflict when typst is not there or
    cannot do it."""
    if find_spec("typst") is None:
        raise BadRequest(
            "format: PDF needs typst, which is not installed; install it with `pip install 'wabawatch[reports]'`"
        )
    content = msgspec.json.encode(printed(report, sha256))
    try:
        done = subprocess.run(
            [sys.executable, "-m", CHILD], input=content, capture_output=True, timeout=PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Conflict(f"the PDF could not be typeset: {error}; try again, or take HTML", code="not_typeset") from error
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = said[-1] if said else f"the process ended with {done.returncode}"
        raise Conflict(f"the PDF could not be typeset: {why}; take HTML", code="not_typeset")
    return done.stdout


def printed(report: ComplianceReport, sha256: str) -> Printed:
    """The report as it is typeset."""
    found = outline(report, MOST_ROWS, FONT)
    at = report.as_of
    made = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    return Printed(**{name: getattr(found, name) for name in Outline.__dataclass_fields__}, made=made, sha256=sha256)
