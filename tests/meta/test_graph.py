"""The Graph client: every answer is a value, whatever is in it, and no secret leaves by the wrong door."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from wabawatch.access_tokens import AccessTokens
from wabawatch.domain.platform import Kind, Subject
from wabawatch.domain.polls import Ask, Load
from wabawatch.kinds import GraphUrl, Secret
from wabawatch.meta.graph import GraphClient
from wabawatch.meta.graph_answers import read_problem, read_usage
from wabawatch.polling_ports import Told

WABA, NUMBER, APP = "200000000000001", "100000000000001", "300000000000001"
TOKEN, APP_TOKEN = "EAAsecretsecretsecretsecret", f"{APP}|appsecret"


class Stand:
    """A client whose network is a function, and the requests that it made."""

    def __init__(self, *answers: Any, headers: dict[str, str] | None = None, status: int = 200) -> None:
        self.requests: list[httpx.Request] = []
        self._answers, self._headers, self._status = list(answers), headers or {}, status
        url = GraphUrl("https://graph.example.test", "v25.0")
        apps = {APP: Secret(APP_TOKEN)}
        self.client = GraphClient(url, AccessTokens(Secret(TOKEN)), apps, httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        body = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(self._status, content=content, headers=self._headers)

    def ask(self, ask: Ask, subject: str = WABA, **more: Any) -> Told:
        return self.client.ask(ask, subject, **more)


PHONE = {
    "id": NUMBER,
    "display_phone_number": "+1 555-010-0001",
    "quality_rating": "GREEN",
    "status": "CONNECTED",
    "throughput": {"level": "STANDARD"},
    "whatsapp_business_manager_messaging_limit": "TIER_2K",
    "health_status": {
        "can_send_message": "BLOCKED",
        "entities": [
            {
                "entity_type": "PHONE_NUMBER",
                "id": NUMBER,
                "can_send_message": "BLOCKED",
                "errors": [
                    {"error_code": 141000, "error_description": "Not linked.", "possible_solution": "Register."}
                ],
            },
            {"entity_type": "WABA", "id": WABA, "can_send_message": "AVAILABLE"},
        ],
    },
    "webhook_configuration": {
        "phone_number": "https://u:p@other.example/hook?key=1",
        "application": "https://ours.example",
    },
}


def test_a_number_is_read_with_its_health_and_override() -> None:
    (seen,) = Stand({"data": [PHONE]}).ask(Ask.NUMBERS).seen

    assert seen.subject == Subject(Kind.NUMBER, NUMBER)
    assert seen.display_number == "15550100001"
    assert seen.notes["health"] == "141000 Not linked. Register."
    expected = {
        "quality": "GREEN",
        "status": "CONNECTED",
        "throughput": "STANDARD",
        "limit": "TIER_2K",
        "health": "BLOCKED",
        "override": "https://other.example/hook",
        "waba": WABA,
    }
    assert expected.items() <= seen.values.items()


def test_an_account_is_read_with_its_portfolio() -> None:
    node = {
        "id": WABA,
        "status": "ACTIVE",
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
        "owner_business_info": {"id": "4", "name": "Portfolio"},
        "health_status": {"entities": [{"entity_type": "BUSINESS", "can_send_message": "LIMITED"}]},
    }
    (seen,) = Stand(node).ask(Ask.ACCOUNT).seen

    assert seen.portfolio == "4"
    assert (seen.values["review"], seen.values["verification"]) == ("APPROVED", "VERIFIED")
    assert seen.values["health_business"] == "LIMITED"


def test_a_template_is_read_with_its_pending_category() -> None:
    node = {
        "id": "7",
        "name": "hello",
        "language": "en_US",
        "status": "REJECTED",
        "category": "UTILITY",
        "correct_category": "MARKETING",
        "rejected_reason": "INVALID_FORMAT",
        "quality_score": {"score": "UNKNOWN", "date": 1},
    }
    (seen,) = Stand({"data": [node]}).ask(Ask.TEMPLATES).seen

    assert seen.subject == Subject(Kind.TEMPLATE, "hello/en_US", WABA)
    assert seen.values == {
        "status": "REJECTED",
        "category": "UTILITY",
        "quality": "UNKNOWN",
        "id": "7",
        "category_notice": "MARKETING",
    }
    assert seen.notes == {"status": "INVALID_FORMAT"}


def test_who_gets_an_accounts_webhooks_is_read_with_overrides() -> None:
    data = [
        {"whatsapp_business_api_data": {"id": "2"}, "override_callback_uri": "https://other.example/x?secret=1"},
        {"whatsapp_business_api_data": {"id": "1"}},
    ]
    (seen,) = Stand({"data": data}).ask(Ask.SUBSCRIBED).seen
    (nobody,) = Stand({"data": []}).ask(Ask.SUBSCRIBED).seen

    assert seen.values == {"apps": "1,2", "override": "2=https://other.example/x"}
    assert nobody.values == {"apps": "none", "override": ""}


def test_an_apps_subscription_is_read_with_its_oldest_version() -> None:
    found = {
        "object": "whatsapp_business_account",
        "callback_url": "https://ours.example/webhooks/whatsapp",
        "active": True,
        "fields": [{"name": "messages", "version": "v25.0"}, {"name": "account_update", "version": "v9.0"}],
    }
    stand = Stand({"data": [{"object": "page", "callback_url": "https://page.example"}, found]})
    (seen,) = stand.ask(Ask.APP, APP).seen

    assert seen.values["fields"] == "account_update,messages"
    assert (seen.values["oldest_version"], seen.values["active"]) == ("v9.0", "true")
    assert stand.requests[0].headers["authorization"] == f"Bearer {APP_TOKEN}"


def test_a_token_is_read_with_its_targets() -> None:
    data = {
        "app_id": APP,
        "type": "SYSTEM_USER",
        "is_valid": True,
        "expires_at": 0,
        "scopes": ["whatsapp_business_messaging", "whatsapp_business_management"],
        "granular_scopes": [
            {"scope": "whatsapp_business_management", "target_ids": [WABA]},
            {"scope": "business_management", "target_ids": ["9"]},
        ],
    }
    (seen,) = Stand({"data": data}).ask(Ask.TOKEN, "").seen

    assert (seen.values["valid"], seen.values["expires_at"], seen.values["wabas"]) == ("true", "0", WABA)
    assert seen.values["scopes"] == "whatsapp_business_management,whatsapp_business_messaging"


def test_a_token_that_may_not_even_look_at_itself_is_not_valid() -> None:
    error = {"error": {"message": "Session has expired", "code": 190, "error_subcode": 463}}
    told = Stand(error, status=401).ask(Ask.TOKEN, "")

    assert told.problem is None
    assert told.seen[0].values == {"valid": "false"}
    assert told.seen[0].notes == {"valid": "Session has expired"}


def test_the_next_page_is_asked_for_by_its_cursor() -> None:
    page = {"data": [PHONE], "paging": {"cursors": {"after": "abc"}, "next": "https://graph.example.test/next"}}
    last = {"data": [PHONE], "paging": {"cursors": {"after": "def"}}}
    stand = Stand(page, last)

    first = stand.ask(Ask.NUMBERS)
    second = stand.ask(Ask.NUMBERS, after=first.after)

    assert (first.after, second.after) == ("abc", "")
    assert stand.requests[1].url.params["after"] == "abc"


def test_what_changed_is_asked_for_by_time() -> None:
    stand = Stand({"data": []})
    stand.ask(Ask.NEW_TEMPLATES, since_s=1_790_000_000)

    assert stand.requests[0].url.params["since"] == "1790000000"


def test_one_template_is_asked_for_by_name_and_language_and_told_from_its_like() -> None:
    nodes = [{"name": name, "language": "en_US", "status": "PAUSED"} for name in ("hello", "hello_again")]
    stand = Stand({"data": nodes})

    (seen,) = stand.ask(Ask.ONE_TEMPLATE, f"{WABA}/hello/en_US").seen

    asked = stand.requests[0].url
    assert asked.path == f"/v25.0/{WABA}/message_templates"
    assert (asked.params["name"], asked.params["language"]) == ("hello", "en_US")
    assert seen.subject == Subject(Kind.TEMPLATE, "hello/en_US", WABA)


def test_a_field_that_this_version_lacks_is_asked_for_once() -> None:
    error = {
        "error": {"code": 100, "message": "(#100) Tried accessing nonexisting field (health_status) on node type (X)"}
    }
    stand = Stand(error, {"data": [PHONE]}, {"data": [PHONE]})

    stand.ask(Ask.NUMBERS)
    stand.ask(Ask.NUMBERS)

    asked = ["health_status" in request.url.params["fields"] for request in stand.requests]
    assert asked == [True, False, False]


# ---------------------------------------------------------------- limits and errors


def test_usage_is_the_most_used_of_all_that_is_counted() -> None:
    object_usage = '{"1":[{"type":"x","call_count":60,"total_time":85,"estimated_time_to_regain_access":3}],"2":[{}]}'

    assert read_usage('{"call_count":28,"total_time":25,"total_cputime":96}') == {"": Load(96.0)}
    assert read_usage(object_usage) == {"1": Load(85.0, 180_000), "2": Load(0.0)}


@pytest.mark.parametrize("header", ["", "nonsense", "[]", '{"1":7}', '{"1":[{"call_count":"many"}]}', '{"1":null}'])
def test_usage_that_cannot_be_read_is_none(header: str) -> None:
    assert all(load.percent == 0 for load in read_usage(header).values())


def test_usage_comes_with_the_answer() -> None:
    headers = {"x-app-usage": '{"call_count":81}', "x-business-use-case-usage": '{"1":[{"call_count":96}]}'}
    told = Stand({"data": []}, headers=headers).ask(Ask.NUMBERS)

    assert (told.app_load, told.loads) == (Load(81.0), {"1": Load(96.0)})


@pytest.mark.parametrize(
    ("body", "code", "sentence"),
    [
        ({"error": {"message": "Too many calls", "code": 80007}}, 80007, "Too many calls"),
        ({"error": "Invalid token"}, 0, "Invalid token"),
        ({"message": "Rate limited", "code": 4}, 4, "Rate limited"),
        ({"error": {}}, 0, "HTTP 400"),
        ({"error": {"message": "bad access_token=abc123"}}, 0, "bad access_token=…"),
        (None, 0, "HTTP 400 without JSON"),
    ],
)
def test_an_error_of_any_shape_is_a_value(body: Any, code: int, sentence: str) -> None:
    problem = read_problem(400, body)

    assert problem is not None
    assert (problem.code, problem.sentence) == (code, sentence)


def test_no_answer_is_a_value_too() -> None:
    def breaks(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout(f"cannot reach {request.url}")

    told = _client(breaks).ask(Ask.TOKEN, "")

    assert told.problem is not None
    assert "ConnectTimeout" in told.problem.sentence
    assert TOKEN not in told.problem.sentence


def _client(answer: Callable[[httpx.Request], httpx.Response]) -> GraphClient:
    url = GraphUrl("https://graph.example.test", "v25.0")
    return GraphClient(url, AccessTokens(Secret(TOKEN)), transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b"\xff\xfe", b'{"data": 7}', b'{"data":[null,[],{"id":{}}]}']
)
def test_no_answer_breaks_it(content: bytes) -> None:
    for ask in Ask:
        Stand(content).ask(ask, "" if ask is Ask.TOKEN else APP)


def test_the_token_stands_in_no_address_but_that_which_asks_about_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stand = Stand({"data": []})
    for ask in Ask:
        stand.ask(ask, "" if ask is Ask.TOKEN else APP)

    assert [r.url.path for r in stand.requests if TOKEN in str(r.url)] == ["/v25.0/debug_token"]
    assert TOKEN not in caplog.text
    assert "appsecret" not in caplog.text


def test_real_answers_are_read(shared_corpus: Path) -> None:
    folders = {
        Ask.NUMBERS: "phone_numbers",
        Ask.ACCOUNT: "waba",
        Ask.SUBSCRIBED: "subscribed_apps",
        Ask.TEMPLATES: "message_templates",
        Ask.TOKEN: "debug_token",
    }
    seen = 0
    for ask, folder in folders.items():
        for path in sorted((shared_corpus.parent / "graph" / folder).glob("*.json")):
            seen += len(Stand(path.read_bytes()).ask(ask, "" if ask is Ask.TOKEN else WABA).seen)

    assert seen > 20


def test_every_real_error_is_told(shared_corpus: Path) -> None:
    paths = sorted((shared_corpus.parent / "graph" / "errors").glob("*.json"))
    told = [Stand(path.read_bytes(), status=400).ask(Ask.NUMBERS) for path in paths]

    assert len(told) >= 50
    assert all(each.problem is not None and each.problem.sentence for each in told)
    assert sum(each.problem is not None and each.problem.code > 0 for each in told) > 45


def test_every_real_usage_header_is_read(shared_corpus: Path) -> None:
    paths = (shared_corpus.parent / "graph" / "usage_headers").glob("*.json")
    loads = {path.name: read_usage(path.read_text("utf-8")) for path in paths}

    assert {len(found) for found in loads.values()} == {1}
    assert any(load.percent == 60 for found in loads.values() for load in found.values())


DEAD = {"error": {"message": "Error validating access token", "type": "OAuthException", "code": 190}}


def test_while_a_token_is_changed_the_first_that_meta_takes_is_used() -> None:
    good, bearers = {"older"}, list[str]()

    def answer(request: httpx.Request) -> httpx.Response:
        bearer = request.headers["authorization"].removeprefix("Bearer ")
        bearers.append(bearer)
        return httpx.Response(200, json={"data": []}) if bearer in good else httpx.Response(401, json=DEAD)

    url = GraphUrl("https://graph.example.test", "v25.0")
    both = AccessTokens(Secret("newer"), Secret("older"))
    client = GraphClient(url, both, transport=httpx.MockTransport(answer))

    assert client.ask(Ask.NUMBERS, WABA).problem is None, "it was asked again with the other one, at once"
    assert client.ask(Ask.NUMBERS, WABA).problem is None
    assert bearers == ["newer", "older", "older"]

    (seen,) = client.ask(Ask.TOKEN, "").seen
    assert seen.values == {"valid": "false"}, "the one that is wanted does not work, and that is told"
    good.add("newer")
    good.remove("older")
    bearers.clear()
    client.ask(Ask.TOKEN, "")
    assert client.ask(Ask.NUMBERS, WABA).problem is None
    assert bearers == ["newer", "newer"]


def test_when_all_tokens_are_refused_that_is_the_answer() -> None:
    client = GraphClient(
        GraphUrl("https://graph.example.test", "v25.0"),
        AccessTokens(Secret("newer"), Secret("older")),
        transport=httpx.MockTransport(lambda _: httpx.Response(401, json=DEAD)),
    )

    for _ in range(2):
        problem = client.ask(Ask.NUMBERS, WABA).problem
        assert problem is not None
        assert problem.code == 190
