"""The log page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.pages.window import Window


@pytest.mark.parametrize("window", [(390, "dark")], indirect=True)
def test_one_finds_failures_and_scrolls_to_older_ones(window: Window, axe: str) -> None:
    page = window.open("/logs")
    rows = page.locator("tbody tr:not(.more)")
    before = rows.count()
    assert not window.is_too_wide()
    assert window.faults(axe) == []

    page.locator("tr.more").last.scroll_into_view_if_needed()
    expect(rows.nth(before)).to_be_attached()
    page.get_by_label("Status").select_option("Failed")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**status=failed*")

    expect(page.locator("tbody tr").first).to_contain_text(re.compile(r"Failed.*\d{6}", re.DOTALL))
    assert page.title() == "WhatsApp Logs · wabawatch"


def test_one_opens_a_message_and_comes_back_to_what_was_searched(window: Window, axe: str) -> None:
    page = window.open("/logs?status=failed")
    page.locator("tbody a").first.click()
    page.wait_for_url("**/messages/*")

    expect(page.get_by_role("region", name=re.compile("^Error"))).to_contain_text("What to do")
    page.locator("summary", has_text="Raw JSON").click()
    expect(page.get_by_label("Raw JSON")).to_contain_text('"status": "failed"')
    assert window.faults(axe) == []
    page.get_by_role("link", name="Back to the log").click()

    page.wait_for_url("**/logs?status=failed")
