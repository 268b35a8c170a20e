"""Messages over HTTP: found, paged, and one shown with all that is known of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.asgi import Request, ask
from tests.support.books import HandClock
from tests.support.places import furnish

from wabawatch.app import System
from wabawatch.settings import load

NOW = 1_795_176_000_000
WAMID = "wamid.HBgLMTU1NTAwMDAwMDEVAgARGBI4MUJFRUQ1QUE1QzgxQzk4NzEA"
HOUR_MS = 3_600_000


class Desk:
    """One installation that holds a few messages."""

    def __init__(self, folder: Path) -> None:
        settings = {"WABAWATCH_DATA_DIR": str(furnish(folder)), "WABAWATCH_FREE_SPACE_RESERVE": "0"}
        self.system = System(load(settings | {"WABAWATCH_API_TOKEN": "token"}), HandClock(NOW))
        self.site = self.system.site(self.system.supervisor())
        shared = {"phone_number": "+1 555 010 1001", "phone_number_id": "1000"}
        for i in range(5):
            self.post("/messages", shared | {"message_id": f"wamid.{i}", "user_id": f"u{i}", "at": NOW - i * HOUR_MS})
        old = {"message_id": WAMID, "template_name": "hello", "template_language": "en", "conversation_id": "c-1"}
        self.id = self.post("/messages", shared | old | {"at": NOW - 48 * HOUR_MS})["id"]
        failed = {"status": "failed", "error": {"code": 131026, "title": "Undeliverable"}, "at": NOW - 47 * HOUR_MS}
        self.post(f"/messages/{WAMID}/status", failed)
        self.system.drain()

    def post(self, path: str, content: object) -> Any:
        headers = ((b"authorization", b"Bearer token"),)
        return json.loads(
            ask(self.site, Request("POST", f"/api/v1{path}", (json.dumps(content).encode(),), headers)).body
        )

    def get(self, path: str, query: str = "", status: int = 200) -> Any:
        answer = ask(
            self.site, Request("GET", f"/api/v1{path}", (), ((b"authorization", b"Bearer token"),), query.encode())
        )
        assert answer.status == status, answer
        return json.loads(answer.body)

    def wamids(self, query: str) -> list[str]:
        return [each["wamid"] for each in self.get("/messages", query)["messages"]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("messages"))
    yield desk
    desk.system.close()


def test_without_a_time_range_the_last_day_is_searched_the_newest_first(desk: Desk) -> None:
    page = desk.get("/messages")

    assert [each["wamid"] for each in page["messages"]] == [f"wamid.{i}" for i in range(5)]
    assert (page["next"], page["until"], page["searched_back_to"]) == (None, None, None)
    assert page["since"] == "2026-11-19T12:00:00.000Z"


@pytest.mark.parametrize(
    "query",
    ["since=3d", "since=2026-11-18T12:00:00Z&until=2026-11-18T13:00:00%2B00:00", f"until={NOW - 47 * HOUR_MS}"],
)
def test_a_time_is_a_date_a_number_or_so_long_ago(desk: Desk, query: str) -> None:
    assert desk.wamids(query)[-1] == WAMID


@pytest.mark.parametrize(
    "query",
    [
        f"wamid={WAMID}",
        "since=7d&template=hello",
        "since=7d&status=failed",
        "since=7d&conversation=c-1&contact=%2B1-555-010-1001",
        "since=7d&error_code=131026&number=1000&country=us",
        "since=7d&compliance_status=unverified",
    ],
)
def test_every_kind_of_filter_leads_to_the_message(desk: Desk, query: str) -> None:
    assert desk.wamids(query) == [WAMID]


def test_of_several_values_any_may_hold_and_of_several_filters_all_must(desk: Desk) -> None:
    assert desk.wamids("user=u1&user=u2") == ["wamid.1", "wamid.2"]
    assert desk.wamids("user=u1&status=read") == []


def test_pages_follow_each_other_and_keep_their_range(desk: Desk) -> None:
    first = desk.get("/messages", "since=7d&limit=4")
    second = desk.get("/messages", f"since=7d&limit=4&cursor={first['next']}")

    found = [each["wamid"] for page in (first, second) for each in page["messages"]]
    assert found == [*(f"wamid.{i}" for i in range(5)), WAMID]
    assert (first["since"], second["next"]) == (second["since"], None)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("status=faild", "did you mean failed?"),
        ("statos=failed", "did you mean status?"),
        ("since=yesterday", "since: 'yesterday' is no time"),
        ("since=2026-11-18T12:00:00", "with offset"),
        ("since=1h&until=2h", "until: it is not after since"),
        ("user=", "user: it is empty"),
        ("user=" + "x" * 1_001, "user: give at most 1000 characters"),
        ("limit=501", "limit: give a whole number up to 500"),
        ("partial_failure=maybe", "partial_failure: give true or false"),
        ("limit=0", "limit: give a whole number from 1 up"),
        ("error_code=x", "error_code: give a whole number"),
        ("cursor=x", "cursor: not one that a search gave"),
        ("user=a%00b", "user: it holds a character that no text has"),
    ],
)
def test_a_mistake_in_a_filter_is_named(desk: Desk, query: str, said: str) -> None:
    problem = desk.get("/messages", query, 422)

    assert said in problem["detail"]
    assert problem["errors"][0]["field"] in query or problem["errors"][0]["field"] == "until"


def test_a_cursor_belongs_to_its_search(desk: Desk) -> None:
    cursor = desk.get("/messages", "limit=1")["next"]

    assert "another search" in desk.get("/messages", f"limit=1&status=read&cursor={cursor}", 422)["detail"]


def test_a_message_is_shown_by_each_of_its_ids_with_all_that_is_known(desk: Desk) -> None:
    shown = desk.get(f"/messages/{WAMID}")

    assert shown == desk.get(f"/messages/{desk.id}") == desk.get(f"/messages/{shown['id']}")
    assert [each["event"] for each in shown["timeline"]] == ["requested", "accepted", "failed", "error"]
    assert (shown["errors"][0]["fault"], shown["errors"][0]["is_transient"]) == ("recipient", False)
    assert shown["errors"][0]["next_step"]
    assert shown["judgement"]["use"] == "unverified"


@pytest.mark.parametrize("id_", ["wamid.nowhere", "7777", "01a20000-0000-7000-8000-00000000000a", "9" * 30, "a/b"])
def test_a_message_that_is_not_there_is_404(desk: Desk, id_: str) -> None:
    assert desk.get(f"/messages/{id_}", status=404)["code"] == "not_found"


def test_an_inbound_message_was_received(desk: Desk) -> None:
    inbound = {
        "phone_number": "15550101002",
        "direction": "inbound",
        "message_id": "wamid.in",
        "at": NOW - 90 * HOUR_MS,
    }
    desk.post("/messages", inbound)
    desk.system.drain()

    (found,) = desk.get("/messages", "direction=inbound&since=7d")["messages"]
    assert (found["status"], found["direction"], found["compliance_status"]) == ("received", "inbound", None)
    assert desk.wamids("status=received&since=7d") == ["wamid.in"]
