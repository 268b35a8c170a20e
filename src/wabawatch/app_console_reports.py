"""The composition of the console's page of reports."""

from __future__ import annotations

from starlette.routing import Route

from wabawatch.app_console import Console
from wabawatch.app_reports import ReportFlows
from wabawatch.ports import Clock
from wabawatch.web.pages.reports import ReportsPage


def report_pages(console: Console, reports: ReportFlows, clock: Clock) -> list[Route]:
    """Its routes, through the door of *console*."""
    return ReportsPage(reports.reporting, reports.file, console.views, clock).routes(console.desk())
