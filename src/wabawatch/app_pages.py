"""The composition of the console's pages: each subject hands in its own, of the parts that it needs."""

from __future__ import annotations

from typing import Protocol

from starlette.routing import BaseRoute

from wabawatch.app_access import AccessFlows
from wabawatch.app_alerts import AlertFlows
from wabawatch.app_console import Console
from wabawatch.app_console_alerts import alert_pages
from wabawatch.app_console_platform import platform_pages
from wabawatch.app_console_system import system_pages
from wabawatch.app_limits import LimitFlows
from wabawatch.app_notifying import NoticeFlows
from wabawatch.app_uptime import Uptimes
from wabawatch.flows.assessing import Rules
from wabawatch.ports import Clock
from wabawatch.settings import Settings
from wabawatch.storage.database import Database
from wabawatch.storage.sealed import Keyring


class Parts(Protocol):
    """What pages are made of: `app.System`."""

    settings: Settings
    clock: Clock
    database: Database
    keyring: Keyring
    rules: Rules
    access: AccessFlows
    console: Console
    alerts: AlertFlows
    notices: NoticeFlows
    uptime: Uptimes
    limits: LimitFlows


def console_pages(parts: Parts) -> list[BaseRoute]:
    """Every route of the console."""
    console, uptime = parts.console, parts.uptime.desk
    books = parts.database, parts.keyring, parts.limits, parts.alerts
    return [
        *console.routes(),
        *alert_pages(console, parts.alerts, parts.notices, uptime, parts.clock),
        *platform_pages(console, *books, uptime, parts.rules, parts.clock),
        *system_pages(console, parts.settings, parts.access),
    ]
