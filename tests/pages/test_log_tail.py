"""The live tail of the log in a real browser: every row that is stored passes through the page, once and in order.

How it fares under 500 messages a second, `python -m bench.log_page` tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.pages.stage import served
from tests.pages.window import Window
from tests.support.console import system_in
from tests.support.system import item, webhook
from wabawatch.app import System

if TYPE_CHECKING:
    from playwright.sync_api import Browser


class Stream:
    """An installation that messages come to, and a window that follows them."""

    def __init__(self, system: System, window: Window) -> None:
        self.system = system
        self.window = window
        self.page = window.page
        self._sent = 0

    def send(self, n: int) -> list[str]:
        """Have *n* messages come. Gives their ids, the newest first."""
        before = self._ids()
        now = self.system.clock.now()
        for start in range(0, n, 500):
            items = [
                item(f"wamid.{self._sent + i}", now, status="sent", recipient_id="15550101001")
                for i in range(start, min(n, start + 500))
            ]
            self.system.inbox.append_all([webhook("statuses", *items, received_at=now)])
        self._sent += n
        self.system.drain()
        return sorted(self._ids() - before, key=int, reverse=True)

    def _ids(self) -> set[str]:
        with self.system.database.reading() as connection:
            return {str(row[0]) for row in connection.exec_driver_sql("SELECT id FROM messages")}

    def shown(self) -> list[str]:
        """The ids of the rows of the tail, from the top down."""
        found: list[str] = self.page.evaluate(
            "[...document.querySelectorAll('.tail a[data-open]')].map(link => link.dataset.open)"
        )
        return found

    def wait_for(self, seen: int) -> None:
        """Until so many rows have passed through the page."""
        expect(self.page.locator("tbody.tail")).to_have_attribute("data-seen", str(seen))


@pytest.fixture
def stream(browser: Browser, built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    system = system_in(tmp_path_factory.mktemp("tail"))
    with served(system) as url, Window.at(browser, url, 1440, "light") as window:
        found = Stream(system, window)
        found.send(60)
        window.open("/logs?live=1")
        yield found
    system.close()


def test_every_row_that_is_stored_is_shown_once_also_to_who_reads_further_down_or_pauses(
    stream: Stream, axe: str
) -> None:
    page, bar = stream.page, stream.page.locator("[data-tail-bar]")
    first = stream.send(70)
    stream.wait_for(70)
    assert stream.shown() == first

    page.mouse.move(700, 700)
    page.mouse.wheel(0, 1_500)
    expect(bar).to_contain_text("Held while you read")
    second = stream.send(40)
    expect(bar).to_contain_text("40 new")
    assert stream.shown() == first
    page.get_by_role("button", name="Show them").click()
    stream.wait_for(110)
    assert stream.shown() == second + first

    page.get_by_role("button", name="Pause the tail").click()
    third = stream.send(5)
    expect(bar).to_contain_text("Paused. 5 new")
    assert stream.window.faults(axe) == []
    page.keyboard.press("l")
    stream.wait_for(115)
    assert stream.shown() == third + second + first


def test_of_more_than_fit_the_newest_are_shown_and_a_link_leads_to_the_others(stream: Stream) -> None:
    page, bar = stream.page, stream.page.locator("[data-tail-bar]")
    page.get_by_role("button", name="Pause the tail").click()
    new = stream.send(3_100)
    expect(bar).to_contain_text("3,100 new")
    page.get_by_role("button", name="Show them").click()
    stream.wait_for(500)

    assert stream.shown() == new[:500]
    link = bar.get_by_role("link", name=re.compile("^2,600 older ones did not fit"))
    link.click()
    page.wait_for_url(re.compile(r"/logs\?from=[^&]+&to="))
    expect(page.locator("#log-sums h2")).to_have_text(re.compile(r"^\d,\d{3} messages$"))
