"""An installation whose console somebody looks at, and pages that need no built files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
from starlette.requests import Request

from tests.support.places import furnish
from wabawatch.app import System
from wabawatch.domain.access import Right
from wabawatch.settings import load
from wabawatch.web.assets import Assets
from wabawatch.web.visitors import Visitor

SECRET = "page tests"


class Somebody:
    """`Visitors` of whom there is one, whatever the request says."""

    def __init__(self, visitor: Visitor | None) -> None:
        self.visitor = visitor

    def of(self, _request: Request) -> Visitor | None:
        return self.visitor


ADMIN = Visitor("Ada Admin", frozenset(Right), csrf="page-test-csrf", id=1)


def system_in(folder: Path) -> System:
    """An installation in *folder* that asks nobody outside."""
    told = {
        "WABAWATCH_DATA_DIR": str(furnish(folder)),
        "WABAWATCH_FREE_SPACE_RESERVE": 0,
        "WABAWATCH_APP_SECRET": SECRET,
        "WEBHOOK_VERIFY_TOKEN": "verify",
        "WABAWATCH_UPTIME": False,
    }
    return System(load({}, None, told))


class FakeAssets(Assets):
    """Files that were never built: pages only need their names."""

    def url(self, name: str) -> str:
        return f"/static/{name}"


class Client:
    """Asks the site of *system*, which is not started, one request at a time, and follows nobody elsewhere."""

    def __init__(self, system: System) -> None:
        self._site = system.site(system.supervisor())
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._site)
            async with httpx.AsyncClient(transport=transport, base_url="http://test", cookies=self.cookies) as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())


def client(system: System, visitor: Visitor | None = ADMIN) -> Client:
    """Asks *system* as *visitor*."""
    system.console.visitors = Somebody(visitor)
    system.console.views.assets = FakeAssets()
    return Client(system)
