"""The composition of the console's pages about wabawatch itself."""

from __future__ import annotations

from starlette.routing import Route

from wabawatch.app_access import AccessFlows
from wabawatch.app_console import Console
from wabawatch.settings import Settings
from wabawatch.web.pages.users import UserPages


def system_pages(console: Console, settings: Settings, access: AccessFlows) -> list[Route]:
    """Their routes, through the door of *console*."""
    desk = console.desk()
    users = UserPages(access.desk, desk, settings.server.public_url)
    return [*users.routes()]
