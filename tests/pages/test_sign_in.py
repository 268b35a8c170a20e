"""Signing in in a real browser: the first start, the second factor, one's account; light and dark, narrow and wide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from pyotp import TOTP

from tests.pages.stage import served
from tests.pages.window import Window
from tests.support.access import OTHER, PASSWORD
from tests.support.console import system_in
from wabawatch.app import System
from wabawatch.app_places import SystemClock
from wabawatch.domain.access import Role

WAYS = [(390, "dark"), (1440, "light")]
"""Each width and each theme once"""


class Door:
    """An installation that asks who comes in."""

    def __init__(self, folder: Path) -> None:
        self.system: System = system_in(folder)
        self.url = ""

    def add(self, name: str) -> None:
        self.system.access.desk.add(name, Role.OPERATOR, "test")
        self.system.access.desk.set_password(name, PASSWORD, "test")


@pytest.fixture
def door(built: None, tmp_path: Path) -> Iterator[Door]:
    door = Door(tmp_path)
    with served(door.system, by_cookie=True) as door.url:
        yield door


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize(("width", "theme"), WAYS)
def test_the_first_start_leads_to_the_guide_and_every_page_on_the_way_is_well_made(
    door: Door, browser: Browser, axe: str, width: int, theme: str
) -> None:
    link = door.system.access.invitation("test")
    assert link is not None
    with Window.at(browser, door.url, width, theme) as window:
        page = window.page
        page.goto(f"{door.url}/")
        expect(page.get_by_text("Nobody can sign in yet")).to_be_visible()
        assert not window.is_too_wide()
        assert not window.faults(axe)

        page.goto(door.url + urlsplit(link).path)
        expect(page.get_by_role("heading", name="Make the first admin")).to_be_visible()
        assert not window.is_too_wide()
        assert not window.faults(axe)
        page.get_by_label("Name").fill("ann")
        page.get_by_label(re.compile("^Password")).fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.keyboard.press("Enter")

        expect(page.get_by_role("heading", level=1)).to_have_text("From nothing to a verified webhook")
        page.get_by_role("link", name="Skip this").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("WhatsApp Quality Monitoring")


@pytest.mark.parametrize(("width", "theme"), WAYS)
def test_a_second_factor_is_set_up_and_asked(door: Door, browser: Browser, axe: str, width: int, theme: str) -> None:
    door.add("ann")
    with Window.at(browser, door.url, width, theme) as window:
        page = window.page
        page.goto(f"{door.url}/account")
        sign_in(page, "ann")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
        assert not window.is_too_wide()
        assert not window.faults(axe)

        factor = page.get_by_role("region", name="Second factor")
        factor.get_by_label("Password now").fill(PASSWORD)
        factor.get_by_role("button", name="Set it up").click()
        expect(factor.locator(".qr svg")).to_be_visible()
        assert not window.is_too_wide()
        assert not window.faults(axe)
        seed = factor.locator("code").inner_text()
        factor.get_by_label("Code that the app shows").fill(TOTP(seed).at(SystemClock().now() // 1000))
        page.keyboard.press("Enter")
        codes = page.locator(".codes code")
        expect(codes).to_have_count(10)
        recovery = codes.first.inner_text()
        assert not window.is_too_wide()
        assert not window.faults(axe)

        page.get_by_role("link", name="I have kept them").click()
        page.get_by_role("button", name="Sign out here").click()
        sign_in(page, "ann")
        expect(page.get_by_role("heading", name="One more step")).to_be_visible()
        assert not window.is_too_wide()
        assert not window.faults(axe)
        page.get_by_label(re.compile("^Code")).fill(recovery)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("WhatsApp Quality Monitoring")


def test_a_mistake_is_said_where_it_was_made_and_in_a_sentence(door: Door, browser: Browser) -> None:
    door.add("ann")
    with Window.at(browser, door.url, 1440, "light") as window:
        page = window.page
        page.goto(f"{door.url}/login")
        sign_in(page, "ann", OTHER)
        expect(page.get_by_role("alert")).to_have_text("Name or password is wrong")
        expect(page.get_by_label("Name")).to_have_value("ann")
        sign_in(page, "ann")
        page.goto(f"{door.url}/account")
        part = page.get_by_role("region", name="Password")
        part.get_by_label("Password now").fill(PASSWORD)
        part.get_by_label(re.compile("^New password")).fill("short")
        part.get_by_label("The same again").fill("short")
        page.keyboard.press("Enter")
        expect(part.get_by_role("alert")).to_contain_text("Password: at least 12 characters")
        # Answers that refuse are what was asked for here.
        window.complaints = [each for each in window.complaints if not re.search("401|422", each)]
