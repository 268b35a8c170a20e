"""`/alerts/rules` and `/alerts/rules/NAME`: what is said of rules, who may change it, and what they would have done."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.support.alert_books import RATE, bad, look
from tests.support.alert_pages import ADMIN, OPERATOR, VIEWER, Pages
from tests.support.facts import HOUR, NUMBERS, WABA

from wabawatch.domain.alert_rules import BUILT_IN
from wabawatch.domain.alerts import Rule
from wabawatch.domain.facts import (
    ErrorSeen,
    Fact,
    SendRecorded,
    Source,
    Status,
    StatusChanged,
    When,
)
from wabawatch.flows.digest import learn
from wabawatch.meta.countries import country_of
from wabawatch.storage.books import SqlBooks

RULE = "/alerts/rules/FAILURE_RATE_HIGH"
FIELDS = {
    "enabled": "yes", "severity": "warning", "threshold": "20", "clear": "", "window": "60", "min_sample": "30",
    "for": "0", "keep_firing": "30", "version": "0",
}  # fmt: skip
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    found = Pages(tmp_path)
    found.as_(ADMIN)
    yield found
    found.system.close()


def title_of(rule: Rule) -> str:
    return rule.title.replace("'", "&#39;")


def text_of(pages: Pages, path: str) -> str:
    return " ".join(pages.get(path).text.split())


def send(pages: Pages, n: int = 60, failed: int = 45) -> None:
    """Sends three hours ago, of which so many failed."""
    at, facts = pages.clock.now() - 3 * HOUR, list[Fact]()
    for i in range(n):
        wamid, when = f"wamid.rules.{i}", When(at + i * 1_000, at + i * 1_000)
        facts.append(SendRecorded(when, Source.API, wamid=wamid, number=NUMBERS[0]))
        errors = (ErrorSeen(131026, "Message undeliverable"),) if i < failed else ()
        status = Status.FAILED if i < failed else Status.DELIVERED
        facts.append(
            StatusChanged(when, Source.WEBHOOK, status, wamid=wamid, number=NUMBERS[0], waba=WABA, errors=errors)
        )
    system = pages.system
    with SqlBooks(system.database, system.keyring, country_of).writing() as ledger:
        learn(ledger, facts)


def test_every_rule_stands_in_the_list_with_what_makes_it_fire(pages: Pages) -> None:
    look(pages.system.alerts.book, RATE, bad(0), bad(5))
    text = text_of(pages, "/alerts/rules")

    for rule in BUILT_IN:
        assert f'href="/alerts/rules/{rule.name}"' in text, rule.name
        assert title_of(rule) in text, rule.name
    assert "below 95 %" in text
    assert "Firing (1)" in text
    assert "Not looked at yet" in text
    assert "as it comes" in text
    assert 'href="/runbooks/delivery_rate_low"' in text
    assert text.index("DELIVERY_RATE_LOW") < text.index("ACCOUNT_RESTRICTED")


def test_every_rule_has_a_page(pages: Pages) -> None:
    for rule in BUILT_IN:
        answer = pages.get(f"/alerts/rules/{rule.name}")

        assert answer.status_code == 200, rule.name
        assert title_of(rule) in answer.text, rule.name


def test_a_rule_is_changed_shown_with_who_did_it_and_taken_back(pages: Pages) -> None:
    assert pages.post(f"{RULE}/change", **FIELDS).headers["location"] == RULE

    rule = pages.system.alerts.rules.rules["FAILURE_RATE_HIGH"]
    assert (rule.threshold, str(rule.severity)) == (0.2, "warning")
    text = text_of(pages, RULE)
    assert "Changed by user 6" in text
    assert "Otherwise: severity critical, threshold 5" in text
    assert "above 20 %" in text_of(pages, "/alerts/rules")
    version = re.search(r'name="version" value="(\d+)"', text)
    assert version
    assert version[1] != "0"

    assert pages.post(f"{RULE}/reset", version=version[1]).status_code == 303
    assert pages.system.alerts.rules.rules["FAILURE_RATE_HIGH"].threshold == 0.05
    assert [action for _, action, _ in pages.audited()] == ["rule_changed", "rule_reset"]


def test_what_makes_no_sense_is_said_at_its_field_and_what_was_typed_stays(pages: Pages) -> None:
    for wrong, status, said in (
        ({"threshold": "many"}, 422, "&#39;many&#39; is no number"),
        ({"window": "5"}, 422, "From 20 to 1,440 minutes"),
        ({"clear": "50"}, 422, "It is bad above the threshold"),
        ({"version": "17"}, 409, "somebody else changed this rule meanwhile"),
        ({"place": "galaxy", "place_id": "1"}, 422, "Choose a client or a number"),
        ({"place": "number", "place_id": "<x>"}, 422, "That is no id of Meta"),
    ):
        answer = pages.post(f"{RULE}/change", **FIELDS | wrong)

        assert answer.status_code == status, wrong
        assert said in answer.text, wrong
        assert "Nothing was changed" in answer.text, wrong
    assert pages.system.alerts.rules.rules["FAILURE_RATE_HIGH"].threshold == 0.05
    assert pages.audited() == []


def test_a_number_is_otherwise_and_no_more(pages: Pages) -> None:
    there = {
        "place": "number",
        "place_id": NUMBERS[0],
        "threshold": "50",
        "min_sample": "",
        "severity": "",
        "enabled": "",
    }
    assert pages.post(f"{RULE}/change", **there).status_code == 303

    text = text_of(pages, RULE)
    assert f"<strong>Number {NUMBERS[0]}</strong>: threshold 50 %" in text
    assert "1 place" in text_of(pages, "/alerts/rules")
    version = re.findall(r'name="version" value="(\d+)"', text)[-1]
    assert pages.post(f"{RULE}/reset", place="number", place_id=NUMBERS[0], version=version).status_code == 303
    assert f"Number {NUMBERS[0]}</strong>" not in text_of(pages, RULE)


def test_only_who_administers_changes_rules_and_everybody_may_try_them(pages: Pages) -> None:
    for visitor in (OPERATOR, VIEWER):
        pages.as_(visitor)
        assert pages.post(f"{RULE}/change", **FIELDS).status_code == 403
        assert pages.post(f"{RULE}/reset", version="1").status_code == 403
        text = text_of(pages, RULE)
        assert "an administrator may" in text
        assert 'method="post" action="/alerts' not in text
        assert "Try it on the past" in text
    assert pages.audited() == []


def test_a_back_test_says_when_it_would_have_fired_draws_it_and_leads_to_the_messages(pages: Pages) -> None:
    send(pages)
    path = "/parts/rules/FAILURE_RATE_HIGH/backtest?" + urlencode({"days": 1, "threshold": "20", "min_sample": "30"})

    text = pages.get(path).text

    assert "Would have fired once" in text
    assert "60 messages were sent" in text
    assert f"number={NUMBERS[0]}" in text
    found = re.search(r'data-spec="([^"]+)"', text)
    assert found
    spec = json.loads(html.unescape(found[1]))
    (shaded,) = spec["layer"][0]["data"]["values"]
    assert pages.clock.now() - 3 * HOUR <= shaded["at"] < shaded["to"]
    (row,) = spec["data"]["values"]
    assert (row["value"], row["n"]) == (0.75, 60)
    assert {"datum": 0.2}.items() <= spec["layer"][4]["encoding"]["y"].items()

    assert "Would have fired 0 times" in pages.get(path.replace("threshold=20", "threshold=90")).text
    assert pages.system.alerts.rules.rules["FAILURE_RATE_HIGH"].threshold == 0.05
    assert "Would have fired once" in pages.get(f"{RULE}?days=1").text


def test_without_any_message_nothing_is_said_of_the_rule(pages: Pages) -> None:
    text = pages.get("/parts/rules/DELIVERY_RATE_LOW/backtest?days=7").text

    assert "There is no data for it" in text
    assert "fired" not in text


def test_what_cannot_be_tried_says_why(pages: Pages) -> None:
    for path, said in {
        "FAILURE_RATE_HIGH/backtest?days=99": "is not from 1 to 34",
        "FAILURE_RATE_HIGH/backtest?threshold=many": "is no number",
        "FAILURE_RATE_HIGH/backtest?number=%3Cx%3E": "hoose one from the list",
        "TOKEN_INVALID/backtest?days=7": "only these can be tried on the past",
    }.items():
        answer = pages.get(f"/parts/rules/{path}")

        assert answer.status_code == 200, path
        assert said in answer.text, path


def test_there_is_no_such_rule(pages: Pages) -> None:
    answer = pages.get("/alerts/rules/FAILURE_RATE")

    assert answer.status_code == 404
    assert "did you mean FAILURE_RATE_HIGH" in answer.text
    assert pages.get("/parts/rules/NOPE/backtest").status_code == 404
    assert pages.get(f"/alerts/rules/{EVIL.replace('/', '')}").status_code == 404


def test_one_back_test_at_a_time(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from wabawatch.web.pages import rule

    monkeypatch.setattr(rule, "WAITS_S", 0.0)
    routes: list[Any] = list(pages._client._site.routes)
    held = next(each for each in routes if each.path == "/parts/rules/{rule}/backtest").endpoint.handle.__self__
    assert isinstance(held, rule.RulePage)
    with held._turn:
        assert "another back-test runs" in pages.get("/parts/rules/FAILURE_RATE_HIGH/backtest").text.lower()


def test_text_of_others_is_text(pages: Pages) -> None:
    there = {"place": "number", "place_id": EVIL, "threshold": EVIL}

    text = pages.post(f"{RULE}/change", **there).text

    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text
