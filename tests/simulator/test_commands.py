"""What is commanded is what the Graph endpoints then say, what webhooks tell, and what the truth remembers."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.simulator.scenes import START, bodies, simulation, values
from tests.simulator.test_graph import CALM, call, send, template, text

from wabawatch.simulator.orders import SetNumber, obey
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.standing import APP_ID


@pytest.fixture
def made() -> Simulation:
    return simulation(messages=0, mix=CALM)


def command(made: Simulation, order: str, /, **told: Any) -> dict[str, Any]:
    answer = call(made, "POST", f"/control/{order}", json=told)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def get(made: Simulation, path: str, **more: Any) -> httpx.Response:
    return call(made, "GET", f"/v25.0/{path}", **more)


def number(made: Simulation) -> str:
    return made.world.numbers[0].id


def waba(made: Simulation) -> str:
    return made.world.numbers[0].waba.id


def error(answer: httpx.Response) -> tuple[int, int]:
    said = answer.json()["error"]
    return said["code"], said.get("error_subcode", 0)


def app_token(made: Simulation) -> dict[str, str]:
    return {"Authorization": f"Bearer {made.app_token}"}


def told(made: Simulation, field: str) -> list[dict[str, Any]]:
    return values(tuple(made.steps()), field)


# ------------------------------------------------------------------------------------------------- usage, throttling


def test_usage_rises_with_calls(made: Simulation) -> None:
    command(made, "usage", waba=waba(made), percent=50, limit=10)

    shown = [get(made, f"{waba(made)}/phone_numbers").headers["x-business-use-case-usage"] for _ in range(2)]

    assert [json.loads(one)[waba(made)][0]["call_count"] for one in shown] == [60, 70]


@pytest.mark.parametrize("code", [80007, 80008])
def test_an_account_that_is_asked_too_often_throttles(made: Simulation, code: int) -> None:
    command(made, "usage", waba=waba(made), limit=2, code=code)

    answers = [get(made, f"{waba(made)}/phone_numbers") for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 400]
    assert error(answers[2]) == (code, 2446079)
    assert answers[2].json()["error"]["is_transient"] is True
    usage = json.loads(answers[2].headers["x-business-use-case-usage"])[waba(made)][0]
    assert usage["estimated_time_to_regain_access"] == 60


def test_an_app_that_asks_too_often_throttles(made: Simulation) -> None:
    command(made, "usage", app=100)

    answer = get(made, waba(made))

    assert error(answer) == (4, 2446079)
    assert json.loads(answer.headers["x-app-usage"])["call_count"] == 100
    assert send(made, text()).status_code == 200


def test_sends_beyond_a_numbers_throughput_are_rejected(made: Simulation) -> None:
    command(made, "throttle", number=number(made), mps=2)

    codes = [send(made, text(to=f"4915100000{turn}")).status_code for turn in range(3)]

    assert codes == [200, 200, 400]
    assert (made.totals()["attempted"], made.totals()["rejected"]) == (3, 1)
    truth = call(made, "GET", "/truth").json()
    assert (truth["throttled"], truth["calls"]["POST messages"]) == ({"130429": 1}, {"130429": 1, "200": 2})


def test_sends_to_one_person_beyond_the_pair_rate_are_rejected(made: Simulation) -> None:
    command(made, "throttle", pair_every_s=6, pair_burst=2)

    answers = [send(made, text()) for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 400]
    assert error(answers[2])[0] == 131056
    assert send(made, text(to="4915100000001")).status_code == 200


def test_a_limit_of_nothing_lifts_it(made: Simulation) -> None:
    command(made, "throttle", mps=1, pair_every_s=6, pair_burst=1)
    command(made, "throttle", mps=0, pair_every_s=0)

    assert [send(made, text()).status_code for _ in range(3)] == [200, 200, 200]


# --------------------------------------------------------------------------------------------------------- the token


@pytest.mark.parametrize(
    ("told", "http", "code"),
    [
        ({"revoked": True}, 401, (190, 467)),
        ({"expires_in_s": -1}, 401, (190, 463)),
        ({"scopes": ["whatsapp_business_messaging"]}, 403, (10, 0)),
        ({"targets": []}, 403, (200, 0)),
    ],
)
def test_a_token_that_is_no_longer_good_is_refused(
    made: Simulation, told: dict[str, Any], http: int, code: tuple[int, int]
) -> None:
    command(made, "token", **told)

    answer = get(made, waba(made))

    assert (answer.status_code, error(answer)) == (http, code)


def test_a_send_with_a_revoked_token_is_a_rejected_send(made: Simulation) -> None:
    command(made, "token", revoked=True)

    assert error(send(made, text())) == (190, 467)
    assert (made.totals()["attempted"], made.totals()["rejected"]) == (1, 1)


def test_a_token_is_described_to_the_app(made: Simulation) -> None:
    command(made, "token", expires_in_s=86_400, scopes=["whatsapp_business_management"], targets=["1"])
    alive = get(made, "debug_token?input_token=right", headers=app_token(made)).json()["data"]
    command(made, "token", revoked=True)
    dead = get(made, "debug_token?input_token=right", headers=app_token(made)).json()["data"]

    assert (alive["is_valid"], alive["expires_at"]) == (True, START // 1_000 + 86_400)
    assert alive["granular_scopes"] == [{"scope": "whatsapp_business_management", "target_ids": ["1"]}]
    assert (dead["is_valid"], dead["error"]["code"], dead["error"]["subcode"]) == (False, 190, 467)


def test_a_token_of_nobody_is_not_valid(made: Simulation) -> None:
    assert get(made, "debug_token?input_token=nobody").json()["data"]["is_valid"] is False


# ----------------------------------------------------------------------------------------------------- subscriptions


def test_the_app_tells_its_subscription_to_its_own_token(made: Simulation) -> None:
    found = get(made, f"{APP_ID}/subscriptions", headers=app_token(made)).json()["data"][0]

    assert (found["object"], found["active"]) == ("whatsapp_business_account", True)
    assert {"messages", "standby"} <= {one["name"] for one in found["fields"]}
    assert {one["version"] for one in found["fields"]} == {"v25.0"}
    assert error(get(made, f"{APP_ID}/subscriptions"))[0] == 15


def test_a_field_without_subscription_is_not_told(made: Simulation) -> None:
    command(made, "subscription", fields=["messages"], version="v23.0")
    send(made, text())

    fields = {change["field"] for body in bodies(tuple(made.steps())) for e in body["entry"] for change in e["changes"]}

    assert fields == {"messages"}
    assert made.published(made.now)["unseen"] != 0


def test_a_command_about_an_account_leaves_the_versions_of_fields(made: Simulation) -> None:
    call(made, "POST", f"/v23.0/{APP_ID}/subscriptions", headers=app_token(made), data={"fields": "messages"})
    command(made, "subscription", waba=waba(made), subscribed=True)

    assert (made.standing.app.fields["messages"], made.standing.app.fields["standby"]) == ("v23.0", "v25.0")


def test_the_app_subscribes_by_form(made: Simulation) -> None:
    path, given = f"/v24.0/{APP_ID}/subscriptions", {"object": "whatsapp_business_account", "fields": "messages"}
    call(made, "DELETE", path, headers=app_token(made))
    empty = get(made, f"{APP_ID}/subscriptions", headers=app_token(made)).json()
    call(made, "POST", path, headers=app_token(made), data=given | {"callback_url": "https://here.example/"})
    found = get(made, f"{APP_ID}/subscriptions", headers=app_token(made)).json()["data"][0]

    assert empty == {"data": []}
    assert found["fields"] == [{"name": "messages", "version": "v24.0"}]
    assert found["callback_url"] == "https://here.example/"


def test_an_account_can_be_unsubscribed_and_subscribed(made: Simulation) -> None:
    path = f"{waba(made)}/subscribed_apps"
    call(made, "DELETE", f"/v25.0/{path}")
    send(made, text())
    none = get(made, path).json()
    silent = told(made, "messages")
    call(made, "POST", f"/v25.0/{path}")

    assert (none, silent) == ({"data": []}, [])
    assert get(made, path).json()["data"][0]["whatsapp_business_api_data"]["id"] == APP_ID


def test_an_override_of_the_account_diverts_messages_only(made: Simulation) -> None:
    wanted = {"override_callback_uri": "https://elsewhere.example/", "verify_token": "x"}
    call(made, "POST", f"/v25.0/{waba(made)}/subscribed_apps", json=wanted)
    send(made, text())

    shown = get(made, f"{waba(made)}/subscribed_apps").json()["data"][0]

    assert shown["override_callback_uri"] == "https://elsewhere.example/"
    steps = tuple(made.steps())
    assert values(steps, "messages") == []
    assert values(steps, "message_template_status_update")


def test_an_override_of_the_number_is_shown_and_removed(made: Simulation) -> None:
    wanted = {"webhook_configuration": {"override_callback_uri": "https://elsewhere.example/", "verify_token": "x"}}
    path = f"/v25.0/{number(made)}"
    call(made, "POST", path, json=wanted)
    shown = call(made, "GET", f"{path}?fields=webhook_configuration").json()["webhook_configuration"]
    call(made, "POST", path, json={"webhook_configuration": {"override_callback_uri": ""}})

    assert shown == {"phone_number": "https://elsewhere.example/", "application": made.standing.app.callback}
    after = call(made, "GET", f"{path}?fields=webhook_configuration").json()["webhook_configuration"]
    assert after == {"application": made.standing.app.callback}


def test_an_override_to_the_same_place_diverts_nothing(made: Simulation) -> None:
    command(made, "subscription", number=number(made), override=made.standing.app.callback)
    send(made, text())

    assert told(made, "messages")


@pytest.mark.parametrize(
    "wanted", [{"override_callback_uri": "https://x.example/"}, {"override_callback_uri": "x", "verify_token": "y"}]
)
def test_an_override_out_of_form_is_refused(made: Simulation, wanted: dict[str, str]) -> None:
    assert call(made, "POST", f"/v25.0/{waba(made)}/subscribed_apps", json=wanted).status_code == 400


# ------------------------------------------------------------------------------------------- health, numbers, accounts


def test_health_is_as_commanded_and_as_a_whole_the_worst(made: Simulation) -> None:
    trouble = {"error_code": 141010, "error_description": "Banned.", "possible_solution": "Appeal."}
    command(made, "health", id=waba(made), can_send_message="BLOCKED", errors=[trouble])

    health = get(made, f"{number(made)}?fields=health_status").json()["health_status"]

    assert health["can_send_message"] == "BLOCKED"
    assert [one["entity_type"] for one in health["entities"]] == ["PHONE_NUMBER", "WABA", "BUSINESS", "APP"]
    assert next(one for one in health["entities"] if one["entity_type"] == "WABA")["errors"] == [trouble]


def test_quality_and_status_of_a_number_change_without_a_webhook(made: Simulation) -> None:
    tuple(made.steps())
    command(made, "number", number=number(made), quality="RED", status="RESTRICTED")

    shown = get(made, f"{number(made)}?fields=quality_rating,status").json()

    assert (shown["quality_rating"], shown["status"]) == ("RED", "RESTRICTED")
    assert tuple(made.steps()) == ()
    assert error(send(made, text()))[0] == 131031


def test_a_limit_is_its_portfolios_and_is_told(made: Simulation) -> None:
    wanted = "TIER_100K" if made.world.numbers[0].limit != "TIER_100K" else "TIER_250"
    command(made, "number", number=number(made), limit=wanted)

    shown = get(made, f"{waba(made)}/phone_numbers?fields=whatsapp_business_manager_messaging_limit").json()["data"]

    assert {one["whatsapp_business_manager_messaging_limit"] for one in shown} == {wanted}
    assert told(made, "business_capability_update")[0]["max_daily_conversations_per_business"] == wanted


def test_throughput_and_name_are_told(made: Simulation) -> None:
    command(made, "number", number=number(made), throughput="HIGH", name_status="DECLINED", verified_name="A & B")

    shown = get(made, f"{number(made)}?fields=throughput,name_status,verified_name").json()

    assert (shown["throughput"], shown["name_status"]) == ({"level": "HIGH"}, "DECLINED")
    assert shown["verified_name"] == made.world.numbers[0].verified_name
    steps = tuple(made.steps())
    assert values(steps, "phone_number_quality_update")[0]["event"] == "THROUGHPUT_UPGRADE"
    assert values(steps, "phone_number_name_update")[0]["decision"] == "REJECTED"


def test_a_disabled_account_is_told_and_sends_nothing(made: Simulation) -> None:
    command(made, "waba", waba=waba(made), status="DISABLED", review="REJECTED", violation="SCAM")

    assert get(made, f"{waba(made)}?fields=status,account_review_status").json()["status"] == "DISABLED"
    assert error(send(made, text()))[0] == 131031
    steps = tuple(made.steps())
    assert [one["event"] for one in values(steps, "account_update")] == ["DISABLED_UPDATE", "ACCOUNT_VIOLATION"]
    assert values(steps, "account_review_update") == [{"decision": "REJECTED"}]


def test_a_restriction_stops_templates_until_it_ends(made: Simulation) -> None:
    kind = "RESTRICTED_BIZ_INITIATED_MESSAGING"
    said = command(made, "restriction", waba=waba(made), kinds=[kind], duration_s=3_600)
    blocked = error(send(made, template(made, "utility")))[0]
    free_form = send(made, text()).status_code
    command(made, "restriction", waba=waba(made))

    assert (blocked, free_form, send(made, template(made, "utility")).status_code) == (368, 200, 200)
    restricted, lifted = told(made, "account_update")
    assert restricted["restriction_info"] == [{"restriction_type": kind, "expiration": said["expires_at"]}]
    assert lifted == {"event": "ACCOUNT_RESTRICTION"}


def test_a_field_that_is_none_is_refused(made: Simulation) -> None:
    said = get(made, f"{number(made)}?fields=id,colour").json()["error"]["message"]

    assert said.startswith("(#100) Tried accessing nonexisting field (colour)")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("colour", {}),
        ("number", {"number": "404"}),
        ("number", {"numbr": "1"}),
        ("waba", {"waba": "404"}),
        ("usage", {"limit": 0}),
        ("subscription", {"override": "https://x.example/"}),
    ],
)
def test_what_cannot_be_obeyed_is_refused_with_the_reason(made: Simulation, name: str, told: dict[str, Any]) -> None:
    answer = call(made, "POST", f"/control/{name}", json=told)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("not obeyed: ")
    assert made.standing.orders == []


def test_an_outage_is_felt_by_everybody_who_asks(made: Simulation) -> None:
    command(made, "incident", kind="api_down", duration_s=60)

    answers = [get(made, waba(made)), get(made, f"{waba(made)}/message_templates"), send(made, text())]

    assert [(one.status_code, error(one)[0]) for one in answers] == [(503, 2)] * 3
    assert made.totals()["rejected"] == 1


def test_an_outage_of_one_number_leaves_the_others(made: Simulation) -> None:
    command(made, "incident", kind="api_down", duration_s=60, number=number(made))

    assert get(made, number(made)).status_code == 503
    assert get(made, made.world.numbers[1].id).status_code == 200


def test_commands_can_be_given_from_python(made: Simulation) -> None:
    obey(made, SetNumber(number=number(made), quality="YELLOW"), START)

    assert get(made, number(made)).json()["quality_rating"] == "YELLOW"
    assert call(made, "GET", "/truth").json()["commands"][0]["command"] == "number"


# --------------------------------------------------------------------------------------------------------- the truth


def test_the_truth_says_what_a_number_and_its_account_were_from_when_on(made: Simulation) -> None:
    command(made, "number", number=number(made), quality="RED")
    command(made, "number", number=number(made), quality="RED")
    call(made, "POST", f"/v25.0/{number(made)}/deregister")
    call(made, "DELETE", f"/v25.0/{waba(made)}/subscribed_apps")

    truth = call(made, "GET", "/truth").json()

    states = [(one["quality"], one["status"]) for one in truth["numbers"][number(made)]]
    assert states == [(made.world.numbers[0].quality, "CONNECTED"), ("RED", "CONNECTED"), ("RED", "DISCONNECTED")]
    assert [one["subscribed"] for one in truth["wabas"][waba(made)]] == [True, False]


def test_the_truth_counts_calls_by_kind_and_answer(made: Simulation) -> None:
    command(made, "usage", waba=waba(made), limit=1)
    for _ in range(3):
        get(made, f"{waba(made)}/message_templates")
    get(made, "404")

    truth = call(made, "GET", "/truth").json()

    assert truth["calls"]["GET message_templates"] == {"200": 1, "80008": 2}
    assert (truth["calls"]["GET node"], truth["throttled"]) == ({"100": 1}, {"80008": 2})
    assert [one["command"] for one in truth["commands"]] == ["usage"]
