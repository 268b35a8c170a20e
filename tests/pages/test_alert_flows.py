"""What people do about alerts, clicked in a real browser: of two windows each shows what was done in the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.pages.stage import served
from tests.pages.window import Window
from tests.support.alert_books import RATE, bad, good, look
from tests.support.console import system_in
from tests.support.facts import NUMBERS, WABA
from wabawatch.access_ports import NewSession, Origin
from wabawatch.app import System
from wabawatch.domain.access import Role
from wabawatch.domain.alerts import AlertScope, Rule, ScopeKind
from wabawatch.domain.facts import Fact, SendRecorded, Source, Status, StatusChanged, When
from wabawatch.domain.kept_secrets import digest_of
from wabawatch.domain.standing import HOUR_MS
from wabawatch.domain.users import Stage as Step
from wabawatch.flows.digest import learn
from wabawatch.meta.countries import country_of
from wabawatch.storage.books import SqlBooks

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SECRET = "what the cookie of the session holds"


class Stage:
    """An installation that is served, in which alerts begin and end as a test says."""

    def __init__(self, system: System, url: str) -> None:
        self.system, self.url = system, url
        self._n = 0

    def fire(self, rule: Rule = RATE) -> str:
        """An alert begins; gives its key."""
        self._n += 1
        scope = AlertScope(ScopeKind.NUMBER, f"{self._n:015}", WABA)
        look(self.system.alerts.book, rule, bad(0, scope))
        return next(each.key for each in self.system.alerts.book.open() if each.scope == scope)

    def end(self, key: str) -> None:
        """It is over."""
        alert = self.system.alerts.book.alert(key)
        assert alert is not None
        look(self.system.alerts.book, RATE, good(30, alert.scope))

    def send(self) -> None:
        """Half of what was sent three hours ago failed."""
        at, facts = self.system.clock.now() - 3 * HOUR_MS, list[Fact]()
        for i in range(80):
            when, wamid = When(at + i, at + i), f"wamid.flow.{i}"
            facts.append(SendRecorded(when, Source.API, wamid=wamid, number=NUMBERS[0]))
            status = Status.FAILED if i % 2 else Status.DELIVERED
            facts.append(StatusChanged(when, Source.WEBHOOK, status, wamid=wamid, number=NUMBERS[0], waba=WABA))
        with SqlBooks(self.system.database, self.system.keyring, country_of).writing() as ledger:
            learn(ledger, facts)


@pytest.fixture(scope="module")
def stage(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    system = system_in(tmp_path_factory.mktemp("flows"))
    ann = system.access.desk.add("ann", Role.ADMIN, "test")[0]
    now = system.clock.now()
    session = NewSession(digest_of(SECRET), ann.id, Step.WHOLE, now + 24 * HOUR_MS, Origin(""))
    system.access.door.sessions.open(session, now, b"", None)
    with served(system, by_cookie=True) as url:
        yield Stage(system, url)


@contextmanager
def window_of_ann(browser: Browser, stage: Stage, theme: str = "light") -> Iterator[Window]:
    """A window in which Ann is signed in."""
    with Window.at(browser, stage.url, 1440, theme) as found:
        found.page.context.add_cookies([{"name": "wabawatch", "value": SECRET, "url": stage.url}])
        yield found


@pytest.fixture
def windows(browser: Browser, stage: Stage) -> Iterator[tuple[Window, Window]]:
    """Two windows of the same person."""
    with window_of_ann(browser, stage) as one, window_of_ann(browser, stage, "dark") as other:
        yield one, other


def note(page: Page, words: str) -> None:
    """Wait for a note of alerts that says so."""
    page.locator("[data-toast]", has_text=words).first.wait_for()


def test_an_alert_shows_in_every_window_and_so_does_what_is_done_about_it(
    stage: Stage, windows: tuple[Window, Window]
) -> None:
    from playwright.sync_api import expect

    one, other = windows
    one.open("/alerts")
    other.open("/logs")
    key = stage.fire()

    note(one.page, RATE.title)
    note(other.page, "160 of 200 arrived")
    urgent = other.page.locator("#toasts-urgent [data-toast]")
    expect(urgent).to_contain_text("Critical")
    expect(one.page.locator(f"#alert-{key}")).to_be_visible()
    other.open("/uptime")
    expect(urgent).to_have_count(1)  # also on the next page

    one.open(f"/alerts/{key}")
    other.open(f"/alerts/{key}")
    one.page.get_by_label("What is done about it").fill("we call Meta")
    one.page.get_by_role("button", name="Acknowledge").click()
    expect(other.page.locator("#part-tags")).to_contain_text("Acknowledged")
    expect(other.page.locator("#part-timeline")).to_contain_text("we call Meta")
    expect(other.page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    expect(urgent).to_have_count(0)
    note(other.page, "acknowledged")

    other.page.get_by_label("Add a note").fill("half written")
    one.page.get_by_label("Why, for whoever finds it later").fill("Meta works on it")
    one.page.get_by_role("button", name="Silence", exact=True).click()
    expect(other.page.locator("#part-quiet")).to_contain_text("Meta works on it")
    expect(other.page.locator("#part-tags")).to_contain_text("Silenced")
    other.page.get_by_role("button", name="Add the note").click()
    expect(one.page.locator("#part-timeline")).to_contain_text("half written")
    stage.end(key)
    expect(one.page.locator("#part-tags")).to_contain_text("Resolved")


def test_what_was_read_in_one_window_is_read_in_the_others(stage: Stage, windows: tuple[Window, Window]) -> None:
    from playwright.sync_api import expect

    one, other = windows
    one.open("/alerts")
    other.open("/uptime")
    one.open("/logs")
    stage.fire()
    sign = other.page.locator(".side [data-unread-sign]")
    expect(sign).to_have_text("1 new")
    expect(other.page).to_have_title(re.compile(r"^\(1\) Uptime"))

    one.open("/alerts")

    expect(sign).to_be_hidden()
    expect(other.page).to_have_title(re.compile(r"^Uptime"))


def test_many_at_once_are_one_note_that_goes_when_it_is_dismissed(
    stage: Stage, windows: tuple[Window, Window], axe: str
) -> None:
    from playwright.sync_api import expect

    page = windows[0].open("/logs")
    for _ in range(5):
        stage.fire()

    urgent = page.locator("#toasts-urgent [data-toast]")
    expect(urgent).to_have_count(1)
    expect(urgent).to_contain_text("alerts began to fire")
    assert not windows[0].faults(axe)
    urgent.get_by_role("button", name="Dismiss").click()
    expect(urgent).to_have_count(0)
    windows[0].open("/uptime")
    expect(page.locator("#news [data-unread]")).to_have_count(1)
    expect(urgent).to_have_count(0)


def test_notices_on_the_desktop_are_off_until_somebody_turns_them_on(browser: Browser, stage: Stage) -> None:
    from playwright.sync_api import expect

    with window_of_ann(browser, stage) as window:
        window.page.context.grant_permissions(["notifications"], origin=stage.url)
        page = window.open("/uptime")
        page.locator("summary", has_text="Notices").click()
        expect(page.locator("[data-desktop-words]")).to_have_text("off in this browser")
        page.get_by_role("button", name="Turn them on").click()
        expect(page.locator("[data-desktop-words]")).to_have_text("on in this browser")
        window.open("/logs")
        page.locator("summary", has_text="Notices").click()
        page.get_by_role("button", name="Turn them off").click()
        expect(page.locator("[data-desktop-words]")).to_have_text("off in this browser")


def test_a_silence_says_what_it_would_hold_and_shows_in_the_other_window(
    stage: Stage, windows: tuple[Window, Window]
) -> None:
    from playwright.sync_api import expect

    one, other = windows
    key = stage.fire()
    one.open("/alerts/silences")
    other.open("/alerts/silences")
    alert = stage.system.alerts.book.alert(key)
    assert alert is not None

    one.page.get_by_role("combobox", name="About").fill(str(alert.scope))
    expect(one.page.locator(".preview")).to_contain_text("Holds 1 alert now")
    one.page.get_by_label("Why, for whoever finds it later").fill("their server moves")
    one.page.get_by_role("button", name="Silence", exact=True).click()

    mine = other.page.locator("#silences li", has_text="their server moves")
    expect(mine).to_contain_text("Holds 1 alert now")
    mine.get_by_role("button", name="End it now").click()
    expect(one.page.locator("#silences li", has_text="their server moves")).to_contain_text("Ended")


def test_a_rule_is_tried_on_the_past_before_it_is_saved_and_taken_back(browser: Browser, stage: Stage) -> None:
    from playwright.sync_api import expect

    stage.send()
    with window_of_ann(browser, stage) as window:
        page = window.open("/alerts/rules/FAILURE_RATE_HIGH")
        page.get_by_label("Threshold, in %", exact=True).fill("20")
        page.get_by_label("The last").select_option("1")
        page.get_by_role("button", name="Try it on the past").click()
        expect(page.locator("#backtest")).to_contain_text("Would have fired once")
        expect(page.locator("#backtest")).to_contain_text("bad when above 20 %")
        expect(page.locator("#backtest canvas")).to_be_visible()
        page.get_by_label("Draw", exact=True).select_option(NUMBERS[0])
        expect(page.locator("#backtest")).to_contain_text(f"number {NUMBERS[0]}, hour by hour")

        page.get_by_label("Threshold, in %", exact=True).fill("90")
        page.get_by_role("button", name="Try it on the past").click()
        expect(page.locator("#backtest")).to_contain_text("Would have fired 0 times")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Bad when above 90 %")).to_be_visible()
        assert stage.system.alerts.rules.rules["FAILURE_RATE_HIGH"].threshold == 0.9
        page.get_by_role("button", name="Back to the default").click()
        expect(page.get_by_text("Bad when above 5 %")).to_be_visible()
