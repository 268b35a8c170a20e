"""The overview in a real browser."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from tests.pages.window import Window
from tests.support.console import SECRET
from tests.support.system import item, webhook
from wabawatch.app_places import SystemClock
from wabawatch.meta.signature import sign

ALL_WAYS = [(width, theme) for width in (390, 1440) for theme in ("light", "dark")]
MOST_BYTES = 500_000


def inbound() -> dict[str, object]:
    """A message that somebody writes now."""
    said = {"from": "15551230001", "type": "text", "text": {"body": "hello"}}
    return item("wamid.HBgLMTU1NTEyMzAwMDEVAgASGBQzQTAwMDAwMDAwMDAwMDAwMDAwMQA=", SystemClock().now(), **said)


def post(url: str, body: bytes) -> None:
    """Post a webhook, signed."""
    signed = {"x-hub-signature-256": sign(body, SECRET.encode())}
    httpx.post(f"{url}/webhooks/whatsapp", content=body, headers=signed).raise_for_status()


@pytest.mark.parametrize("window", ALL_WAYS, indirect=True)
def test_it_says_whether_we_are_compliant_what_is_wrong_since_when_and_whose_fault(window: Window, axe: str) -> None:
    page = window.open("/")

    verdict = page.get_by_role("region", name="Verdict").inner_text()
    assert "Not compliant" in verdict
    assert re.search(r"Failure rate \d+(\.\d)? %, must be below 5 %; since .+ mended by the recipients", verdict)
    assert page.locator(".figure").count() == 5
    assert page.title().endswith("WhatsApp Quality Monitoring · wabawatch")  # after how many alerts nobody has seen
    assert not window.is_too_wide()
    assert not window.faults(axe)


def test_the_page_weighs_less_than_500_kb_with_its_charts(window: Window) -> None:
    window.open("/")

    assert sum(window.weights.values()) < MOST_BYTES, window.weights
    assert any(path.startswith("/static/charts.") for path in window.weights)


def test_the_theme_is_the_systems_until_another_is_chosen_and_then_stays(window: Window) -> None:
    page = window.open("/")
    assert page.locator("html").get_attribute("data-bs-theme") == "light"

    page.get_by_text("Colours").click()
    page.get_by_role("button", name="Dark").click()
    page.reload()

    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_one_comes_to_the_content_by_keyboard_alone(window: Window) -> None:
    page = window.open("/")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"


def test_range_and_scope_stay_in_the_url_with_every_link(window: Window) -> None:
    page = window.open("/")

    page.locator(".top details:not(.side-menu) summary").first.click()
    page.get_by_role("link", name="Last 6 hours").click()
    page.wait_for_url("**/?range=6h")
    page.get_by_label("Number", exact=True).select_option(index=1)
    page.wait_for_url("**number=*")

    query = parse_qs(urlsplit(page.url).query)
    assert query["range"] == ["6h"]
    assert page.get_by_label("Number", exact=True).input_value() == query["number"][0]
    home = page.get_by_role("link", name="Overview").get_attribute("href")
    assert parse_qs(urlsplit(home or "").query) == query


def test_a_client_that_is_chosen_takes_the_number_of_another_away(window: Window) -> None:
    page = window.open("/")
    page.get_by_label("Number", exact=True).select_option(index=1)
    page.wait_for_url("**number=*")
    other = page.get_by_label("Client").locator("option:not([selected])").last.inner_text()

    page.get_by_label("Client").select_option(other)
    page.wait_for_url(f"**client={other}*")

    assert "number" not in parse_qs(urlsplit(page.url).query)


def test_a_drag_over_a_chart_is_a_time_range(window: Window) -> None:
    page = window.open("/")
    chart = page.locator("[data-chart=spec-failure] canvas")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box

    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 90, steps=5)
    page.mouse.up()
    page.wait_for_url("**from=*")

    query = parse_qs(urlsplit(page.url).query)
    assert query["from"] < query["to"]


def test_figures_change_without_a_reload_when_messages_come_in(window: Window) -> None:
    page = window.open("/")
    page.evaluate("window.unchanged = true")
    received = page.get_by_role("row", name="Webhooks received")
    before = received.inner_text()

    post(window.url, webhook("messages", inbound(), received_at=0).content)

    expect(received).not_to_have_text(re.compile(before), use_inner_text=True)
    assert page.evaluate("window.unchanged")


def test_times_are_the_readers_own_with_utc_in_their_title(window: Window) -> None:
    page = window.open("/")
    time = page.locator("#figures > p time").first

    assert (time.get_attribute("title") or "").endswith("UTC")
    assert "UTC" not in time.inner_text()
