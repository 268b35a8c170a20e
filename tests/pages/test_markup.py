"""Text full of markup and script in a real browser: no script of a stranger runs, and the policy refuses nothing."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser
from starlette.routing import Route

from tests.pages.stage import fill, served, watch
from tests.pages.window import Window
from tests.support.console import system_in
from tests.support.markup import SECRET, SEEN, let_in, poison
from wabawatch.app import System
from wabawatch.app_places import SystemClock
from wabawatch.domain.access import Right

_TELLS = "window.owned = () => console.error('a script of a stranger has run')"


def pages_of(system: System) -> list[str]:
    """Every whole page that has an address of its own."""
    routes = [each for each in system.site(system.supervisor()).routes if isinstance(each, Route)]
    found = [each.path for each in routes if isinstance(getattr(each.endpoint, "right", None), Right)]
    gets = {each.path for each in routes if "GET" in (each.methods or ())}
    return [path for path in found if path in gets and "{" not in path and not path.startswith(("/parts", "/live"))]


def test_no_script_of_a_stranger_runs_on_any_page(built: None, browser: Browser, tmp_path: Path) -> None:
    system = system_in(tmp_path)
    fill(system, 200, 3)
    watch(system)
    let_in(system, SystemClock().now())
    poison(system, SystemClock().now())
    pages, shown = pages_of(system), set()
    with served(system, by_cookie=True) as url, Window.at(browser, url, 1440, "light") as window:
        window.page.context.add_cookies([{"name": "wabawatch", "value": SECRET, "url": url}])
        window.page.add_init_script(_TELLS)
        for path in pages:
            window.page.goto(url + path, wait_until="load")
            if SEEN in window.page.content():
                shown.add(path)
            assert window.page.locator(SEEN).count() == 0, path

    assert {"/", "/logs", "/alerts"} <= shown
