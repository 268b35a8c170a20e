"""An installation in which people sign in through the pages."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from pyotp import TOTP

from tests.support.access import NOW, PASSWORD
from tests.support.books import HandClock
from tests.support.browser import ORIGIN, Browser
from tests.support.console import FakeAssets
from tests.support.places import furnish
from wabawatch.app import System
from wabawatch.domain.access import Role
from wabawatch.settings import load

HOUR_MS = 3_600_000


class House:
    """An installation with a clock that is turned by hand."""

    def __init__(self, folder: Path, **told: str) -> None:
        self.clock = HandClock(NOW)
        usual = {
            "WABAWATCH_DATA_DIR": str(furnish(folder)),
            "WABAWATCH_FREE_SPACE_RESERVE": "0",
            "WABAWATCH_UPTIME": "false",
        }
        self.system = System(load(usual | told), self.clock)
        self.system.console.views.assets = FakeAssets()
        self.site = self.system.site(self.system.supervisor())

    def add(self, name: str, role: Role = Role.VIEWER) -> None:
        self.system.access.desk.add(name, role, "test")
        self.system.access.desk.set_password(name, PASSWORD, "test")

    def browser(self, url: str = ORIGIN) -> Browser:
        return Browser(self.site, url)

    def signed_in(self, name: str) -> Browser:
        browser = self.browser()
        assert browser.sign_in(name, PASSWORD).status_code == 303
        return browser

    def wait(self, millis: int) -> None:
        self.clock.turn_to(self.clock.now() + millis)

    def code(self, seed: str) -> str:
        return TOTP(seed).at(self.clock.now() // 1000)

    def with_totp(self, name: str) -> tuple[Browser, str, list[str]]:
        """Somebody who has set up a second factor through the pages: their browser, the seed, the recovery codes."""
        browser = self.signed_in(name)
        assert browser.submit("/account", "/account/totp", current=PASSWORD).headers["location"] == "/account"
        page = browser.get("/account").text
        seed = re.findall(r"<code>([A-Z2-7]{32})</code>", page)[0]
        assert "<svg" in page
        shown = browser.submit("/account", "/account/totp/confirm", code=self.code(seed))
        return browser, seed, re.findall(r"<code>([a-z2-7-]{19})</code>", shown.text)


def cookie_of(answer: httpx.Response, name: str = "wabawatch") -> str:
    return next(each for each in answer.headers.get_list("set-cookie") if each.startswith(f"{name}="))
