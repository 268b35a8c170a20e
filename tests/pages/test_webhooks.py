"""Webhooks and forwarding in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.stage import served
from tests.pages.window import Window
from tests.support.access import PASSWORD
from tests.support.webhook_pages import PHONE, Webhooks
from wabawatch.domain.access import Role

ALL_WAYS = [(width, theme) for width in (390, 1440) for theme in ("light", "dark")]


@pytest.fixture(scope="module")
def forwarding(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an installation with a forward target that has not taken everything."""
    found = Webhooks(tmp_path_factory.mktemp("forwarding"))
    found.system.forwards.flow.pause("crm", True, "test")  # there is nobody to forward to
    with served(found.system) as url:
        yield url


@pytest.mark.parametrize("window", ALL_WAYS, indirect=True)
def test_the_list_and_one_webhook_fit_and_have_no_serious_fault(window: Window, axe: str) -> None:
    page = window.open("/webhooks")
    assert page.get_by_role("region", name="Received").is_visible()
    assert not window.is_too_wide()
    assert not window.faults(axe)

    page.locator("tbody th a").first.click()
    page.wait_for_url(re.compile(r"/webhooks/\d+"))
    expect(page.get_by_role("region", name="How it came")).to_be_visible()
    assert not window.is_too_wide()
    assert not window.faults(axe)


@pytest.mark.parametrize(("width", "theme"), ALL_WAYS)
def test_the_pages_of_forwarding_fit_up_to_what_would_be_sent_of_a_dead_letter(
    browser: Browser, forwarding: str, axe: str, width: int, theme: str
) -> None:
    with Window.at(browser, forwarding, width, theme) as window:
        page = window.open("/webhooks/forwarding")
        assert not window.is_too_wide()
        assert not window.faults(axe)
        page.get_by_role("link", name="crm").click()
        page.wait_for_url("**/webhooks/forwarding/crm")
        assert not window.is_too_wide()
        assert not window.faults(axe)
        page.locator("tbody th a").first.click()
        page.wait_for_url(re.compile(r"/webhooks/\d+$"))
        page.get_by_role("button", name="See what would be sent").click()
        expect(page.get_by_role("heading", name="The body that would be sent")).to_be_visible()
        assert not window.is_too_wide()
        assert not window.faults(axe)


def test_a_message_shows_the_webhooks_that_told_of_it_and_its_alerts(window: Window, axe: str) -> None:
    page = window.open("/logs?status=failed")
    window.open(page.locator("tbody a").first.get_attribute("href") or "")

    told = page.get_by_role("region", name="Webhooks that told of it")
    expect(told.get_by_text("Looked through")).to_be_visible()
    expect(page.get_by_role("region", name="Related alerts").get_by_role("link").first).to_be_visible()
    assert not window.faults(axe)
    told.get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/webhooks/\d+"))
    assert page.get_by_role("heading", level=1).inner_text().startswith("Webhook ")


def test_a_dead_letter_is_sent_again_after_a_dry_run_and_whole_numbers_are_shown_on_request(
    built: None, browser: Browser, tmp_path: Path
) -> None:
    found = Webhooks(tmp_path)
    found.system.forwards.flow.pause("crm", True, "test")  # there is nobody to forward to
    found.system.access.desk.add("olga", Role.ADMIN, "test")
    found.system.access.desk.set_password("olga", PASSWORD, "test")
    with served(found.system, by_cookie=True) as url, Window.at(browser, url, 1440, "light") as window:
        page = window.page
        page.goto(f"{url}/webhooks/forwarding/crm")
        page.get_by_label("Name").fill("olga")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Choose body").first.check()
        page.get_by_role("button", name="Dry run for the chosen").click()
        expect(page.get_by_role("heading", name="Dry run: what crm would get")).to_be_visible()
        assert not found.deeds("forward_replayed")

        page.get_by_role("button", name="Send 1 to crm").click()

        expect(page.get_by_role("region", name="Progress")).to_contain_text("0 of 1 taken")
        expect(page.get_by_role("link", name="Dead letters (0)")).to_be_visible()
        assert len(found.deeds("forward_replayed")) == 1

        page.goto(f"{url}/webhooks/{found.ids['message']}")
        expect(page.get_by_text("masked", exact=False).first).to_be_visible()
        assert PHONE not in page.content()
        page.get_by_role("link", name="Show all of it").click()
        page.wait_for_url("**unmask=yes*")
        assert PHONE in page.content()
        assert len(found.deeds("body_unmasked")) == 1
        assert not window.complaints
