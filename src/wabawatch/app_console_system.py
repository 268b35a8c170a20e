"""The composition of the console's pages about wabawatch itself."""

from __future__ import annotations

from typing import Protocol

from starlette.routing import Route

from wabawatch.app_access import AccessFlows
from wabawatch.app_alerts import AlertFlows
from wabawatch.app_archive import ArchiveFlows
from wabawatch.app_console import Console
from wabawatch.app_monitoring import Watchman
from wabawatch.app_places import places_of
from wabawatch.archives.crew import store_of
from wabawatch.flows.access import TokenDesk
from wabawatch.flows.auditing import Auditing
from wabawatch.flows.channel_desk import ChannelDesk
from wabawatch.flows.cycle import Cycle
from wabawatch.flows.overseeing import Overseeing
from wabawatch.ports import Clock
from wabawatch.settings import Settings
from wabawatch.sources import in_force
from wabawatch.storage.audit_entries import SqlTrail
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import sqlite_file
from wabawatch.storage.figures import SqlFigures
from wabawatch.storage.inbox import DurableInbox
from wabawatch.storage.room import StoreRoom
from wabawatch.web.own import Own
from wabawatch.web.pages.audit import AuditPage
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.retention import RetentionPage
from wabawatch.web.pages.settings import SettingsPages
from wabawatch.web.pages.system import SystemPage
from wabawatch.web.pages.users import UserPages


class SystemParts(Protocol):
    """What they are made of: `app.System`."""

    settings: Settings
    clock: Clock
    database: Database
    console: Console
    access: AccessFlows
    archive: ArchiveFlows
    alerts: AlertFlows
    figures: SqlFigures
    inbox: DurableInbox
    watchman: Watchman
    cycle: Cycle
    channels: ChannelDesk
    tokens: TokenDesk


def system_pages(parts: SystemParts, own: Own) -> list[Route]:
    """Their routes, through the door of the console."""
    desk, naming, clock = parts.console.desk(), parts.console.naming, parts.clock
    users = UserPages(parts.access.desk, desk, parts.settings.server.public_url)
    audit = AuditPage(Auditing(SqlTrail(parts.database)), naming, desk, clock)
    settings = _settings(parts, desk)
    archive = parts.archive
    where = str(store_of(archive.work))
    retention = RetentionPage(archive.desk, archive.books.parts, where, archive.is_enabled, desk)
    return [
        *users.routes(),
        *settings.routes(),
        *retention.routes(),
        *audit.routes(),
        *_system(parts, own, desk).routes(),
    ]


def _settings(parts: SystemParts, desk: Desk) -> SettingsPages:
    given = parts.settings
    return SettingsPages(
        list(in_force(given, given.told)), parts.channels, parts.tokens, len(given.server.api_token), desk
    )


def _system(parts: SystemParts, own: Own, desk: Desk) -> SystemPage:
    watchman, places, kept = parts.watchman, places_of(parts.settings), parts.settings.storage
    file = None if places.inbox is None else sqlite_file(places.database_url)
    store = StoreRoom(parts.database, file, places.inbox, places.folder, kept.free_space_reserve)
    books = parts.figures, parts.inbox, watchman.runs, watchman.pulsing.pulses
    overseeing = Overseeing(*books, store, parts.clock, parts.settings.monitoring.interval_ms)
    alerts = parts.alerts
    return SystemPage(
        overseeing, parts.cycle, own, watchman.at_work, lambda: alerts.cycle_took_s, watchman.started_at, desk
    )
