"""Users, settings, the audit trail and wabawatch itself in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.stage import served
from tests.pages.window import Window
from tests.support.access import PASSWORD
from tests.support.console import system_in
from wabawatch.domain.access import Role

ALL_WAYS = [(width, theme) for width in (390, 1440) for theme in ("light", "dark")]
PAGES = [
    "/users",
    "/users/2",
    "/settings?only=given",
    "/settings/channels",
    "/settings/tokens",
    "/settings/retention",
    "/audit",
    "/system",
]


@pytest.mark.parametrize("window", ALL_WAYS, indirect=True)
def test_every_page_fits_and_has_no_serious_fault(window: Window, axe: str) -> None:
    for path in PAGES:
        page = window.open(path)
        assert page.get_by_role("heading", level=1).is_visible(), path
        assert not window.is_too_wide(), path
        assert not window.faults(axe), path


def test_monitoring_is_started_with_a_reason_that_stands_in_the_trail(
    built: None, browser: Browser, tmp_path: Path
) -> None:
    system = system_in(tmp_path)
    system.access.desk.add("ann", Role.ADMIN, "test")
    system.access.desk.set_password("ann", PASSWORD, "test")
    with served(system, by_cookie=True) as url, Window.at(browser, url, 1440, "light") as window:
        page = window.page
        page.goto(f"{url}/system")
        page.get_by_label("Name").fill("ann")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

        page.get_by_label("Why, for whoever reads").fill("the first day")
        page.get_by_role("button", name="Start").click()

        expect(page.get_by_role("status").filter(has_text="Monitoring is started")).to_be_visible()
        page.get_by_role("link", name="Audit").first.click()
        expect(page.get_by_role("row").nth(1)).to_contain_text(
            re.compile("ann.*started monitoring.*the first day", re.DOTALL)
        )


def test_the_page_about_wabawatch_moves_by_itself(window: Window) -> None:
    page = window.open("/system")
    before = page.locator("#system .verdict time").get_attribute("datetime") or ""

    expect(page.locator("#system .verdict time")).not_to_have_attribute("datetime", before)
