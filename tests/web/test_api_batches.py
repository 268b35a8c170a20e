"""Batches: many records in one commit, all of them or none; copies of webhooks only with a right signature."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.api_desk import LOCAL, NOW, WAMID, Desk
from tests.support.asgi import Answer
from tests.support.system import item, webhook

from wabawatch.domain.rollups import Span, Tier, bucket_of
from wabawatch.meta.signature import sign
from wabawatch.storage import counts
from wabawatch.storage.application_answers import UNANSWERED

SECRET = "app secret"
STATUS = {"kind": "status", "id": WAMID, "status": {"status": "delivered", "at": NOW}}
SEND = {
    "kind": "message",
    "message": {"phone_number": "+1 555 010 1001", "message_id": WAMID, "local_id": LOCAL, "at": NOW},
}
ACTED = {
    "kind": "agent_interaction",
    "interaction": {"agent_id": "agent-7", "action": "replied", "local_id": LOCAL, "at": NOW},
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, WABAWATCH_APP_SECRET=SECRET)
    yield desk
    desk.system.close()


def post(desk: Desk, *records: dict[str, Any]) -> Answer:
    return desk.post("/batches", {"records": records})


def copied(secret: str = SECRET, wamid: str = "wamid.in", **more: Any) -> dict[str, Any]:
    wrote = item(wamid, NOW, **{"from": "15550101001", "type": "text"})
    body = webhook("messages", wrote, received_at=NOW).content
    told = {"kind": "webhook", "body": b64encode(body).decode(), "signature": sign(body, secret.encode()), "at": NOW}
    return told | more


def rows(desk: Desk, question: str) -> list[tuple[Any, ...]]:
    desk.system.drain()
    with desk.system.database.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(question)]


def test_all_records_of_a_batch_are_kept(desk: Desk) -> None:
    answer = post(desk, SEND, STATUS, ACTED)

    assert (answer.status, json.loads(answer.body)) == (202, {"kept": 3, "refused": 0})
    assert (desk.messages()["attempted"], desk.messages()["delivered"]) == (1, 1)
    assert rows(desk, "SELECT interaction_id, agent_id FROM agent_interaction_logs") == [(LOCAL, "agent-7")]


def test_a_repeated_batch_changes_nothing(desk: Desk) -> None:
    for _ in range(2):
        assert post(desk, SEND, STATUS, ACTED).status == 202

    assert desk.messages()["attempted"] == 1
    assert len(rows(desk, "SELECT 1 FROM agent_interaction_logs")) == 1


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"kind": "message", "message": {"template_name": "hello"}}, "records[1].message.phone_number: missing"),
        ({"kind": "message", "message": {"phone_number": 7}}, "records[1].message.phone_number: give a text"),
        (
            {"kind": "status", "id": WAMID, "status": {"status": "gone"}},
            "records[1].status.status: 'gone' is not one",
        ),
        ({"kind": "unknown"}, "records[1].kind: 'unknown' is not one of its values; there are message,"),
    ],
    ids=["nobody", "number", "status", "kind"],
)
def test_a_batch_with_a_wrong_record_is_refused_whole(desk: Desk, wrong: dict[str, Any], named: str) -> None:
    answer = post(desk, SEND, wrong)

    assert answer.status == 422
    assert json.loads(answer.body)["detail"].startswith(named)
    assert json.loads(answer.body)["errors"][0]["pointer"].startswith("/records/1/")
    assert desk.messages()["attempted"] == 0


def test_an_empty_batch_is_refused(desk: Desk) -> None:
    assert post(desk).status == 422


def test_the_copy_of_a_webhook_is_a_webhook_like_any_other(desk: Desk) -> None:
    for _ in range(2):
        assert json.loads(post(desk, copied()).body) == {"kept": 1, "refused": 0}

    assert desk.messages()["inbound"] == 1
    assert rows(desk, "SELECT phone_number FROM conversations") == [("15550101001",)]


@pytest.mark.parametrize("wrong", [{"signature": ""}, {"signature": "sha256=00"}, {"app": "unknown"}], ids=str)
def test_a_copy_that_nobody_signed_is_not_kept_and_stops_nothing(desk: Desk, wrong: dict[str, Any]) -> None:
    answer = post(desk, copied(**wrong), SEND)

    assert (answer.status, json.loads(answer.body)) == (202, {"kept": 1, "refused": 1})
    assert (desk.messages()["attempted"], desk.messages()["inbound"]) == (1, 0)


def test_a_single_interaction_of_an_agent_is_logged(desk: Desk) -> None:
    answer = desk.post("/agent-interactions", ACTED["interaction"])

    assert (answer.status, json.loads(answer.body)) == (202, {"id": LOCAL})
    assert rows(desk, "SELECT action FROM agent_interaction_logs") == [("replied",)]


def answers(desk: Desk) -> tuple[int, int]:
    """How many webhooks the application answered with 2xx, and how many it did not."""
    desk.system.drain()
    with desk.system.database.reading() as connection:
        spans = [Span(Tier.DAY, bucket_of(Tier.DAY, NOW) - 1, bucket_of(Tier.DAY, NOW) + 1)]
        good = counts.read_histogram(connection, "application", spans)
        return sum(good.values()), counts.read_counters(connection, spans).get(UNANSWERED, 0)


def test_how_the_application_answered_is_counted(desk: Desk) -> None:
    post(desk, copied(status=200, ms=30))
    assert answers(desk) == (1, 0)

    post(desk, copied(status=500, ms=30, at=NOW - 1000, body=""), SEND)
    assert answers(desk) == (1, 0)  # what nobody signed is no webhook


def test_only_the_first_answer_to_a_body_counts(desk: Desk) -> None:
    post(desk, copied(status=500, ms=30), copied(status=200, ms=20, at=NOW - 1))
    post(desk, copied(status=200, ms=20, at=NOW - 2))

    assert answers(desk) == (0, 1)


def test_a_copy_says_in_the_log_that_it_is_one(desk: Desk) -> None:
    post(desk, copied(status=200))

    ((said,),) = rows(desk, "SELECT message FROM whatsapp_logs WHERE kind = 'webhook'")
    assert said.startswith("copy webhook body")


def test_what_the_middleware_tells_is_the_webhook_response_of_the_application(desk: Desk) -> None:
    post(desk, *(copied(wamid=f"wamid.{n}", status=200, ms=400) for n in range(40)))
    desk.system.drain()

    judged = desk.get("/status", "hours=0")["requirements"]["webhook_response"]
    assert (judged["subject"], judged["n"], judged["verdict"]) == ("application", 40, "warning")
