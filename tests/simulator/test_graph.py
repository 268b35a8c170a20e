"""The Graph endpoints, in process."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from tests.simulator.scenes import START, simulation

from wabawatch.simulator.application import mark_as_read
from wabawatch.simulator.clock import LeapingClock
from wabawatch.simulator.graph import build_graph
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.steps import PostWebhook

CALM = Mix(refused=0, failed=0, undelivered=0)
TOKEN = {"Authorization": "Bearer right"}


@pytest.fixture
def made() -> Simulation:
    return simulation(messages=0, mix=CALM)


def call(made: Simulation, method: str, path: str, headers: Any = TOKEN, **more: Any) -> httpx.Response:
    async def scene() -> httpx.Response:
        transport = httpx.ASGITransport(app=build_graph(made, LeapingClock(START), "right"))
        async with httpx.AsyncClient(transport=transport, base_url="http://graph") as client:
            return await client.request(method, path, headers=headers, **more)

    return asyncio.run(scene())


def send(made: Simulation, body: Any, edge: str = "messages", **more: Any) -> httpx.Response:
    return call(made, "POST", f"/v25.0/{made.world.numbers[0].id}/{edge}", json=body, **more)


def text(**more: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": "+49 151 23456789", "type": "text", "text": {"body": "hi"}} | more


def template(made: Simulation, category: str) -> dict[str, Any]:
    usable = made.world.usable[made.world.numbers[0].waba.id]
    one = next(one for one in usable if one.category == category)
    return text(type="template", template={"name": one.name, "language": {"code": one.language}})


def test_a_send_is_accepted_with_a_wamid(made: Simulation) -> None:
    answer = send(made, text())

    assert answer.status_code == 200
    body = answer.json()
    assert body["messaging_product"] == "whatsapp"
    assert body["contacts"] == [{"input": "4915123456789", "wa_id": "4915123456789"}]
    assert body["messages"][0]["id"].startswith("wamid.HBgN")


def test_a_template_send_says_its_message_status(made: Simulation) -> None:
    body = send(made, template(made, "utility")).json()

    assert body["messages"][0]["message_status"] == "accepted"


def test_a_held_template_says_so() -> None:
    made = simulation(messages=0, mix=Mix(refused=0, held=1.0))

    body = send(made, template(made, "marketing"), "marketing_messages").json()

    assert body["messages"][0]["message_status"] == "held_for_quality_assessment"


def test_a_send_to_a_bsuid_is_answered_with_it(made: Simulation) -> None:
    bsuid = made.world.contacts[0].bsuid
    body = text(recipient=bsuid)
    del body["to"]

    assert send(made, body).json()["contacts"] == [{"input": bsuid, "user_id": bsuid}]


def test_statuses_of_a_send_fall_due_and_count_in_the_truth(made: Simulation) -> None:
    wamid = send(made, text()).json()["messages"][0]["id"]

    posted = [step for step in made.steps() if isinstance(step, PostWebhook)]

    assert any(wamid.encode() in step.body.replace(b"\\/", b"/") for step in posted)
    assert [row["wamid"] for row in made.truth()] == [wamid]
    assert made.totals()["attempted"] == 1


def test_marking_as_read_is_no_send(made: Simulation) -> None:
    path, body = mark_as_read(made.world.numbers[0], "wamid.X")

    answer = call(made, "POST", f"/v25.0/{path}", json=body | {"typing_indicator": {"type": "text"}})

    assert answer.json() == {"success": True}
    assert made.truth() == []


@pytest.mark.parametrize(
    ("body", "http", "code"),
    [
        ({"to": "49151", "type": "text"}, 400, 100),
        ({"messaging_product": "whatsapp", "type": "text"}, 400, 131008),
        (text(type="template", template={"name": "nobody", "language": {"code": "en"}}), 404, 132001),
        (text(recipient_type="group", to="1@g.us"), 400, 131009),
        ([], 400, 100),
    ],
)
def test_a_send_out_of_form_is_refused(made: Simulation, body: Any, http: int, code: int) -> None:
    answer = send(made, body)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (http, code)
    assert {"message", "type", "code", "error_data", "fbtrace_id"} <= error.keys()


def test_a_refused_send_counts_as_rejected(made: Simulation) -> None:
    send(made, text(type="template", template={"name": "nobody", "language": {"code": "en"}}))

    assert (made.totals()["attempted"], made.totals()["rejected"]) == (1, 1)


def test_marketing_messages_takes_marketing_templates_only(made: Simulation) -> None:
    assert send(made, template(made, "marketing"), "marketing_messages").status_code == 200
    assert send(made, template(made, "utility"), "marketing_messages").json()["error"]["code"] == 131055


@pytest.mark.parametrize(("headers", "code"), [({}, 104), ({"Authorization": "Bearer wrong"}, 190)])
def test_without_the_token_nothing_is_answered(made: Simulation, headers: dict[str, str], code: int) -> None:
    answer = send(made, text(), headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)


def test_numbers_of_an_account_are_listed(made: Simulation) -> None:
    waba = made.world.wabas[0].id

    body = call(made, "GET", f"/v25.0/{waba}/phone_numbers").json()

    assert {one["id"] for one in body["data"]} == {one.id for one in made.world.numbers if one.waba.id == waba}
    assert all("quality_rating" in one for one in body["data"])


def test_a_node_answers_the_wanted_fields(made: Simulation) -> None:
    number = made.world.numbers[0]

    body = call(made, "GET", f"/v25.0/{number.id}?fields=status,throughput").json()

    assert body == {"id": number.id, "status": "CONNECTED", "throughput": {"level": "STANDARD"}}


def test_templates_are_listed_page_by_page(made: Simulation) -> None:
    waba, after, names = made.world.wabas[0].id, "0", []
    while True:
        body = call(made, "GET", f"/v25.0/{waba}/message_templates?limit=5&after={after}").json()
        if not body["data"]:
            break
        names += [(one["name"], one["language"]) for one in body["data"]]
        after = body["paging"]["cursors"]["after"]

    assert names == [(one.name, one.language) for one in made.world.templates_of(waba)]


def test_subscriptions_and_token_can_be_read(made: Simulation) -> None:
    waba = made.world.wabas[0].id

    apps = call(made, "GET", f"/v25.0/{waba}/subscribed_apps").json()["data"]
    token = call(made, "GET", "/v25.0/debug_token?input_token=right").json()["data"]

    assert apps[0]["whatsapp_business_api_data"]["id"] == token["app_id"]
    assert token["is_valid"] is True


def test_an_unknown_object_does_not_exist(made: Simulation) -> None:
    error = call(made, "GET", "/v25.0/404404404").json()["error"]

    assert (error["code"], error["error_subcode"]) == (100, 33)


def test_an_incident_can_be_commanded(made: Simulation) -> None:
    told = {"kind": "api_down", "duration_s": 60}

    assert call(made, "POST", "/control/incident", json=told).json()["success"] is True
    assert send(made, text()).status_code == 503


@pytest.mark.parametrize(
    "told", [{}, {"kind": "earthquake", "duration_s": 1}, {"kind": "failures", "duration_s": 1, "code": 7}]
)
def test_what_is_no_incident_is_refused(made: Simulation, told: dict[str, Any]) -> None:
    assert call(made, "POST", "/control/incident", json=told).status_code == 400


def test_the_truth_is_published_as_json(made: Simulation) -> None:
    wamid = send(made, text()).json()["messages"][0]["id"]

    truth = call(made, "GET", "/truth").json()

    assert truth["totals"]["attempted"] == 1
    assert [(row["wamid"], row["status"]) for row in truth["messages"]] == [(wamid, "pending")]


def test_a_number_tells_its_country_in_two_letters(made: Simulation) -> None:
    body = call(made, "GET", f"/v25.0/{made.world.numbers[0].id}?fields=country_code,display_phone_number").json()

    assert body["display_phone_number"].startswith("+1 ")
    assert body["country_code"] == "US"
