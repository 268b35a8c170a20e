"""Templates, numbers and accounts in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.pages.window import Window


@pytest.mark.parametrize("window", [(390, "dark"), (1440, "light")], indirect=True)
def test_one_goes_from_the_worst_template_to_its_evidence_and_to_its_account(window: Window, axe: str) -> None:
    page = window.open("/templates")
    assert window.faults(axe) == []
    assert not window.is_too_wide()

    page.locator("[id^=template-]").first.click()
    page.wait_for_url("**/templates/*/*/*")
    expect(page.get_by_role("region", name="Failures by cause")).to_be_visible()
    page.wait_for_selector(".chart:not(:has(canvas))", state="detached")

    assert window.faults(axe) == []
    assert not window.is_too_wide()
    page.locator("#account").click()
    page.wait_for_url("**/accounts/*")
    expect(page.get_by_role("region", name="Numbers, worst first")).to_be_visible()
    assert window.faults(axe) == []
    assert not window.is_too_wide()


@pytest.mark.parametrize("window", [(1440, "dark"), (390, "light")], indirect=True)
def test_one_finds_a_number_by_its_name_and_sees_its_ratings(window: Window, axe: str) -> None:
    page = window.open("/numbers")
    assert window.faults(axe) == []
    assert not window.is_too_wide()
    name = page.locator("[id^=number-]").first.inner_text()

    page.get_by_label("Name or id").fill(name)
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**q=*")
    page.locator("[id^=number-]").first.click()
    page.wait_for_url("**/numbers/*")
    page.wait_for_selector(".chart:not(:has(canvas))", state="detached")

    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_role("region", name="Quality rating, for ever")).to_contain_text("until now")
    assert window.faults(axe) == []
    assert not window.is_too_wide()
