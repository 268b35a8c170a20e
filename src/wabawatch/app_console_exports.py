"""The composition of the console's page of exports."""

from __future__ import annotations

from starlette.routing import Route

from wabawatch.app_console import Console
from wabawatch.app_exports import ExportFlows
from wabawatch.ports import Clock
from wabawatch.web.pages.exports import ExportsPage


def export_pages(console: Console, exports: ExportFlows, clock: Clock) -> list[Route]:
    """Its routes, through the door of *console*."""
    return ExportsPage(exports.desk, console.views, clock, exports.keep_days).routes(console.desk())
