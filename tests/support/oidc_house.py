"""An installation whose people may sign in with a provider of OpenID Connect."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx

from tests.support.books import HandClock
from tests.support.browser import Browser
from tests.support.console import FakeAssets
from tests.support.oidc_provider import CLIENT, CLIENT_SECRET, IdProvider
from wabawatch.app import System
from wabawatch.domain.access import Role
from wabawatch.domain.users import User
from wabawatch.settings import load

PUBLIC = "https://watch.example.com"
BACK = "/login/oidc/callback"
SESSION, ASIDE = "__Host-wabawatch", "__Host-wabawatch-aside"
ANN: dict[str, Any] = {"sub": "ann-1", "email": "Ann@example.com", "email_verified": True, "groups": ["ops", "all"]}


class House:
    """An installation whose people may sign in with the provider."""

    def __init__(self, folder: Path, provider: IdProvider, **told: str) -> None:
        usual = {
            "WABAWATCH_DATA_DIR": str(folder),
            "WABAWATCH_FREE_SPACE_RESERVE": "0",
            "WABAWATCH_UPTIME": "false",
            "WABAWATCH_PUBLIC_URL": PUBLIC,
            "WABAWATCH_OIDC_ISSUER": provider.issuer,
            "WABAWATCH_OIDC_CLIENT_ID": CLIENT,
            "WABAWATCH_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "WABAWATCH_OIDC_NAME": "Example <ID>",
            "WABAWATCH_OIDC_ADMINS": "root",
            "WABAWATCH_OIDC_OPERATORS": "ops",
        }
        self.provider = provider
        self.clock = HandClock(int(time.time() * 1000))
        self.system = System(load(usual | told), self.clock)
        self.system.console.views.assets = FakeAssets()
        self.site = self.system.site(self.system.supervisor())
        provider.person = dict(ANN)
        self.system.access.desk.add("keeper", Role.ADMIN, "test")

    def browser(self) -> Browser:
        return Browser(self.site, PUBLIC)

    def begin(self, browser: Browser, wanted: str = "/account") -> str:
        """Where the button leads."""
        sent = browser.get(f"/login/oidc?next={wanted}")
        assert sent.status_code == 303, sent.text
        return sent.headers["location"]

    def come_back(self, browser: Browser, came: dict[str, str]) -> httpx.Response:
        return browser.get(f"{BACK}?{httpx.QueryParams(came)}")

    def sign_in(self, browser: Browser | None = None, wanted: str = "/account") -> httpx.Response:
        browser = browser or self.browser()
        return self.come_back(browser, self.provider.visit(self.begin(browser, wanted)))

    def user(self, name: str) -> User:
        known = self.system.access.desk.users.named(name)
        assert known is not None, name
        return known.user

    def names(self) -> list[str]:
        return [user.name for user in self.system.access.desk.users.all()]

    def deeds(self) -> list[tuple[str, str]]:
        with self.system.database.reading() as connection:
            rows = connection.exec_driver_sql("SELECT actor, action FROM audit_entries ORDER BY id")
            return [(actor, action) for actor, action in rows]

    def wait(self, seconds: int) -> None:
        self.clock.turn_to(self.clock.now() + seconds * 1000)


def refused(house: House, answer: httpx.Response, said: str, status: int = 401) -> None:
    """Nobody came in, the page says why, and a password can still be given."""
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert 'name="password"' in answer.text
    assert "ann@example.com" not in house.names()
