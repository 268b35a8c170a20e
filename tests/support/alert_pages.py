"""The pages about alerts of an installation, looked at by somebody whose rights a test chooses."""

from __future__ import annotations

from pathlib import Path

import httpx
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request

from tests.support.books import HandClock
from tests.support.console import Client, FakeAssets, Somebody
from tests.support.facts import HOUR, T0
from tests.support.places import furnish
from wabawatch.app import System
from wabawatch.app_console_alerts import alert_pages
from wabawatch.domain.access import Right
from wabawatch.settings import load
from wabawatch.storage.schema import audit_entries
from wabawatch.web import csrf
from wabawatch.web.forms import read_form
from wabawatch.web.pages.alert_news import AlertNewsPart
from wabawatch.web.pages.desk import Desk
from wabawatch.web.visitors import Visitor

TOKEN = csrf.token_of("secret")
ADMIN = Visitor("Anna Admin", frozenset({Right.VIEW, Right.OPERATE, Right.ADMINISTER}), TOKEN, 6)
OPERATOR = Visitor("Olga Operator", frozenset({Right.VIEW, Right.OPERATE}), TOKEN, 7)
VIEWER = Visitor("Vera Viewer", frozenset({Right.VIEW}), TOKEN, 8)


async def guard(request: Request, _visitor: Visitor) -> None:
    """The guard of the frame, of the cookie `secret`."""
    csrf.check(request.headers, await read_form(request), "secret", None)


class Pages:
    """The pages of an installation, looked at by somebody."""

    def __init__(self, folder: Path) -> None:
        given = {
            "WABAWATCH_DATA_DIR": str(furnish(folder)),
            "WABAWATCH_FREE_SPACE_RESERVE": "0",
            "WABAWATCH_UPTIME": "false",
        }
        self.clock = HandClock(T0 + HOUR)
        self.system = System(load(given), self.clock)
        self.system.console.views.assets = FakeAssets()
        self.as_(OPERATOR)

    def as_(self, visitor: Visitor) -> None:
        """From now on *visitor* looks."""
        system, views = self.system, self.system.console.views
        desk = Desk(Somebody(visitor).of, views, guard)
        system.console.desk = lambda: desk  # type: ignore[method-assign]
        routes = alert_pages(system.console, system.alerts, system.notices, system.uptime.desk, self.clock)
        routes += AlertNewsPart(system.console.news, views).routes(desk)
        self._client = Client.__new__(Client)
        self._client._site, self._client.cookies = Starlette(routes=routes), {}  # type: ignore[assignment]

    def get(self, path: str) -> httpx.Response:
        return self._client.get(path)

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self._client.request("POST", path, data={"csrf": TOKEN} | fields)

    def only(self) -> str:
        """The key of the only alert that is open."""
        (alert,) = self.system.alerts.book.open()
        return alert.key

    def only_of(self, rule: str) -> str:
        """The key of the open alert of *rule*."""
        return next(each.key for each in self.system.alerts.book.open() if each.rule == rule)

    def audited(self) -> list[tuple[str, str, str]]:
        with self.system.database.reading() as connection:
            c = audit_entries.c
            return [tuple(row) for row in connection.execute(select(c.actor, c.action, c.subject))]
