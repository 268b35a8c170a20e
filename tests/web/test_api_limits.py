"""Costs, limits and violations over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.asgi import Request, ask
from tests.support.books import HandClock
from tests.support.facts import HOUR, NUMBERS, T0, WABA, recorded, told
from tests.support.places import furnish

from wabawatch.app import System
from wabawatch.domain.facts import ErrorSeen, Person, Pricing, SendOutcome, Status, TemplateRef
from wabawatch.domain.polls import Ask, Poll, Usage
from wabawatch.flows.digest import learn
from wabawatch.settings import load
from wabawatch.wire import iso

ANNA = Person(phone="4915112345678")
PRICED = Pricing("PMP", "regular", "marketing", True)


class Api:
    def __init__(self, folder: Path) -> None:
        prices = {"WABAWATCH_PRICES_MARKETING_DE": "0.1131", "WABAWATCH_PRICES_CURRENCY": "EUR"}
        given = {"WABAWATCH_DATA_DIR": str(furnish(folder)), "WABAWATCH_API_TOKEN": "token", **prices}
        self.system = System(load(given), HandClock(T0 + HOUR))
        self.site = self.system.site(self.system.supervisor())

    def ask(self, path: str, query: str = "") -> tuple[int, Any]:
        headers = ((b"authorization", b"Bearer token"),)
        answer = ask(self.site, Request("GET", f"/api/v1{path}", (b"",), headers, query.encode()))
        return answer.status, json.loads(answer.body)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    made = Api(tmp_path)
    with made.system._books().writing() as ledger:
        learn(
            ledger,
            [
                told(Status.SENT, wamid="a", person=ANNA, waba=WABA, pricing=PRICED),
                told(Status.FAILED, wamid="b", person=ANNA, waba=WABA, errors=(ErrorSeen(131056),)),
                recorded(
                    wamid="", local_id="x", template=TemplateRef("t", "en"), outcome=SendOutcome.REJECTED,
                    errors=(ErrorSeen(132015),),
                ),
            ],
        )  # fmt: skip
    yield made
    made.system.close()


def test_costs_have_amounts_and_what_has_no_price(api: Api) -> None:
    status, costs = api.ask("/costs")

    assert status == 200
    assert costs["total"] == {"messages": 1, "amount": 0.1131, "unpriced": 0}
    assert (costs["currency"], costs["lines"][0]["country"]) == ("EUR", "DE")


def test_costs_of_a_span_of_days(api: Api) -> None:
    status, costs = api.ask("/costs", "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z")

    assert (status, costs["from"], costs["total"]["messages"]) == (200, "2026-01-01T00:00:00.000Z", 0)


@pytest.mark.parametrize(
    "query", ["from=yesterday", "from=2026-01-01T00:00:00", "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"]
)
def test_a_span_that_is_none_is_refused_by_name(api: Api, query: str) -> None:
    status, problem = api.ask("/costs", query)

    assert status in (400, 422)
    assert "from" in json.dumps(problem)


def test_limits_that_were_hit_are_explained(api: Api) -> None:
    status, found = api.ask("/rate-limits", "hours=0")

    assert (status, found["hits"], found["from"]) == (200, 1, None)
    assert (found["counts"][0]["code"], found["counts"][0]["scope"], found["counts"][0]["number"]) == (
        131056,
        "pair",
        NUMBERS[0],
    )
    assert found["newest"][0]["message_id"]


def test_what_is_left_is_shown_by_number_and_portfolio(api: Api) -> None:
    status, found = api.ask("/limits")

    assert status == 200
    assert found["throughput"][0]["assumed"] is True
    assert found["messaging_limits"][0]["limit"] is None


def test_calls_to_meta_are_shown_by_app_and_account_and_until_when_they_rest(api: Api) -> None:
    now = T0 + HOUR
    usages = [Usage("", 12.5, now - 60_000), Usage(WABA, 96.0, now - 1, now + 60_000), Usage("2", 1.0, now - HOUR - 1)]
    with api.system._books().writing() as ledger:
        ledger.save_poll(Poll(Ask.TOKEN), usages)

    _, found = api.ask("/limits")

    assert [(each["scope"], each["percent"], each["resumes_at"]) for each in found["calls"]] == [
        (None, 12.5, None),
        (WABA, 96.0, iso(now + 60_000)),
    ]


def test_violations_come_with_their_evidence_and_without_ids_of_people(api: Api) -> None:
    status, found = api.ask("/violations", "hours=0")

    assert (status, found["violations"]) == (200, 1)
    assert found["violating"][0]["error_code"] == 132015
    assert ANNA.phone not in json.dumps(found)
