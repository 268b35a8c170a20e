"""`/system`: how wabawatch itself is doing, and monitoring started and stopped through the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.access import NOW
from tests.support.installed import Installed
from tests.support.system import item, webhook

from wabawatch.domain.access import Role
from wabawatch.flows.ingest import Admission
from wabawatch.loops import Loop

MINUTE = 60_000


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installed]:
    place = Installed(tmp_path)
    yield place
    place.system.close()


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def seen(place: Installed) -> str:
    return words(place.browser().get("/system").text)


def test_it_tells_of_loops_backlog_store_version_schema_and_webhooks(place: Installed) -> None:
    system = place.system
    system.inbox.append_all([webhook("messages", item("wamid.x", NOW, type="text"), received_at=NOW - 90_000)])
    system.acks.accepted("", NOW, 3.0)
    system.acks.refused("", NOW, Admission.BAD_SIGNATURE)

    told = seen(place)

    assert re.search(r"digest Paused", told)
    assert "the oldest waits for" in told
    assert "Too old" in told
    assert re.search(r"Store [\d.]+ KiB database", told)
    assert re.search(r"wabawatch [\d.]+\w*, Python 3\.", told)
    assert re.search(r"SQLite, schema \d+ , up to date|SQLite, schema \d+, up to date", told)
    assert "1 accepted" in told
    assert "with a wrong signature 1" in told


def test_what_is_not_well_is_said_with_what_it_is(place: Installed) -> None:
    place.system.watchman.supervise([Loop("fine", lambda: False, 5.0), Loop("late", lambda: False, 90.0)])
    assert "wabawatch is well" in seen(place)

    place.system.inbox.append_all([webhook("messages", item("wamid.x", NOW, type="text"), received_at=NOW - 90_000)])

    told = seen(place)
    assert "Something of wabawatch does not work Failing backlog : the oldest body has waited for 90 s" in told
    assert "late Paused none yet 1 min 0" in told


def test_monitoring_is_started_stopped_and_begun_anew_with_a_reason(place: Installed) -> None:
    browser, before = place.browser(), place.trail()
    assert "Never started" in seen(place)

    started = browser.submit("/system", "/system/monitoring/start", reason=" first day ")
    assert started.headers["location"] == "/system?done=start"
    assert "Monitoring is started" in browser.get("/system?done=start").text
    assert "Starting" in seen(place)
    while place.system.cycle.step():
        pass
    assert "Running" in seen(place)
    place.turn(MINUTE)
    browser.submit("/system", "/system/monitoring/restart", reason="new thresholds")
    place.turn(MINUTE)
    browser.submit("/system", "/system/monitoring/stop", reason="move to another machine")

    assert "Stopped by hand" in seen(place)
    assert 'formaction="/system/monitoring/start"' in browser.get("/system").text
    assert [action for _, action, _ in place.deeds(before)] == [
        "monitoring_start",
        "monitoring_restart",
        "monitoring_stop",
    ]
    trail = words(browser.get("/audit?action=monitoring_stop").text)
    assert "keeper stopped monitoring reason move to another machine 192.0.2.7" in trail
    place.turn(5 * MINUTE)
    assert "it was stopped by keeper" in seen(place)


@pytest.mark.parametrize(
    ("wanted", "reason", "said"),
    [
        ("stop", "", "Say why in a few words"),
        ("stop", "call +49 170 1234567", "There is a phone number in it"),
        ("explode", "why not", "Monitoring can be told to start, stop, restart"),
    ],
)
def test_without_a_good_reason_nothing_happens(place: Installed, wanted: str, reason: str, said: str) -> None:
    before = place.trail()

    answer = place.browser().submit("/system", f"/system/monitoring/{wanted}", reason=reason)

    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{reason}"' in answer.text
    assert place.trail() == before


def test_a_viewer_looks_and_an_operator_starts_and_stops(place: Installed) -> None:
    viewer, operator = place.add("vera"), place.add("olga", Role.OPERATOR)

    looked = place.browser(viewer).get("/system")
    refused = place.browser(viewer).submit("/system", "/system/monitoring/start", reason="x")
    done = place.browser(operator).submit("/system", "/system/monitoring/start", reason="x")

    assert "/system/monitoring" not in looked.text
    assert (looked.status_code, refused.status_code, done.status_code) == (200, 403, 303)


def test_the_part_that_is_fetched_again_is_no_whole_page(place: Installed) -> None:
    part = place.browser().get("/parts/system").text

    assert "<html" not in part
    assert "Loops of this process" in part
