"""The composition of the console's pages: each subject hands in its own, of the parts that it needs."""

from __future__ import annotations

from typing import Protocol

from starlette.routing import BaseRoute

from wabawatch.app_console_alerts import alert_pages
from wabawatch.app_console_exports import export_pages
from wabawatch.app_console_people import people_pages
from wabawatch.app_console_platform import platform_pages
from wabawatch.app_console_reports import report_pages
from wabawatch.app_console_start import StartParts, start_pages
from wabawatch.app_console_system import SystemParts, system_pages
from wabawatch.app_console_webhooks import WebhookParts, webhook_pages
from wabawatch.app_erasure import ErasureFlows
from wabawatch.app_exports import ExportFlows
from wabawatch.app_limits import LimitFlows
from wabawatch.app_notifying import NoticeFlows
from wabawatch.app_reports import ReportFlows
from wabawatch.flows.assessing import Rules
from wabawatch.storage.signing_keys import SigningKeys
from wabawatch.web.own import Own


class Parts(StartParts, SystemParts, WebhookParts, Protocol):
    """What pages are made of: `app.System`."""

    rules: Rules
    notices: NoticeFlows
    limits: LimitFlows
    exports: ExportFlows
    erasure: ErasureFlows
    signing: SigningKeys
    reports: ReportFlows


def console_pages(parts: Parts, own: Own) -> list[BaseRoute]:
    """Every route of the console; *own* tells how this process is doing."""
    console, uptime = parts.console, parts.uptime.desk
    books = parts.database, parts.keyring, parts.limits, parts.alerts
    return [
        *console.routes(),
        *alert_pages(console, parts.alerts, parts.notices, uptime, parts.clock),
        *platform_pages(console, *books, uptime, parts.rules, parts.clock),
        *webhook_pages(parts),
        *export_pages(console, parts.exports, parts.clock),
        *people_pages(console, parts.erasure, parts.signing),
        *report_pages(console, parts.reports, parts.clock),
        *system_pages(parts, own),
        *start_pages(parts),
    ]
