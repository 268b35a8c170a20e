"""Alerts and uptime in a real browser."""

from __future__ import annotations

import pytest

from tests.pages.window import Window

ALL_WAYS = [(width, theme) for width in (390, 1440) for theme in ("light", "dark")]


@pytest.mark.parametrize("window", ALL_WAYS, indirect=True)
def test_the_list_the_alert_and_uptime_fit_and_have_no_serious_fault(window: Window, axe: str) -> None:
    page = window.open("/alerts")
    assert page.get_by_role("heading", name="Alerts", exact=True).is_visible()
    assert not window.is_too_wide()
    assert not window.faults(axe)

    window.open(page.locator("[id^=alert-]").first.get_attribute("href") or "")
    assert page.get_by_role("button", name="Acknowledge").is_visible()
    assert not window.is_too_wide()
    assert not window.faults(axe)

    for path in (
        "/alerts/silences?type=TEMPLATE_PAUSED",
        "/alerts/maintenance",
        "/alerts/rules",
        "/alerts/rules/FAILURE_RATE_HIGH?days=1",
    ):
        window.open(path)
        assert not window.is_too_wide(), path
        assert not window.faults(axe), path

    window.open("/uptime")
    assert page.get_by_role("row", name="shop").is_visible()
    assert not window.is_too_wide()
    assert not window.faults(axe)


def test_a_filter_that_is_chosen_stands_in_the_url_and_keeps_the_range(window: Window) -> None:
    page = window.open("/alerts?range=7d")

    page.get_by_label("State").select_option("resolved")
    page.wait_for_url("**state=resolved*")

    assert "range=7d" in page.url
    assert page.get_by_label("State").input_value() == "resolved"
    assert page.locator("#open-alerts").count() == 0
