"""Webhooks and forwarding in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.stage import served
from tests.pages.window import Window
from tests.support.webhook_pages import Webhooks

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
