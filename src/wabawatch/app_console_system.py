"""The composition of the console's pages about wabawatch itself."""

from __future__ import annotations

from typing import Protocol

from starlette.routing import Route

from wabawatch.app_access import AccessFlows
from wabawatch.app_console import Console
from wabawatch.flows.auditing import Auditing
from wabawatch.ports import Clock
from wabawatch.settings import Settings
from wabawatch.storage.audit_entries import SqlTrail
from wabawatch.storage.database import Database
from wabawatch.web.pages.audit import AuditPage
from wabawatch.web.pages.users import UserPages


class SystemParts(Protocol):
    """What they are made of: `app.System`."""

    settings: Settings
    clock: Clock
    database: Database
    console: Console
    access: AccessFlows


def system_pages(parts: SystemParts) -> list[Route]:
    """Their routes, through the door of the console."""
    desk, naming, clock = parts.console.desk(), parts.console.naming, parts.clock
    users = UserPages(parts.access.desk, desk, parts.settings.server.public_url)
    audit = AuditPage(Auditing(SqlTrail(parts.database)), naming, desk, clock)
    return [*users.routes(), *audit.routes()]
