"""The composition of the console's pages: each subject hands in its own, of the parts that it needs."""

from __future__ import annotations

from typing import Protocol

from starlette.routing import BaseRoute

from wabawatch.app_console_alerts import alert_pages
from wabawatch.app_console_platform import platform_pages
from wabawatch.app_console_system import SystemParts, system_pages
from wabawatch.app_limits import LimitFlows
from wabawatch.app_notifying import NoticeFlows
from wabawatch.app_uptime import Uptimes
from wabawatch.flows.assessing import Rules
from wabawatch.storage.sealed import Keyring
from wabawatch.web.own import Own


class Parts(SystemParts, Protocol):
    """What pages are made of: `app.System`."""

    keyring: Keyring
    rules: Rules
    notices: NoticeFlows
    uptime: Uptimes
    limits: LimitFlows


def console_pages(parts: Parts, own: Own) -> list[BaseRoute]:
    """Every route of the console; *own* tells how this process is doing."""
    console, uptime = parts.console, parts.uptime.desk
    books = parts.database, parts.keyring, parts.limits, parts.alerts
    return [
        *console.routes(),
        *alert_pages(console, parts.alerts, parts.notices, uptime, parts.clock),
        *platform_pages(console, *books, uptime, parts.rules, parts.clock),
        *system_pages(parts, own),
    ]
