"""Who may do what in the console: every route that is served, with every role and every method.

The table is made of the routes themselves, so a page that is added is in it. One that asks for no right must stand in
`OPEN`, with its reason.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute, Mount, Route
from tests.support.access import NOW
from tests.support.books import HandClock
from tests.support.browser import ORIGIN, Browser
from tests.support.console import FakeAssets
from tests.support.places import furnish

from wabawatch.access_ports import NewSession, Origin
from wabawatch.app import System
from wabawatch.domain.access import Right, Role
from wabawatch.domain.kept_secrets import digest_of
from wabawatch.domain.users import Stage, User
from wabawatch.settings import load
from wabawatch.web.csrf import token_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OPEN = {
    "/healthz": "for probes; says nothing of anybody",
    "/readyz": "for probes",
    "/metrics": "for Prometheus: counts, of nobody",
    "/openapi.json": "the API's description",
    "/docs": "the API's description",
    "/docs/docs.css": "its colours",
    "/static/{name}": "scripts and colours of the pages",
    "/runbooks/{name}": "texts that this release brings",
    "/login": "how one signs in",
    "/login/code": "how one signs in",
    "/login/oidc": "how one signs in elsewhere",
    "/login/oidc/callback": "how one comes back from there",
    "/setup/{secret}": "opens with a one-time secret",
    "/logout": "ends the session that it is shown",
}
KINDS_OF_PEOPLE = [*itertools.product(Role, (False, True))]


class Office:
    """An installation with somebody of every role, and some who may not come in."""

    def __init__(self, folder: Path) -> None:
        usual = {
            "WABAWATCH_DATA_DIR": str(furnish(folder)),
            "WABAWATCH_FREE_SPACE_RESERVE": "0",
            "WABAWATCH_UPTIME": "false",
        }
        self.system = System(load(usual), HandClock(NOW))
        self.system.console.views.assets = FakeAssets()
        self.site = self.system.site(self.system.supervisor())
        self._secrets = itertools.count(1)
        access = self.system.access
        self.keeper = access.desk.add("keeper", Role.ADMIN, "test")[0]
        self.people = {
            (role, unmask): access.desk.add(f"{role}-{unmask}".lower(), role, "test", is_unmasking=unmask)[0]
            for role, unmask in KINDS_OF_PEOPLE
        }
        self.disabled = access.desk.add("disabled", Role.OPERATOR, "test")[0]
        access.desk.disable("disabled", "test")

    def browser(self, user: User | None, stage: Stage = Stage.WHOLE, ends_in_ms: int = 60_000) -> tuple[Browser, str]:
        """A browser in which *user* has just been signed in, and the token for its forms."""
        browser = Browser(self.site)
        if user is None:
            return browser, ""
        secret = f"secret-{next(self._secrets)}"
        new = NewSession(digest_of(secret), user.id, stage, NOW + ends_in_ms, Origin(""))
        self.system.access.door.sessions.open(new, NOW, b"", None)
        browser.cookies["wabawatch"] = secret
        return browser, token_of(secret)

    def strangers(self) -> Iterator[tuple[str, Browser, str]]:
        """Those who may not come in, each with what would be the token."""
        admin = self.people[Role.ADMIN, False]
        yield "nobody", *self.browser(None)
        yield "without a code", *self.browser(admin, Stage.HALF)
        yield "disabled", *self.browser(self.disabled)
        yield "over", *self.browser(admin, ends_in_ms=0)
        forged, token = self.browser(None)
        forged.cookies["wabawatch"] = "forged"
        yield "forged", forged, token
        ended, token = self.browser(admin)
        self.system.access.door.leave(ended.cookies["wabawatch"])
        yield "ended", ended, token

    def routes(self) -> list[Route]:
        found: list[BaseRoute] = list(self.site.routes)
        assert all(isinstance(each, Route) or is_api(each) for each in found), "a route of an unknown kind"
        return [each for each in found if isinstance(each, Route)]

    def pages(self) -> list[tuple[str, Right, set[str]]]:
        """Each path that asks for a right, with it and its methods."""
        return [
            (filled(each.path), right_of(each), set(each.methods or ()) - {"HEAD"})
            for each in self.routes()
            if each.path not in OPEN
        ]

    def trail(self) -> int:
        with self.system.database.reading() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM audit_entries").scalar_one())


def is_api(route: BaseRoute) -> bool:
    """The API, whose own table stands in test_access.py."""
    return isinstance(route, Mount) and route.path == "/api/v1"


def right_of(route: Route) -> Right:
    right = getattr(route.endpoint, "right", None)
    assert isinstance(right, Right), f"{route.path} asks for no right: make it with Desk.page, or say in OPEN why not"
    return right


def filled(path: str) -> str:
    return re.sub(r"{\w+}", "x", re.sub(r"{\w+:int}", "1", path))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = Office(tmp_path_factory.mktemp("office"))
    yield office
    office.system.close()


def ask(browser: Browser, method: str, path: str, token: str = "", **headers: str) -> httpx.Response:
    told: dict[str, Any] = {"origin": ORIGIN, "x-csrf-token": token} if token else {}
    return browser.ask(method, path, told | headers)


def test_the_table_has_pages_of_every_kind(office: Office) -> None:
    pages = office.pages()

    assert {"/", "/account", "/alerts", "/live"} <= {path for path, _, _ in pages}
    assert {"GET", "POST"} <= set().union(*(methods for _, _, methods in pages))
    served = {each.path: each for each in office.routes()}
    assert set(OPEN) <= served.keys(), "OPEN names what is not served"
    closed = [path for path in OPEN if hasattr(served[path].endpoint, "right")]
    assert not closed, "OPEN names what asks for a right"


def test_no_page_opens_to_who_is_not_signed_in(office: Office) -> None:
    for who, browser, token in office.strangers():
        cookies = dict(browser.cookies)
        for (path, _, methods), method in itertools.product(office.pages(), METHODS):
            browser.cookies = dict(cookies)
            answer = ask(browser, method, path, token)
            if method not in methods:
                assert answer.status_code == 405, (method, path, who)
            elif path == "/live":
                assert answer.status_code == 401, who
            else:
                assert answer.status_code == 303, (method, path, who)
                assert answer.headers["location"].startswith("/login"), (method, path, who)
            assert not answer.content or answer.status_code == 405


def test_every_page_opens_to_who_has_its_right_and_to_nobody_else(office: Office) -> None:
    for (path, right, methods), (kind, user) in itertools.product(office.pages(), office.people.items()):
        if path == "/live":
            continue  # it does not end: see test_live.py
        for method in methods:
            browser, token = office.browser(user)
            before = office.trail()
            answer = ask(browser, method, path, token)
            if right in user.rights:
                assert answer.status_code not in (401, 403, 405, 500), (method, path, kind, answer.text)
                assert not answer.headers.get("location", "").startswith("/login"), (method, path, kind)
            else:
                assert answer.status_code == 403, (method, path, kind)
                assert office.trail() == before, (method, path, kind)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-csrf-token": "another's"},
        {"x-csrf-token": "OWN", "origin": "https://evil.example"},
        {"x-csrf-token": "OWN", "origin": "null"},
        {"x-csrf-token": "OWN", "sec-fetch-site": "cross-site"},
        {"x-csrf-token": "OWN", "sec-fetch-site": "same-site"},
    ],
    ids=str,
)
def test_no_other_site_changes_anything_in_the_name_of_who_is_signed_in(
    office: Office, headers: dict[str, str]
) -> None:
    for path, _, methods in office.pages():
        for method in methods - {"GET"}:
            browser, token = office.browser(office.people[Role.ADMIN, True])
            before = office.trail()
            told = {name: token if value == "OWN" else value for name, value in headers.items()}
            assert ask(browser, method, path, **told).status_code == 403, (method, path)
            assert office.trail() == before, (method, path)


def test_a_get_changes_nothing(office: Office) -> None:
    before = office.trail()
    for path, _, methods in office.pages():
        if "GET" in methods and path != "/live":
            browser, _ = office.browser(office.people[Role.ADMIN, True])
            ask(browser, "GET", path)

    assert office.trail() == before
