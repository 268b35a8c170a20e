"""The log page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.pages.window import Window


@pytest.mark.parametrize("window", [(390, "dark"), (1440, "light")], indirect=True)
def test_one_finds_failures_by_what_is_counted_and_takes_them_away_again(window: Window, axe: str) -> None:
    page = window.open("/logs")
    expect(page.get_by_role("heading", name=re.compile(r"^[\d,]+ messages$"))).to_be_visible()
    if (fold := page.locator(".log-side > summary")).is_visible():
        fold.click()
    assert not window.is_too_wide()
    assert window.faults(axe) == []

    page.get_by_role("region", name="Status").get_by_role("link", name=re.compile("^Failed")).click()
    page.wait_for_url("**status=failed*")
    expect(page.locator("tbody:not(.gap) tr").first).to_contain_text(re.compile(r"Failed.*\d{6}", re.DOTALL))
    assert page.title().endswith("WhatsApp Logs · wabawatch")
    page.get_by_role("link", name="Status Failed").click()

    page.wait_for_url(re.compile(r"/logs$"))


def test_a_drag_over_the_bars_and_two_fields_choose_a_time(window: Window) -> None:
    page = window.open("/logs")
    plot = page.locator("[data-histogram] svg")
    box = plot.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 50, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile(r"from=[^&]+&to="))

    chosen = page.get_by_label("From").input_value()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", chosen)
    page.get_by_label("From").fill(chosen[:-2] + "59")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url(re.compile("from=[^&]+%3A59%3A"))


def test_a_message_opens_beside_the_list_by_key_and_the_way_back_is_where_one_was(window: Window, axe: str) -> None:
    page = window.open("/logs?status=failed")
    page.locator("tbody a").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("tbody a").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("Enter")

    panel = page.get_by_role("complementary", name=re.compile("^Message"))
    expect(panel.get_by_role("region", name=re.compile("^Error"))).to_contain_text("What to do")
    expect(page.locator("#peek-title")).to_be_focused()
    expect(second).to_be_visible()
    assert window.faults(axe) == []
    page.wait_for_url(re.compile(r"open=\d+"))
    first = panel.inner_text()
    page.keyboard.press("k")
    expect(panel).not_to_have_text(first)
    page.keyboard.press("Escape")

    expect(panel).to_be_hidden()
    expect(page.locator("tbody a").first).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys of this page")).to_be_visible()
    assert window.faults(axe) == []


@pytest.mark.parametrize("window", [(390, "light")], indirect=True)
def test_a_message_covers_a_narrow_window_and_has_a_page_of_its_own(window: Window, axe: str) -> None:
    page = window.open("/logs?status=failed")
    page.locator("tbody a").first.click()
    panel = page.get_by_role("complementary", name=re.compile("^Message"))
    panel.get_by_role("link", name="Whole page").click()
    page.wait_for_url("**/messages/*")

    page.locator("summary", has_text="Raw JSON").click()
    expect(page.get_by_label("Raw JSON")).to_contain_text('"status": "failed"')
    assert not window.is_too_wide()
    assert window.faults(axe) == []
    page.get_by_role("link", name="Back to the log").click()

    page.wait_for_url("**/logs?status=failed")


def test_rows_far_away_are_let_go_and_come_again(window: Window) -> None:
    page = window.open("/logs?range=7d&status=read&status=delivered")
    rows = page.locator(".log-rows tbody:not(.gap) tr")
    rows.first.wait_for()
    top = rows.first.inner_text()
    end = page.get_by_text("These are all that fit.")
    for _ in range(60):
        page.mouse.wheel(0, 4_000)
        page.wait_for_timeout(50)
        if end.is_visible():
            break
    expect(end).to_be_visible()

    assert rows.count() <= 900
    assert rows.first.inner_text() != top
    page.keyboard.press("Home")
    expect(rows.first).to_have_text(re.compile(re.escape(top.split("\t")[0])))
    page.evaluate("scrollTo(0, 0)")
