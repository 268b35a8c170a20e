"""The HTTP API: every mistake gets an answer that names it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.api_desk import LOCAL, NOW, SEND, TOKENS, WAMID, Desk, problem
from tests.support.asgi import Answer, Request

from wabawatch.domain.errors import StoreUnavailable


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.system.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for many questions, each of which looks at its own answer only."""
    desk = Desk(tmp_path_factory.mktemp("shared"))
    yield desk
    desk.system.close()


ROUTES = [
    ("POST", "/messages"),
    ("POST", f"/messages/{LOCAL}/status"),
    ("GET", "/status"),
    ("GET", "/metrics"),
    ("POST", "/monitoring/start"),
    ("GET", "/messages"),
    ("GET", f"/messages/{LOCAL}"),
]
HEADERS = [b"", b"Bearer", b"Bearer ", b"Bearer wrong", b"Bearer first", b"Basic first token", b"first token", b"\xff"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("header", HEADERS, ids=repr)
def test_without_a_valid_token_nothing_is_open(shared: Desk, method: str, path: str, header: bytes) -> None:
    newest = shared.system.inbox.newest()
    headers = ((b"authorization", header),) if header else ()

    answer = shared.send(Request(method, f"/api/v1{path}", (json.dumps(SEND).encode(),), headers))

    assert problem(answer)[:2] == (401, "not_allowed")
    assert answer.headers[b"www-authenticate"] == b"Bearer"
    assert shared.system.inbox.newest() == newest


@pytest.mark.parametrize("token", TOKENS)
def test_every_token_opens_it(shared: Desk, token: str) -> None:
    assert shared.ask("GET", "/status", token=token).status == 200


def test_while_no_token_is_set_the_api_stays_closed_and_says_how_to_open_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, WABAWATCH_API_TOKEN="")
    answer = desk.ask("GET", "/status", token="")
    desk.system.close()

    assert answer.status == 401
    assert "WABAWATCH_API_TOKEN" in problem(answer)[2]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({}, "phone_number"),
        ({"phone_number": ""}, "phone_number"),
        ({"phone_number": "abc"}, "phone_number"),
        ({"phone_number": "1"}, "phone_number"),
        ({"phone_number": 15550101001}, "phone_number"),
        (SEND | {"phone": "x"}, "phone"),
        (SEND | {"user_id": 7}, "user_id"),
        (SEND | {"user_id": "a\0b"}, "user_id"),
        (SEND | {"user_id": "x" * 1_001}, "user_id"),
        (SEND | {"message_id": "wamid.\0"}, "message_id"),
        (SEND | {"local_id": "7"}, "local_id"),
        (SEND | {"direction": "sideways"}, "sideways"),
        (SEND | {"direction": "inbound"}, "message_id"),
        (SEND | {"template_language": "en"}, "template_name"),
        (SEND | {"outcome": "maybe"}, "maybe"),
        (SEND | {"at": "yesterday"}, "at"),
        (SEND | {"at": "2026-11-20T12:00:00"}, "at"),
        (SEND | {"at": -1}, "at"),
        (SEND | {"at": 2**53}, "at"),
        (SEND | {"at": 1.5}, "at"),
        (SEND | {"at": True}, "at"),
        (SEND | {"error": 131026}, "error"),
        (SEND | {"error": {}}, "code"),
        (SEND | {"error": {"code": "131026"}}, "error.code"),
        (SEND | {"error": {"code": 2**63}}, "error.code"),
        (SEND | {"error": {"code": 1, "error_subcode": -(10**30)}}, "error.error_subcode"),
        (SEND | {"eror": {"code": 1}}, "eror: there is no such member; did you mean error?"),
        ([], "object"),
        (None, "object"),
        ("text", "object"),
    ],
    ids=lambda value: repr(value)[-40:],
)
def test_a_send_that_cannot_be_logged_names_the_field(shared: Desk, content: object, named: str) -> None:
    newest = shared.system.inbox.newest()

    status, code, detail = problem(shared.post("/messages", content))

    assert (status, code) == (422, "bad_request")
    assert named in detail
    assert shared.system.inbox.newest() == newest


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\x00", b"\xff", b'{"phone_number":"\xff"}', b'{"phone_number":"\\ud800"}', b"[" * 100_000, b"{} {}"],
    ids=lambda content: repr(content[:20]),
)
def test_what_is_no_json_is_refused(shared: Desk, content: bytes) -> None:
    for path in ("/messages", f"/messages/{LOCAL}/status"):
        assert problem(shared.ask("POST", path, content))[:2] == (422, "bad_request")


