"""The HTTP API: what is logged counts, and figures are what was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.api_desk import LOCAL, NOW, SEND, WAMID, Desk

from wabawatch.domain.platform import Kind, Seen, Subject
from wabawatch.flows.knowing import learn
from wabawatch.storage.books import SqlBooks


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.system.close()


def test_a_logged_send_counts(desk: Desk) -> None:
    answer = desk.post("/messages", SEND | {"template_name": "hello", "template_language": "en", "user_id": "u"})

    assert answer.status == 202
    assert len(json.loads(answer.body)["id"]) == 36
    counted = desk.messages()
    assert (counted["attempted"], counted["unlinked"]) == (1, 1)


def test_an_answered_send_is_kept_before_the_answer(desk: Desk) -> None:
    assert desk.post("/messages", SEND).status == 202

    assert desk.system.inbox.waiting(0) == 1


def test_a_status_finds_its_message_by_our_id_and_links_it(desk: Desk) -> None:
    local_id = json.loads(desk.post("/messages", SEND).body)["id"]

    answer = desk.post(f"/messages/{local_id}/status", {"status": "delivered", "wamid": WAMID})

    assert (answer.status, json.loads(answer.body)) == (202, {"id": local_id})
    counted = desk.messages()
    assert (counted["attempted"], counted["delivered"], counted["unlinked"]) == (1, 1, 0)


@pytest.mark.parametrize("wamid", [WAMID, "wamid.a/b+c==", "wamid./status"])
def test_a_status_finds_its_message_by_wamid_whatever_its_characters(desk: Desk, wamid: str) -> None:
    desk.post("/messages", SEND | {"message_id": wamid})

    assert desk.post(f"/messages/{wamid}/status", {"status": "read"}).status == 202

    counted = desk.messages()
    assert (counted["attempted"], counted["read"]) == (1, 1)


@pytest.mark.parametrize("spelling", [LOCAL, LOCAL.upper(), LOCAL.replace("-", ""), f"{{{LOCAL}}}"])
def test_a_repeated_call_with_an_id_of_the_client_logs_nothing_twice(desk: Desk, spelling: str) -> None:
    ids = [json.loads(desk.post("/messages", SEND | {"local_id": each}).body)["id"] for each in (LOCAL, spelling)]

    assert ids == [LOCAL, LOCAL]
    assert desk.messages()["attempted"] == 1


def test_an_inbound_message_is_no_send(desk: Desk) -> None:
    desk.post("/messages", SEND | {"direction": "inbound", "message_id": WAMID})

    counted = desk.messages()
    assert (counted["inbound"], counted["attempted"]) == (1, 0)


def test_a_refused_send_is_rejected(desk: Desk) -> None:
    desk.post("/messages", SEND | {"error": {"code": 132001, "title": "Template does not exist"}})

    counted = desk.messages()
    assert (counted["attempted"], counted["rejected"], counted["failed"]) == (1, 1, 1)


def test_the_status_has_the_promised_names(desk: Desk) -> None:
    found = desk.get("/status")

    assert found.keys() == {
        "overall_status", "as_of", "monitoring", "requirements", "coverage", "messages", "webhooks", "alerts", "uptime",
        "polling",
        "api",
        "rate_limits",
    }  # fmt: skip
    assert found["overall_status"] == "insufficient_data"
    monitoring = found["monitoring"]
    assert (monitoring["running"], monitoring["last_cycle_at"], monitoring["interval_ms"]) == (False, None, 300_000)
    [gap] = monitoring["gaps"]
    assert (gap["to"], gap["why"], gap["by"]) == (None, "never_started", "")


def test_the_status_tells_the_rating_of_numbers_as_a_part_without_a_count(desk: Desk) -> None:
    green = Seen(Subject(Kind.NUMBER, "106540352242922"), {"quality": "GREEN"})
    with SqlBooks(desk.system.database, desk.system.keyring, lambda _: "").writing() as ledger:
        learn(ledger, [green], {}, NOW - 7_200_000, NOW - 7_200_000)
    desk.post("/messages", SEND | {"phone_number_id": "106540352242922", "message_id": WAMID, "at": NOW - 3_600_000})
    desk.system.drain()

    assert desk.get("/status", "hours=0")["requirements"]["quality_score"]["parts"]["number"] == {
        "value": 1.0, "weight": 0.25, "n": None,
    }  # fmt: skip


def test_the_window_of_the_status_is_what_was_asked_for(desk: Desk) -> None:
    desk.post("/messages", SEND | {"at": NOW - 30 * 3_600_000})
    desk.system.drain()

    assert [desk.get("/status", query)["messages"]["attempted"] for query in ("", "hours=48", "hours=0")] == [0, 1, 1]


def test_metrics_are_points_over_time(desk: Desk) -> None:
    desk.post("/messages", SEND | {"at": NOW - 3_600_000})
    desk.system.drain()
    desk.system.expiry.step()  # which closes the buckets of the past

    points = desk.get("/metrics", "hours=2")

    assert [p["value"] for p in points if (p["scope"], p["metric"]) == ("all", "attempted")] == [1]
    assert all(p.keys() == {"at", "scope", "metric", "value", "n", "interval"} for p in points)


def test_monitoring_is_started_stopped_and_restarted(desk: Desk) -> None:
    answers = [desk.post(f"/monitoring/{word}") for word in ("start", "stop", "restart")]

    assert [json.loads(answer.body) for answer in answers] == [{"wanted": True}, {"wanted": False}, {"wanted": True}]
