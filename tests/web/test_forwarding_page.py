"""The pages of forwarding without a browser: how targets are doing, dead letters, dry run, replay, giving up."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.console import client
from tests.support.forwarding import refuse
from tests.support.webhook_pages import MINUTE_MS, NOW, OPERATOR, VIEWER, Webhooks
from tests.web.test_webhooks_page import words

from wabawatch.app import System
from wabawatch.domain.forwarding import Case, Outcome, Progress
from wabawatch.domain.histograms import index_of
from wabawatch.settings import load

HERE = "/webhooks/forwarding/crm"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Webhooks]:
    found = Webhooks(tmp_path)
    refuse(found.system.forwards.store, "crm", found.ids["sent"], NOW - 5 * MINUTE_MS)
    yield found
    found.close()


def letters(text: str) -> list[int]:
    """The bodies in the table."""
    return [int(n) for n in re.findall(r'<th scope="row" class="num"><a href="/webhooks/(\d+)"', text)]


def test_a_target_says_how_it_is_doing(here: Webhooks) -> None:
    store = here.system.forwards.store
    assert store.claim("crm", "a test", NOW, NOW + 1) is not None
    attempts = {(NOW - MINUTE_MS, Outcome.DELIVERED): 95, (NOW - MINUTE_MS, Outcome.TIMED_OUT): 5}
    cases = [Case(1_000 + n, NOW - MINUTE_MS, b"%010d" % n, index_of(120.0)) for n in range(10)]
    progress = Progress(here.waiting, here.waiting, cases=cases, attempts=attempts, open_since=NOW, trouble="HTTP 500")
    assert store.keep("crm", "a test", progress, NOW)

    text = words(here.get("/webhooks/forwarding").text)

    assert "crm Left alone" in text
    assert "gets the bodies of app default, unchanged" in text
    assert "Taken 95 % 95 of 100 attempts (88.8 %–97.8 %)" in text
    assert re.search(r"Answers within 1[12]\d ms usual \(p50\); p95 1[12]\d ms", text)
    assert "Its circuit breaker is open since" in text
    assert "last error since: HTTP 500" in text
    assert "Failed attempts in the period: 5 no answer in time" in text
    assert "very-secret" not in here.get("/webhooks/forwarding").text


def test_the_part_that_is_fetched_again_has_the_targets_only(here: Webhooks) -> None:
    text = here.get("/parts/webhooks/forwarding").text

    assert "crm" in text
    assert "<html" not in text


def test_without_a_target_it_says_how_to_set_one(tmp_path: Path) -> None:
    told = {"WABAWATCH_DATA_DIR": str(tmp_path), "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_UPTIME": "false"}
    system = System(load(told))

    text = client(system).get("/webhooks/forwarding").text

    system.close()
    assert "[forward.crm]" in text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["sent", "failed"]),
        ("?part=retrying", ["message"]),
        ("?outcome=refused", ["sent", "failed"]),
        ("?outcome=timed_out", []),
        ("?from=2026-11-20T11:57:00Z", ["failed"]),
        ("?to=2026-11-20T11:57:00Z", ["sent"]),
    ],
)
def test_what_it_has_not_taken_is_listed_by_all_that_is_chosen(here: Webhooks, query: str, names: list[str]) -> None:
    text = here.get(f"{HERE}{query}").text

    assert letters(text) == [here.ids[name] for name in names]
    assert names or "None fits" in text


def test_a_page_of_letters_ends_where_the_next_begins(here: Webhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wabawatch.web.pages.forwarding.PAGE", 1)
    first = here.get(HERE).text
    link = html.unescape(re.findall(r'href="(/webhooks/forwarding/crm\?after=\d+)"', first)[0])

    assert letters(first) == [here.ids["sent"]]
    assert "2 fit" in first
    assert letters(here.get(link).text) == [here.ids["failed"]]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("part=x", "choose one of dead"),
        ("outcome=x", "no such outcome"),
        ("from=x", "is no time"),
        ("after=x", "no place"),
    ],
)
def test_a_filter_that_makes_no_sense_is_told_in_a_sentence(here: Webhooks, query: str, said: str) -> None:
    answer = here.get(f"{HERE}?{query}")

    assert answer.status_code == 422
    assert said in html.unescape(answer.text)


def test_an_unknown_target_is_answered_with_a_page_that_says_so(here: Webhooks) -> None:
    assert here.get("/webhooks/forwarding/nobody").status_code == 404
    assert here.post("/webhooks/forwarding/nobody/replay", {"all": "yes"}, OPERATOR).status_code == 404
    assert here.post("/webhooks/forwarding/nobody/control", {"wanted": "pause"}, OPERATOR).status_code == 404


def test_a_dry_run_says_what_would_be_sent_and_changes_nothing(here: Webhooks) -> None:
    answer = here.post(f"{HERE}/replay", {"body": str(here.ids["sent"])}, OPERATOR)

    assert answer.status_code == 200
    assert letters(answer.text) == [here.ids["sent"]]
    assert "Nothing has been sent yet" in answer.text
    assert here.deeds("forward_replayed") == []
    assert letters(here.get(HERE).text) == [here.ids["sent"], here.ids["failed"]]


def test_the_chosen_or_all_that_fit_are_sent_again_and_how_far_it_has_come_is_told(here: Webhooks) -> None:
    answer = here.post(f"{HERE}/replay", {"step": "send", "all": "yes", "outcome": "refused"}, OPERATOR)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"{HERE}?sent={NOW}-2"
    assert here.deeds("forward_replayed") == [("user:3", "crm: 2", "{}")]
    assert "0 of 2 taken; 2 wait for their turn" in words(here.get(answer.headers["location"]).text)
    assert letters(here.get(HERE).text) == []
    assert "All of them were taken" in here.get(f"{HERE}?sent={NOW + 1}-2").text
    assert "Being sent again" not in here.get(f"{HERE}?sent=x").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "choose some of them first"),
        ({"body": "x"}, "these are no numbers"),
        ({"body": "999"}, "none of these is a dead letter"),
        ({"all": "yes", "outcome": "timed_out"}, "none of these is a dead letter"),
        ({"all": "yes", "outcome": "x"}, "no such outcome"),
    ],
)
def test_what_cannot_be_sent_again_is_refused_in_a_sentence(here: Webhooks, fields: dict[str, str], said: str) -> None:
    for step in ("look", "send"):
        answer = here.post(f"{HERE}/replay", {**fields, "step": step}, OPERATOR)

        assert answer.status_code == 422
        assert said in html.unescape(answer.text)
    assert here.deeds("forward_replayed") == []


def test_dead_letters_are_given_up_with_a_reason_that_the_audit_trail_keeps(here: Webhooks) -> None:
    fields = {"body": str(here.ids["sent"]), "reason": "entered  by hand"}

    answer = here.post(f"{HERE}/drop", fields, OPERATOR)

    assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}?dropped=1")
    assert here.deeds("forward_dropped") == [("user:3", "crm: 1", '{"reason": "entered by hand"}')]
    assert letters(here.get(HERE).text) == [here.ids["failed"]]
    assert "1 dead letter was given up" in here.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "say why"),
        ("x" * 201, "at most 200 characters"),
        ("for +1 555 010 1001", "a phone number"),
        ("wamid.x", "the id of a message"),
    ],
)
def test_without_a_reason_or_with_one_that_names_somebody_nothing_is_given_up(
    here: Webhooks, reason: str, said: str
) -> None:
    answer = here.post(f"{HERE}/drop", {"all": "yes", "reason": reason}, OPERATOR)

    assert answer.status_code == 422
    assert said in answer.text
    assert letters(here.get(HERE).text) == [here.ids["sent"], here.ids["failed"]]


def test_a_target_is_paused_and_goes_on_when_an_operator_asks(here: Webhooks) -> None:
    assert here.post(f"{HERE}/control", {"wanted": "pause"}, OPERATOR).status_code == 303
    assert "Resume it" in here.get(HERE).text
    assert here.post(f"{HERE}/control", {"wanted": "resume"}, OPERATOR).status_code == 303
    assert "Pause it" in here.get(HERE).text
    assert here.post(f"{HERE}/control", {"wanted": "stop"}, OPERATOR).status_code == 422
    assert [action for action, _, _ in here.deeds("forward_paused")] == ["user:3"]


@pytest.mark.parametrize("what", ["replay", "drop", "control"])
def test_who_may_only_look_changes_nothing(here: Webhooks, what: str) -> None:
    fields = {"all": "yes", "step": "send", "reason": "why", "wanted": "pause"}

    assert here.post(f"{HERE}/{what}", fields, VIEWER).status_code == 403
    assert "Give up the chosen" not in here.get(HERE, VIEWER).text
    assert letters(here.get(HERE, VIEWER).text) == [here.ids["sent"], here.ids["failed"]]
