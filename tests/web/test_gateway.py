"""The gateway changes nothing on the way to Meta and back."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.gateway import ACCEPTED, SEND, TEXT, TOKEN, WAMID, Stage, exchange, hang_up, play, request
from tests.support.upstream import Packet, answering, json_answer

from wabawatch.domain.facts import CallKind, SendOutcome


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (
            "GET /graph/v25.0/1?fields=a%2Cb&x=1&&x=2+3&e=%C3%A9&q='",
            b"GET /v25.0/1?fields=a%2Cb&x=1&&x=2+3&e=%C3%A9&q='",
        ),
        ("GET /graph/v19.0/a%2Fb//c/../d;e=1", b"GET /v19.0/a%2Fb//c/../d;e=1"),
        ("DELETE /graph/106?recover=%zz", b"DELETE /106?recover=%zz"),
        ("PATCH /graph/", b"PATCH /"),
        ("GET /graph/v25.0/upload:MTph?sig=ARb_%2B", b"GET /v25.0/upload:MTph?sig=ARb_%2B"),
    ],
)
def test_method_path_and_query_stay_as_they_are(tmp_path: Path, given: str, seen: bytes) -> None:
    sent, _ = exchange(tmp_path, request(given), json_answer(b"{}"))

    assert sent.line == seen + b" HTTP/1.1"


def test_headers_go_on_in_order_and_only_those_of_the_connection_stay(tmp_path: Path) -> None:
    given = ["Authorization: Bearer EAAsecret", "X-A: 1", "X-B: two", "X-A: 3", "User-Agent: pywa/4", "X-C: caf\u00e9"]
    ours = ["Connection: keep-alive, X-Hop", "X-Hop: 1", "TE: trailers", "X-Wabawatch-User: u1", "X-Wabawatch-Lead: l"]
    sent, _ = exchange(tmp_path, request("GET /graph/v25.0/1", b"", *given, *ours), json_answer(b"{}"))

    names = [(name.lower().decode(), value.decode()) for name, value in sent.headers]
    assert [name for name, _ in names] == ["host", "authorization", "x-a", "x-b", "x-a", "user-agent", "x-c"]
    assert [value for name, value in names if name == "x-a"] == ["1", "3"]


def test_the_answer_comes_back_with_status_headers_and_bytes(tmp_path: Path) -> None:
    more = [
        b'X-App-Usage: {"call_count":1}',
        b"Set-Cookie: a=1",
        b"Set-Cookie: b=2",
        b"Date: Thu, 01 Jan 2026 00:00:00 GMT",
    ]
    _, back = exchange(tmp_path, request("GET /graph/v25.0/1"), json_answer(b'{"a": 1}\n', b"418 I'm a teapot", *more))

    assert back.line.split()[1] == b"418"
    assert back.body == b'{"a": 1}\n'
    assert back.named(b"set-cookie") == [b"a=1", b"b=2"]
    assert back.named(b"date") == [b"Thu, 01 Jan 2026 00:00:00 GMT"]
    assert back.named(b"x-app-usage") == [b'{"call_count":1}']
    assert not back.named(b"server")


def test_a_compressed_answer_stays_compressed(tmp_path: Path) -> None:
    packed = gzip.compress(b'{"data":[]}')
    asked, back = exchange(
        tmp_path,
        request("GET /graph/v25.0/1", b"", "Accept-Encoding: gzip"),
        json_answer(packed, b"200 OK", b"Content-Encoding: gzip"),
    )

    assert asked.named(b"accept-encoding") == [b"gzip"]
    assert (back.body, back.named(b"content-encoding")) == (packed, [b"gzip"])


@pytest.mark.parametrize(
    ("line", "answer", "status"),
    [
        ("HEAD /graph/v25.0/1", b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", b"200"),
        ("GET /graph/v25.0/1", b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n", b"204"),
        ("GET /graph/v25.0/1", b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 12\r\n\r\n', b"304"),
        ("DELETE /graph/v25.0/1", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"200"),
        (
            "GET /graph/v25.0/1",
            b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n",
            b"302",
        ),
    ],
)
def test_answers_without_a_body(tmp_path: Path, line: str, answer: bytes, status: bytes) -> None:
    _, back = exchange(tmp_path, request(line), answer, has_body=False)

    assert back.line.split()[1] == status


def test_a_chunked_answer_of_unknown_length_comes_through(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"

    _, back = exchange(tmp_path, request("GET /graph/v25.0/1"), answer)

    assert back.body == b"abcde"


def test_a_chunked_request_comes_through(tmp_path: Path) -> None:
    raw = request("POST /graph/v25.0/1/media", b"", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"

    seen, _ = exchange(tmp_path, raw, json_answer(b'{"id":"1"}'))

    assert (seen.body, seen.named(b"content-length")) == (b"abcde", [])


@pytest.mark.parametrize("body", [b"\xff\xfe not JSON", b"{", b"[]", b"", b'{"to":1}', b"x" * (2 << 20)])
def test_a_send_with_a_bad_body_is_passed_on_all_the_same(tmp_path: Path, body: bytes) -> None:
    error = b'{"error":{"message":"(#100) Invalid parameter","type":"OAuthException","code":100}}'

    seen, back = exchange(tmp_path, request(SEND, body), json_answer(error, b"400 Bad Request"))

    assert (seen.body, back.body, back.line.split()[1]) == (body, error, b"400")


def test_a_send_is_recorded_with_what_meta_said_of_it(tmp_path: Path) -> None:
    body = json.dumps(
        {
            "messaging_product": "whatsapp",
            "to": "+1 555 123-4567",
            "type": "template",
            "template": {"name": "hello_world", "language": {"code": "en_US"}},
            "biz_opaque_callback_data": "campaign 7",
        }
    ).encode()
    ours = ["X-Wabawatch-User: user-1", "X-Wabawatch-Lead: lead-1", "X-Wabawatch-Conversation: c1", TOKEN]

    async def act(stage: Stage) -> Any:
        await stage.ask(request(SEND, body, *ours))
        return (await stage.calls(1))[0]

    call = play(tmp_path, answering(json_answer(ACCEPTED, b"200 OK", b'X-App-Usage: {"call_count":7}')), act)

    assert (call.kind, call.http_status, call.node, call.usage) == (
        CallKind.SEND,
        200,
        "106540352242922",
        '{"x-app-usage":{"call_count":7}}',
    )
    send = call.send
    assert (send.wamid, send.outcome, send.person.phone) == (WAMID, SendOutcome.ACCEPTED, "15551234567")
    assert (send.template.name, send.template.language, send.type) == ("hello_world", "en_US", "template")
    assert (send.user_id, send.lead_id, send.conversation_id, send.opaque) == ("user-1", "lead-1", "c1", "campaign 7")


@pytest.mark.parametrize(
    ("line", "body"),
    [
        (SEND, b'{"messaging_product":"whatsapp","status":"read","message_id":"wamid.X"}'),
        (SEND, b'{"messaging_product":"whatsapp","status":"read","to":"1555","typing_indicator":{"type":"text"}}'),
        ("POST /graph/v25.0/106540352242922/media", TEXT),
        ("GET /graph/v25.0/106540352242922/messages?to=1555", b""),
        (SEND + "/more", TEXT),
    ],
)
def test_what_is_no_send_is_an_api_call(tmp_path: Path, line: str, body: bytes) -> None:
    async def act(stage: Stage) -> Any:
        await stage.ask(request(line, body))
        return (await stage.calls(1))[0]

    call = play(tmp_path, answering(json_answer(b'{"success":true}')), act)

    assert (call.kind, call.send) == (CallKind.OTHER, None)


def test_the_token_of_the_caller_is_neither_kept_nor_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def act(stage: Stage) -> Any:
        await stage.ask(request(SEND + "?access_token=EAAquery", TEXT, TOKEN))
        await stage.calls(1)
        return stage.inbox.bodies[0].content

    caplog.set_level("DEBUG")
    content = play(tmp_path, answering(json_answer(ACCEPTED)), act)

    assert b"EAA" not in content
    assert "EAA" not in caplog.text


def test_a_closed_port_gives_502_in_metas_shape(tmp_path: Path) -> None:
    async def act(stage: Stage) -> Any:
        return await stage.ask(request(SEND, TEXT, TOKEN)), (await stage.calls(1))[0]

    back, call = play(tmp_path, answering(b""), act, base="http://127.0.0.1:1")

    error = json.loads(back.body)["error"]
    assert back.line.split()[1] == b"502"
    assert error["message"].startswith("wabawatch: the Graph API was not reached: no connection")
    assert (error["code"], error["is_transient"]) == (2, True)
    assert (call.http_status, call.send.outcome) == (0, SendOutcome.UNKNOWN)


def test_an_upstream_that_says_nothing_gives_504(tmp_path: Path) -> None:
    async def silent(_seen: Packet, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async def act(stage: Stage) -> Any:
        return await stage.ask(request("GET /graph/v25.0/1"))

    back = play(tmp_path, silent, act, read_s=0.1)

    assert back.line.split()[1] == b"504"


def test_an_answer_that_breaks_off_breaks_off_for_the_caller_and_its_outcome_is_unknown(tmp_path: Path) -> None:
    async def half(_seen: Packet, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(json_answer(ACCEPTED)[:-20])
        await writer.drain()
        writer.close()

    async def act(stage: Stage) -> Any:
        with pytest.raises(asyncio.IncompleteReadError):
            await stage.ask(request(SEND, TEXT))
        return (await stage.calls(1))[0]

    call = play(tmp_path, half, act)

    assert (call.http_status, call.send.outcome, call.send.wamid) == (0, SendOutcome.UNKNOWN, "")


def test_a_client_that_goes_away_ends_the_call_to_meta(tmp_path: Path) -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def waiting(_seen: Packet, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        asked.set()
        assert await reader.read(1) == b""
        ended.set()

    async def act(stage: Stage) -> list[Any]:
        _, writer = await stage.open()
        writer.write(request("GET /graph/v25.0/1"))
        await asked.wait()
        await hang_up(writer)
        await ended.wait()
        return stage.inbox.bodies

    assert play(tmp_path, waiting, act) == []


def test_a_client_that_breaks_off_its_request_breaks_off_the_one_to_meta(tmp_path: Path) -> None:
    async def act(stage: Stage) -> tuple[int, int]:
        _, writer = await stage.open()
        writer.write(request("POST /graph/v25.0/1/media", b"x" * 100)[:-50])
        await writer.drain()
        await asyncio.sleep(0.05)
        await hang_up(writer)
        while not stage.meta.cut_off:
            await asyncio.sleep(0.001)
        return len(stage.meta.seen), stage.gateway.counted.failed

    assert play(tmp_path, answering(b""), act) == (0, 0)


def test_a_send_whose_client_goes_away_is_recorded_all_the_same(tmp_path: Path) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_seen: Packet, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await go_on.wait()
        writer.write(json_answer(ACCEPTED))

    async def act(stage: Stage) -> Any:
        _, writer = await stage.open()
        writer.write(request(SEND, TEXT))
        await asked.wait()
        await hang_up(writer)
        await asyncio.sleep(0.05)
        go_on.set()
        return (await stage.calls(1))[0]

    assert play(tmp_path, slow, act).send.wamid == WAMID


def test_connections_to_meta_are_used_again(tmp_path: Path) -> None:
    async def act(stage: Stage) -> int:
        for _ in range(5):
            await stage.ask(request(SEND, TEXT))
        return stage.meta.connections

    assert play(tmp_path, answering(json_answer(ACCEPTED)), act) == 1


@pytest.mark.parametrize("where", ["before", "while"])
def test_while_the_store_is_away_no_send_fails_and_no_record_is_lost(tmp_path: Path, where: str) -> None:
    async def act(stage: Stage) -> Any:
        stage.inbox.is_away = where == "before"
        answers = [await stage.ask(request(SEND, TEXT)) for _ in range(3)]
        stage.inbox.is_away = True
        answers += await asyncio.gather(*(stage.ask(request(SEND, TEXT)) for _ in range(20)))
        while stage.spool.is_empty():
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.1)
        stage.inbox.is_away = False
        stage.spool.drain(stage.inbox.append_all)
        return answers, await stage.calls(23), stage.spool.lost

    answers, calls, lost = play(tmp_path, answering(json_answer(ACCEPTED)), act)

    assert {answer.line.split()[1] for answer in answers} == {b"200"}
    assert (len(calls), len({call.send.local_id for call in calls}), lost) == (23, 23, 0)
