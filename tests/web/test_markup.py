"""Whatever strangers write is text on every page of the console: every route that is served is opened, with links
followed, in an installation whose texts are full of markup and script."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote, urlencode, urlsplit

import pytest
from starlette.routing import Match, Route
from tests.pages.stage import fill, watch
from tests.support.browser import Browser
from tests.support.console import FakeAssets, system_in
from tests.support.markup import EVIL, SECRET, SEEN, hostile_queries, let_in, poison, read, say_evil
from tests.support.places import furnish
from tests.web.test_who_may import OPEN

from wabawatch.app import System
from wabawatch.app_places import SystemClock

MOST_OF_A_ROUTE = 4
"""So many addresses of one route are opened"""
PROGRAMS = {"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/docs/docs.css", "/static/{name}"}
"""What is the same for everybody, and holds no text of strangers"""
ENDLESS = ("/live", "/tail")
"""Streams"""


class Walk:
    """Opens every page that is served, and what they lead to."""

    def __init__(self, system: System) -> None:
        self.site = system.site(system.supervisor())
        every = [each for each in self.site.routes if isinstance(each, Route) and "GET" in (each.methods or ())]
        self.routes = [each for each in every if each.path not in PROGRAMS]
        self.opened: Counter[str] = Counter()
        self.showing: set[str] = set()
        self._browser = Browser(self.site)
        self._browser.cookies["wabawatch"] = SECRET

    def route_of(self, path: str) -> str:
        scope = {"type": "http", "path": urlsplit(path).path, "method": "GET"}
        return next((each.path for each in self.routes if each.matches(scope)[0] is Match.FULL), "")

    def all(self) -> None:
        """Every route once, then every link that a page has, a few of each route."""
        waiting = [each.path for each in self.routes if "{" not in each.path]
        done: set[str] = set()
        while waiting:
            path = waiting.pop(0)
            route = self.route_of(path)
            if path in done or not self._is_wanted(route):
                continue
            done.add(path)
            waiting += self.open(path)

    def _is_wanted(self, route: str) -> bool:
        return bool(route) and not route.startswith(ENDLESS) and self.opened[route] < MOST_OF_A_ROUTE

    def newest(self, path: str, most: int) -> list[str]:
        """The first pages of one thing by its number that a list leads to."""
        found = [urlsplit(each).path for each in self.open(path)]
        return list(dict.fromkeys(each for each in found if re.fullmatch(r"/(webhooks|messages)/\d+", each)))[:most]

    def open(self, path: str) -> list[str]:
        """Open one, and see that nothing in it came alive. Gives its links."""
        route = self.route_of(path)
        self.opened[route] += 1
        headers = {"hx-request": "true"} if route.startswith("/parts/") else {}
        answer = self._browser.get(path, headers)
        assert answer.status_code < 500, (path, answer.text)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            assert answer.status_code in (204, 303) or answer.headers.get("x-content-type-options") == "nosniff", path
            return []
        page = read(answer.text)
        assert not page.wrong, (path, page.wrong)
        if SEEN in answer.text:
            self.showing.add(route)
        return page.links


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    system = system_in(furnish(tmp_path_factory.mktemp("evil")))
    fill(system, 300, 3)
    watch(system)
    now = SystemClock().now()
    say_evil(system, now)
    let_in(system, now)
    poison(system, now)
    system.console.views.assets = FakeAssets()
    yield Walk(system)
    system.close()


def test_what_strangers_wrote_is_text_on_every_page(walk: Walk) -> None:
    walk.all()

    missed = {each.path for each in walk.routes if "{" not in each.path} - walk.opened.keys()
    assert {path for path in missed if path not in OPEN and not path.startswith(ENDLESS)} == set()
    # So that the test cannot pass because nothing was shown.
    assert {"/", "/logs", "/messages/{id:path}", "/alerts", "/uptime", "/account"} <= walk.showing, walk.showing


def test_names_and_texts_of_people_are_text_where_a_whole_webhook_is_shown(walk: Walk) -> None:
    """Masked they are not shown at all."""
    for path in walk.newest("/webhooks", 4):
        walk.showing.clear()
        walk.open(f"{path}?unmask=yes")
        assert walk.showing, path
    walk.showing.clear()
    for path in walk.newest("/logs", 4):
        walk.open(f"/parts/message/webhooks?id={path.rpartition('/')[2]}&unmask=yes")
    assert walk.showing


def test_what_stands_in_the_address_is_text_in_the_answer(walk: Walk) -> None:
    """Also where a page says that it does not understand it."""
    query = urlencode(dict(hostile_queries()))
    for route in walk.routes:
        if route.path.startswith(ENDLESS):
            continue
        path = re.sub(r"{\w+:int}", "1", route.path).replace(":path}", "}")
        walk.open(re.sub(r"{\w+}", quote(EVIL, safe=""), path))
        plain = re.sub(r"{\w+}", "x", path)
        walk.open(f"{plain}?{query}")
        for name in ("q", "range", "client", "status"):
            walk.open(f"{plain}?{urlencode({name: EVIL})}")