@pytest.mark.parametrize(
    ("path", "content", "named"),
    [
        (f"/messages/{LOCAL}/status", {}, "status"),
        (f"/messages/{LOCAL}/status", {"status": "lost"}, "lost"),
        (f"/messages/{LOCAL}/status", {"status": "sent", "at": "?"}, "at"),
        (f"/messages/{LOCAL}/status", {"status": "sent", "wamid": 7}, "wamid"),
        (f"/messages/{LOCAL}/status", {"status": "sent", "colour": "red"}, "colour"),
        ("/messages//status", {"status": "sent"}, "id"),
        ("/monitoring/pause", None, "pause"),
    ],
)
def test_a_status_that_cannot_be_logged_names_the_field(shared: Desk, path: str, content: object, named: str) -> None:
    status, code, detail = problem(shared.post(path, content))

    assert (status, code) == (422, "bad_request")
    assert named in detail


@pytest.mark.parametrize("hours", ["-1", "1.5", "ten", "", "+1", " 1", "0x10", "87841", "9" * 5_000, "²", "%00"])
def test_hours_that_are_no_number_of_hours_are_refused(shared: Desk, hours: str) -> None:
    for path in ("/status", "/metrics"):
        status, _, detail = problem(shared.ask("GET", path, query=f"hours={hours}"))
        assert status == 422
        assert "hours" in detail


def test_a_body_above_the_limit_is_refused_in_chunks_too(shared: Desk) -> None:
    whole = Request("POST", "/api/v1/messages", (b" " * (1 << 20), b" "), ((b"authorization", b"Bearer first token"),))

    assert problem(shared.send(whole))[:2] == (413, "too_large")


def test_a_client_that_breaks_off_is_no_error_of_ours(shared: Desk) -> None:
    request = Request("POST", "/api/v1/messages", (b"{",), ((b"authorization", b"Bearer first token"),))
    newest = shared.system.inbox.newest()

    shared.send(replace(request, breaks_off=True))

    assert shared.system.inbox.newest() == newest


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("POST", "/", 404), ("DELETE", "/status", 405), ("PUT", "/messages", 405)],
)
def test_other_paths_and_methods_are_problems_too(shared: Desk, method: str, path: str, status: int) -> None:
    assert problem(shared.ask(method, path))[0] == status


@pytest.mark.parametrize("word", ["\n", "x\n", "a\nb", "a/b", "", "\u2028"])
def test_a_member_of_a_path_may_hold_any_character(shared: Desk, word: str) -> None:
    assert problem(shared.post(f"/monitoring/{word}"))[0] == 422
    assert shared.post(f"/messages/x{word}y/status", {"status": "sent"}).status == 202


def test_a_full_disk_is_503_and_says_when_to_come_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path, WABAWATCH_FREE_SPACE_RESERVE=str(10**15))
    answer = desk.post("/messages", SEND)
    desk.system.close()

    assert problem(answer)[:2] == (503, "unavailable")
    assert answer.headers[b"retry-after"] == b"10"


def test_a_database_that_does_not_answer_is_503(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: object, _window: object) -> None:
        raise StoreUnavailable("the database does not answer")

    monkeypatch.setattr(type(desk.system.figures), "bodies", broken)

    assert problem(desk.ask("GET", "/status"))[:2] == (503, "unavailable")


TEXTS = (
    st.none() | st.text(st.characters(), max_size=8) | st.integers() | st.sampled_from([WAMID, LOCAL, "+15550101001"])
)
WORDS = (
    *("bsuid", "group", "template_name", "template_language", "user_id", "lead_id", "conversation_id"),
    *("message_id", "local_id", "phone_number_id", "type", "category"),
)
FIELDS = {
    **dict.fromkeys(WORDS, TEXTS),
    "phone_number": st.just("+15550101001") | TEXTS,
    "direction": st.sampled_from(["outbound", "inbound"]),
    "at": st.none() | st.integers() | st.datetimes().map(lambda at: at.isoformat() + "Z"),
    "outcome": st.sampled_from([None, "accepted", "rejected", "unknown"]),
    "error": st.none() | st.fixed_dictionaries({"code": st.integers()}, optional={"title": TEXTS, "details": TEXTS}),
}
STATUS = st.sampled_from(["sent", "delivered", "read", "played", "failed", "lost"])


