"""`make screenshots`: a picture of every page, light and dark, at 390 and 1440 px, into a folder that git ignores."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from tests.pages.stage import fill, served, watch
from tests.pages.window import ARGUMENTS, Window
from tests.support.console import system_in
from tests.support.webhook_pages import Webhooks

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
    "uptime": "/uptime",
}
"""Name and path of every page; after a space, the link that leads there from that path"""
EMPTY = {
    "templates-empty": "/templates",
    "numbers-empty": "/numbers",
    "overview-empty": "/",
    "logs-empty": "/logs",
    "webhooks-empty": "/webhooks",
    "forwarding-empty": "/webhooks/forwarding",
    "alerts-empty": "/alerts",
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
    with sync_playwright() as playwright, TemporaryDirectory() as full, TemporaryDirectory() as empty:
        chromium = shutil.which("chromium")
        if chromium is None:
            sys.exit("there is no chromium on the PATH: install Debian's package chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        system = system_in(Path(full))
        fill(system)
        watch(system)
        with served(system) as url:
            _take(browser, url, PAGES, wanted)
        with served(system_in(Path(empty))) as url:
            _take(browser, url, EMPTY, wanted)
        with TemporaryDirectory() as handing_on:
            webhooks = Webhooks(Path(handing_on))
            webhooks.system.forwards.flow.pause("crm", True, "screenshots")
            with served(webhooks.system) as url:
                _take(browser, url, FORWARDING, wanted)
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
                    to = FOLDER / f"{name}-{width}-{theme}.png"
                    page.screenshot(path=to, full_page=True)
                    print(to)


if __name__ == "__main__":
    main(sys.argv[1:])
