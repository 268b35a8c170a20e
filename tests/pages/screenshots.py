"""`make screenshots`: a picture of every page, light and dark, at 390 and 1440 px, into a folder that git ignores."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests.pages.stage import fill, served, watch
from tests.pages.stage_people import inhabit
from tests.pages.window import ARGUMENTS, Window
from tests.support.access import PASSWORD
from tests.support.console import system_in
from tests.support.webhook_pages import Webhooks
from wabawatch.domain.access import Role
from wabawatch.domain.overview import EVERYTHING
from wabawatch.domain.report_periods import period

FOLDER = Path(__file__).resolve().parents[2] / "screenshots"
PAGES = {
    "overview": "/",
    "logs": "/logs",
    "logs-failed": "/logs?status=failed&status=expired",
    "logs-message": "/logs?status=failed&open=1",
    "message": "/logs?status=failed tbody a",
    "message-delivered": "/logs?status=read tbody a",
    "templates": "/templates",
    "template": "/templates [id^=template-]",
    "numbers": "/numbers",
    "number": "/numbers [id^=number-]",
    "account": "/numbers [id^=account-]",
    "webhooks": "/webhooks",
    "webhook": "/webhooks tbody th a",
    "alerts": "/alerts",
    "alert": "/alerts [id^=alert-]",
    "silences": "/alerts/silences",
    "maintenance": "/alerts/maintenance",
    "rules": "/alerts/rules",
    "rule": "/alerts/rules/FAILURE_RATE_HIGH?days=3",
    "uptime": "/uptime",
    "users": "/users",
    "user": "/users/2",
    "settings": "/settings?only=given",
    "settings-all": "/settings",
    "channels": "/settings/channels",
    "tokens": "/settings/tokens",
    "retention": "/settings/retention",
    "people": "/settings/people",
    "audit": "/audit",
    "system": "/system",
    "exports": "/exports",
    "reports": "/reports",
}
"""Name and path of every page; after a space, the link that leads there from that path"""
EMPTY = {
    "templates-empty": "/templates",
    "numbers-empty": "/numbers",
    "overview-empty": "/",
    "start": "/start",
    "logs-empty": "/logs",
    "webhooks-empty": "/webhooks",
    "forwarding-empty": "/webhooks/forwarding",
    "alerts-empty": "/alerts",
    "reports-empty": "/reports",
    "uptime-empty": "/uptime",
}
"""The same in an installation where nothing has happened yet"""
FORWARDING = {
    "forwarding": "/webhooks/forwarding",
    "forward-target": "/webhooks/forwarding/crm",
    "forward-again": "/webhooks/forwarding/crm tbody th a",
    "webhook-partly": "/webhooks?result=partly&field=messages tbody th a",
    "webhook-search": "/webhooks?q=message:1",
}
"""The same in one with a forward target that has not taken everything"""
WIDTHS, THEMES = (390, 1440), ("light", "dark")


def main(wanted: list[str]) -> None:
    """Take the pictures whose names begin with one of *wanted*; all of them if none is given."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright, _folders() as (full, empty, door):
        chromium = shutil.which("chromium")
        if chromium is None:
            sys.exit("there is no chromium on the PATH: install Debian's package chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        system = system_in(Path(full))
        fill(system)
        watch(system)
        inhabit(system)
        system.reports.reporting.make(*period(None, None, system.clock.now()), EVERYTHING, "user:1")
        with served(system) as url:
            _take(browser, url, PAGES, wanted)
        with served(system_in(Path(empty))) as url:
            _take(browser, url, EMPTY, wanted)
        with TemporaryDirectory() as handing_on:
            webhooks = Webhooks(Path(handing_on))
            webhooks.system.forwards.flow.pause("crm", True, "screenshots")
            with served(webhooks.system) as url:
                _take(browser, url, FORWARDING, wanted)
        _take_door(browser, Path(door), wanted)
        browser.close()


def _take(browser: Browser, url: str, pages: dict[str, str], wanted: list[str]) -> None:
    for name, path in pages.items():
        if wanted and not name.startswith(tuple(wanted)):
            continue
        for width in WIDTHS:
            for theme in THEMES:
                with Window.at(browser, url, width, theme) as window:
                    start, _, link = path.partition(" ")
                    page = window.open(start)
                    if link:
                        page = window.open(page.locator(link).first.get_attribute("href") or "")
                    _picture(page, name, width, theme)


def _take_door(browser: Browser, folder: Path, wanted: list[str]) -> None:
    """How one comes in: the first start, the page of the one-time link, signing in, and one's account."""
    system = system_in(folder)
    link = urlsplit(system.access.invitation("screenshots") or "").path

    def take(name: str, path: str, *, sign_in: bool = False) -> None:
        if wanted and not name.startswith(tuple(wanted)):
            return
        for width, theme in product(WIDTHS, THEMES):
            with Window.at(browser, url, width, theme) as window:
                page = window.page
                page.goto(url + path)
                if sign_in:
                    page.get_by_label("Name").fill("ann")
                    page.get_by_label("Password").fill(PASSWORD)
                    page.get_by_role("button", name="Sign in").click()
                    page.wait_for_selector("[data-live=on]")
                _picture(page, name, width, theme)

    with served(system, by_cookie=True) as url:
        take("first-start", "/login")
        take("setup", link)
        system.access.desk.add("ann", Role.ADMIN, "screenshots")
        system.access.desk.set_password("ann", PASSWORD, "screenshots")
        take("sign-in", "/login")
        take("your-account", "/account", sign_in=True)


def _picture(page: Page, name: str, width: int, theme: str) -> None:
    to = FOLDER / f"{name}-{width}-{theme}.png"
    page.screenshot(path=to, full_page=True)
    print(to)


@contextmanager
def _folders() -> Iterator[tuple[str, str, str]]:
    with TemporaryDirectory() as full, TemporaryDirectory() as empty, TemporaryDirectory() as door:
        yield full, empty, door


if __name__ == "__main__":
    main(sys.argv[1:])
