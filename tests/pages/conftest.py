"""A real browser for page tests: whatever it complains of, and whoever it asks but us, fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from assets.build import BUILT, MODULES, build

from tests.conftest import IN_CI
from tests.pages.stage import fill, served, watch
from tests.pages.stage_people import inhabit
from tests.pages.window import ARGUMENTS, Window
from tests.support.console import system_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Skips where there is none; in CI it must be there.

    For one module: playwright keeps an event loop running in this thread, in which other tests want one of their own.
    """
    if CHROMIUM is None:
        said = "there is no chromium on the PATH, which the page tests drive: install Debian's package chromium"
        if IN_CI:
            pytest.fail(said)
        pytest.skip(said)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # figures move at most every 5 s; on a busy machine later still

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def built() -> None:
    """What the pages load."""
    if not (BUILT / "manifest.json").is_file():
        build()


@pytest.fixture(scope="session")
def console(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an installation with a day of traffic, where somebody is signed in."""
    system = system_in(tmp_path_factory.mktemp("console"))
    fill(system)
    watch(system)
    inhabit(system)
    with served(system) as url:
        yield url


@pytest.fixture
def window(browser: Browser, console: str, request: pytest.FixtureRequest) -> Iterator[Window]:
    """A window at the console. `@pytest.mark.parametrize("window", [(width, theme)], indirect=True)` chooses how."""
    width, theme = getattr(request, "param", (1440, "light"))
    with Window.at(browser, console, width, theme) as found:
        yield found


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, which npm fetched with the rest."""
    path: Path = MODULES / "axe-core" / "axe.min.js"
    if not path.is_file():
        pytest.fail(f"{path} is missing: `make assets` fetches it")
    return path.read_text("utf-8")
