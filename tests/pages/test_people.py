"""One person found, given out, held and erased in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.stage import served
from tests.pages.window import Window
from tests.support.access import PASSWORD
from tests.support.console import system_in
from tests.support.erasure import BSUID, OTHER, PHONE, TEXT, traces
from wabawatch.domain.access import Role

ALL_WAYS = [(width, theme) for width in (390, 1440) for theme in ("light", "dark")]
PEOPLE = "/settings/people"


@pytest.fixture
def url(built: None, tmp_path: Path) -> Iterator[str]:
    """The address of an installation that knows the person, and that has erased another."""
    system = system_in(tmp_path)
    system.inbox.append_all(traces())
    system.drain()
    flow = system.erasure.flow
    flow.erase(flow.plan(OTHER), "cli:root", "asked by letter", lambda _what, _n: None)
    flow.release(flow.hold("+1 212 555 0000", "cli:root", "case 11"), "cli:root")
    system.access.desk.add("ada", Role.ADMIN, "test")
    system.access.desk.set_password("ada", PASSWORD, "test")
    with served(system, by_cookie=True) as url:
        yield url


def sign_in(window: Window) -> Page:
    window.page.goto(window.url + PEOPLE)
    window.page.get_by_label("Name").fill("ada")
    window.page.get_by_label("Password").fill(PASSWORD)
    window.page.get_by_role("button", name="Sign in").click()
    window.page.wait_for_url(f"**{PEOPLE}")
    return window.page


def find(page: Page, contact: str) -> None:
    page.get_by_label("Phone number with country code").fill(contact)
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One person")


def test_somebody_is_found_given_out_held_and_erased(built: None, browser: Browser, url: str) -> None:
    with Window.at(browser, url, 1440, "light") as window:
        page = sign_in(window)
        find(page, "+49 151 2345 6789")
        expect(page.get_by_role("row").filter(has_text=BSUID)).to_contain_text("Linked")
        assert PHONE not in page.url + page.title()
        expect(page.get_by_role("row").filter(has_text="items of webhooks")).to_contain_text("12")

        page.get_by_role("button", name="Write down everything").click()
        with page.expect_download() as fetched:
            page.get_by_role("link", name="Download what is kept").click()
        assert TEXT in json.dumps(json.loads(Path(fetched.value.path()).read_text()))

        page.get_by_label("Why nobody may erase").fill("case 12")
        page.get_by_role("button", name="Set a legal hold").click()
        expect(page.get_by_role("alert")).to_contain_text("case 12")

        page.get_by_role("link", name="People").first.click()
        page.get_by_role("button", name="End hold 2").click()
        expect(page.get_by_role("status").filter(has_text="The hold is ended")).to_be_visible()
        find(page, BSUID)
        page.get_by_label("Write the id again").fill(BSUID)
        page.get_by_role("button", name="Erase for good").click()

        row = page.locator("#erasures").get_by_role("row").nth(1)
        expect(row).to_contain_text("the person asked for it")
        expect(row).to_contain_text("Done")
        with page.expect_download() as paper:
            row.get_by_role("link", name="Certificate").click()
        assert paper.value.suggested_filename == "erasure-2.json"
        find(page, PHONE)
        expect(page.get_by_role("row").filter(has_text="seen with no other id")).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), ALL_WAYS)
def test_the_pages_fit_and_have_no_serious_fault(
    built: None, browser: Browser, url: str, axe: str, width: int, theme: str
) -> None:
    with Window.at(browser, url, width, theme) as window:
        page = sign_in(window)
        for _ in range(2):
            assert not window.is_too_wide()
            assert not window.faults(axe)
            if page.url.endswith(PEOPLE):
                find(page, PHONE)
                expect(page.get_by_role("row").filter(has_text="items of webhooks")).to_contain_text("12")
