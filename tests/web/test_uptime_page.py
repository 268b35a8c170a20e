"""`/uptime`: what it shows of checks, time and incidents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.alert_books import RATE, bad, look
from tests.support.books import HandClock
from tests.support.checks import HOUR, MINUTE, NOW, Watch
from tests.support.console import ADMIN, Client, client
from tests.support.places import furnish

from wabawatch.app import System
from wabawatch.domain.alerts import AlertScope, ScopeKind
from wabawatch.domain.checks import Failure
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS
from wabawatch.domain.uptime import Incident
from wabawatch.settings import load
from wabawatch.web.pages.uptime import MOST_BARS, width_of

EVIL = "<script>alert(1)</script>"


class Scene:
    """An installation whose checks were looked at for two hours, for ten minutes of which one failed."""

    def __init__(self, folder: Path) -> None:
        given = {
            "WABAWATCH_DATA_DIR": str(furnish(folder)),
            "WABAWATCH_FREE_SPACE_RESERVE": "0",
            "WABAWATCH_UPTIME": "false",
        }
        self.clock = HandClock(NOW)
        self.system = System(load(given), self.clock)
        self.watch = Watch(self.system.database, self.clock)
        self.system.uptime.desk = self.watch.desk

    def run(self, failing: str = "graph") -> Incident:
        """Two hours, with an incident of ten minutes in the middle."""
        self.watch.run(HOUR, MINUTE)
        self.watch.crew.failing[failing] = Failure.TIMEOUT
        self.watch.run(10 * MINUTE, MINUTE)
        self.watch.crew.failing.clear()
        self.watch.run(50 * MINUTE, MINUTE)
        (incident,) = self.watch.desk.incidents(24)
        return incident

    def ask(self) -> Client:
        return client(self.system, ADMIN)

    def text(self, path: str = "/uptime") -> str:
        answer = self.ask().get(path)
        assert answer.status_code == 200, answer.text
        return " ".join(answer.text.split())


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    found = Scene(tmp_path)
    yield found
    found.system.close()


def test_each_check_shows_its_state_its_last_result_and_how_long_answers_took(scene: Scene) -> None:
    scene.run()

    text = scene.text()

    for name in ("Graph API", "shop", "Database"):
        assert f'<strong>{name}</strong> <span class="tag good">Up</span>' in text
    assert re.search(r"p50 \d+ ms, p95 \d+ ms, p99 \d+ ms", text)
    assert re.search(r"[1-9]\d* of \d+ looks failed", text)


def test_the_figures_of_the_range_are_those_of_the_flow(scene: Scene) -> None:
    scene.run()
    now = scene.clock.now()
    whole = scene.watch.desk.over(now - 24 * HOUR, now).whole

    text = scene.text()

    assert whole.uptime is not None
    assert f'<span class="value">{round(whole.uptime * 100, 1)} %</span><span class="tag bad">SLA missed</span>' in text
    assert 'aria-label="Down"' in text
    assert '<span class="value">10 min</span>' in text
    assert "promised: 99.9 % of known time" in text


def test_an_incident_shows_its_cause_its_duration_and_the_alert_that_it_raised(scene: Scene) -> None:
    incident = scene.run()
    scope = AlertScope(ScopeKind.CHECK, "graph")
    seen = bad(0, scope, at=incident.opened_at, since=incident.opened_at, incident=incident.id)
    rule = replace(RATE, name="API_ENDPOINT_DOWN", title="The Graph API is down", scope=ScopeKind.CHECK)
    look(scene.system.alerts.book, rule, seen, replace(seen, at=incident.opened_at + MINUTE))
    (alert,) = scene.system.alerts.book.open()

    text = scene.text()

    row = text.partition(f'<tr id="incident-{incident.id}">')[2].partition("</tr>")[0]
    assert "Graph API" in row
    assert "10 min" in row
    assert "it fails by timeout" in row
    assert incident.cause in row
    assert f'href="/alerts/{alert.key}"' in row
    page = scene.ask().get(f"/alerts/{alert.key}").text
    assert f"/uptime?range=90d#incident-{incident.id}" in page


def test_a_check_that_fails_now_says_since_when_and_why(scene: Scene) -> None:
    scene.watch.run(HOUR, MINUTE)
    scene.watch.crew.failing["shop"] = Failure.TIMEOUT
    scene.watch.run(5 * MINUTE, MINUTE)

    text = scene.text("/parts/uptime")

    assert '<strong>shop</strong> <span class="tag bad">Down</span>' in text
    assert "5 in a row" in text
    assert "incident open</a>, cause:" in text


@pytest.mark.parametrize(
    ("range_", "bars", "each"),
    [("1h", 12, "5 min"), ("6h", 24, "15 min"), ("24h", 24, "1 h"), ("7d", 7, "24 h"), ("30d", 30, "24 h")],
)
def test_bars_are_a_day_each_and_finer_for_short_ranges(scene: Scene, range_: str, bars: int, each: str) -> None:
    scene.run()

    text = scene.text(f"/uptime?range={range_}")

    assert f"each bar is {each}, by its worst" in text
    first = text.partition('<svg class="beats"')[2].partition("</svg>")[0]
    assert first.count("<rect") == bars


@pytest.mark.parametrize("span", [1, MINUTE, DAY_MS, 400 * DAY_MS, 4_000 * DAY_MS])
def test_a_period_of_any_length_has_few_bars(span: Millis) -> None:
    assert span / width_of(0, span) <= MOST_BARS


def test_text_of_others_is_text(scene: Scene) -> None:
    usual = scene.watch.crew._seen
    scene.watch.crew._seen = lambda name: replace(usual(name), words=EVIL)  # type: ignore[method-assign]
    scene.watch.run(HOUR, MINUTE)
    scene.watch.crew.failing["shop"] = Failure.TIMEOUT
    scene.watch.run(5 * MINUTE, MINUTE)

    for path in ("/uptime", "/parts/uptime"):
        text = scene.text(path)
        assert text.count("&lt;script&gt;") >= 2, path
        assert "<script>alert" not in text, path


def test_without_checks_it_says_how_to_have_some(tmp_path: Path) -> None:
    given = {"WABAWATCH_DATA_DIR": str(tmp_path), "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_UPTIME": "false"}
    system = System(load(given), HandClock(NOW))

    text = client(system, ADMIN).get("/uptime").text

    assert "Nothing is checked" in text
    assert "WABAWATCH_UPTIME=true" in text
    system.close()


def test_without_an_incident_it_says_so(scene: Scene) -> None:
    scene.watch.run(HOUR, MINUTE)

    text = scene.text()

    assert "No incident" in text
    assert "SLA met" in text