@given(
    send=st.fixed_dictionaries({}, optional=FIELDS),
    told=st.fixed_dictionaries(
        {"status": STATUS}, optional={"wamid": TEXTS, "at": FIELDS["at"], "error": FIELDS["error"]}
    ),
    id_=st.sampled_from([WAMID, LOCAL]) | st.text(max_size=8),
)
def test_whatever_is_accepted_can_be_digested(shared: Desk, send: object, told: object, id_: str) -> None:
    before = shared.set_aside()

    answers = shared.post("/messages", send), shared.post(f"/messages/{id_}/status", told)

    assert {answer.status for answer in answers} <= {202, 404, 422}
    shared.system.drain()
    assert shared.set_aside() == before


def errors(answer: Answer) -> list[tuple[str, str]]:
    return [(each["field"], each.get("pointer", "")) for each in json.loads(answer.body)["errors"]]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (SEND | {"user_id": 7}, ("user_id", "/user_id")),
        (SEND | {"error": {"code": "131026"}}, ("error.code", "/error/code")),
        (SEND | {"error": {}}, ("error.code", "/error/code")),
        (SEND | {"phone": "x"}, ("phone", "/phone")),
        (SEND | {"at": "yesterday"}, ("at", "/at")),
        ({"user_id": "u"}, ("phone_number", "/phone_number")),
        (SEND | {"error": [{"code": 1}, {}]}, ("error.1.code", "/error/1/code")),
    ],
    ids=repr,
)
def test_a_problem_points_to_the_field(shared: Desk, content: object, named: tuple[str, str]) -> None:
    assert errors(shared.post("/messages", content)) == [named]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("hour=1", "did you mean hours?"),
        ("hours=1&hours=2", "given 2 times"),
        ("hours=null", "leave the parameter out"),
        ("hours=-1", "hours: give a whole number from 0 up"),
        ("hours=x", "hours: give a whole number"),
    ],
)
def test_a_wrong_parameter_is_named(shared: Desk, query: str, said: str) -> None:
    answer = shared.ask("GET", "/status", query=query)

    assert answer.status == 422
    assert said in json.loads(answer.body)["detail"]
    assert errors(answer)[0][0] in {"hour", "hours"}


def test_another_kind_of_body_is_refused_with_the_kind_it_takes(shared: Desk) -> None:
    bearer = (b"authorization", b"Bearer first token")
    form = Request("POST", "/api/v1/messages", (b"a=b",), (bearer, (b"content-type", b"application/x-www-form")))

    status, code, detail = problem(shared.send(form))

    assert (status, code) == (415, "unsupported_media_type")
    assert "application/json" in detail


@pytest.mark.parametrize("path", ["/status", f"/messages/{LOCAL}/status"])
def test_a_method_that_a_path_does_not_have_is_told_those_it_has(shared: Desk, path: str) -> None:
    answer = shared.ask("DELETE", path)

    assert problem(answer)[:2] == (405, "method_not_allowed")
    assert answer.headers[b"allow"] in {b"GET", b"POST"}


def test_a_token_that_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path, WABAWATCH_API_RATE_LIMIT="2")
    first, _, third = (desk.ask("GET", "/status") for _ in range(3))
    other = desk.ask("GET", "/status", token=TOKENS[1])
    desk.clock.turn_to(NOW + 30_000)
    later = desk.ask("GET", "/status")
    desk.system.close()

    assert [each.status for each in (first, third, other, later)] == [200, 429, 200, 200]
    assert first.headers[b"ratelimit-policy"] == b'"token";q=2;w=60'
    assert first.headers[b"ratelimit"] == b'"token";r=1;t=30'
    assert third.headers[b"retry-after"] == b"30"
    assert third.headers[b"ratelimit"] == b'"token";r=0;t=60'


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/messages/wamid.none", b"", 404),
        ("GET", "/messages?limit=0", b"", 422),
        ("POST", "/messages", b"{}", 422),
        ("POST", "/messages", b"", 422),
    ],
)
def test_a_problem_says_too_how_many_requests_are_left(
    shared: Desk, method: str, path: str, content: bytes, status: int
) -> None:
    where, _, query = path.partition("?")
    answer = shared.ask(method, where, content, query=query)

    assert (answer.status, answer.headers[b"ratelimit-policy"]) == (status, b'"token";q=6000;w=60')
    assert answer.headers[b"ratelimit"].startswith(b'"token";r=')


def test_who_is_not_let_in_is_not_told_what_others_have_left(shared: Desk) -> None:
    assert b"ratelimit" not in shared.ask("GET", "/status", token="wrong").headers
