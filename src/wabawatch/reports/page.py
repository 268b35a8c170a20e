"""A report as one page of HTML: nothing in it runs, and nothing is asked of any other place."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from wabawatch.domain.compliance_report import ComplianceReport
from wabawatch.reports.outline import outline

MOST_ROWS = 500
FONT = "system-ui, sans-serif"


def write(report: ComplianceReport, sha256: str) -> bytes:
    """The page; *sha256* is that of the JSON it was made of."""
    return _template().render(it=outline(report, MOST_ROWS, FONT), sha256=sha256).encode()


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("wabawatch.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
