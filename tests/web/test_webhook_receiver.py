"""The webhook receiver: 200 means kept, byte for byte; everything else means that nothing was kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.asgi import Answer, Request, ask, converse
from tests.support.receiver import (
    BODY,
    LIMIT,
    NEW,
    NOW,
    OLD,
    RING,
    SHOP,
    Desk,
    a_desk,
    handshake,
    post,
    with_headers,
)

from wabawatch.domain.synthetic import is_event, make_event
from wabawatch.flows.ingest import Admission, Handshakes
from wabawatch.meta.signature import sign
from wabawatch.ports import Body, BodyKind, BodySource
from wabawatch.storage.inbox import SqliteInbox
from wabawatch.web.webhook import PATH, make_receiver


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.inbox.close()


def test_a_signed_body_is_kept_as_it_came(desk: Desk) -> None:
    answer = desk.ask(post())

    assert (answer.status, answer.body, answer.is_complete) == (200, b"ok", True)
    assert desk.kept() == [
        Body(BodyKind.WEBHOOK, NOW, BODY, "", BodySource.LIVE, signature=sign(BODY, OLD)),
    ]


def test_the_answer_leaves_after_the_body_is_kept(desk: Desk) -> None:
    order: list[str] = []

    class Watched:
        async def append(self, body: Body) -> int:
            number = await desk.inbox.append(body)
            order.append("kept")
            return number

    async def send(message: Any) -> None:
        order.append(message["type"])

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    receiver = make_receiver(**(desk.parts() | {"inbox": Watched()}))
    asyncio.run(receiver(post().scope(), receive, send))

    assert order == ["kept", "http.response.start", "http.response.body"]


@pytest.mark.parametrize(("path", "secret"), [(PATH, OLD), (PATH, NEW), (f"{PATH}/", NEW), (f"{PATH}/shop/", SHOP)])
def test_every_secret_of_the_app_at_the_path_is_good(desk: Desk, path: str, secret: bytes) -> None:
    assert desk.ask(post(path=path, secret=secret)).status == 200

    assert [body.app for body in desk.kept()] == ["shop" if "shop" in path else ""]


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (post(secret=SHOP), Admission.BAD_SIGNATURE),
        (post(path=f"{PATH}/shop"), Admission.BAD_SIGNATURE),
        (with_headers(post()), Admission.UNSIGNED),
        (with_headers(post(), (b"x-hub-signature", b"sha1=00")), Admission.UNSIGNED),
        (with_headers(post(), (b"x-hub-signature-256", b"\xff\x00")), Admission.BAD_SIGNATURE),
        (with_headers(post(), (b"x-hub-signature-256", sign(BODY + b" ", OLD).encode())), Admission.BAD_SIGNATURE),
        (post(path=f"{PATH}/bare"), Admission.NO_SECRET),
    ],
)
def test_a_wrong_or_missing_signature_is_401_and_nothing_is_kept(desk: Desk, request_: Request, why: Admission) -> None:
    answer = desk.ask(request_)

    assert answer.status == 401
    assert desk.kept() == []
    assert desk.refused(request_.path.removeprefix(PATH).strip("/")) == {why: 1}


def test_unsigned_bodies_come_in_only_where_there_is_no_secret_and_that_is_allowed() -> None:
    with a_desk(allow_unsigned=True) as desk:
        assert desk.ask(with_headers(post(path=f"{PATH}/bare"))).status == 200
        assert desk.ask(with_headers(post())).status == 401

        assert [(body.app, body.signature) for body in desk.kept()] == [("bare", "")]


def test_a_body_in_many_chunks_is_one_body(desk: Desk) -> None:
    assert desk.ask(post(chunks=len(BODY))).status == 200

    assert [body.content for body in desk.kept()] == [BODY]


@pytest.mark.parametrize("chunks", [1, 7])
def test_a_body_of_exactly_the_limit_is_kept(desk: Desk, chunks: int) -> None:
    request = post(b"x" * LIMIT, chunks=chunks)
    request = replace(request, headers=(*request.headers, (b"content-length", b"%d" % LIMIT)))

    assert desk.ask(request).status == 200
    assert len(desk.kept()) == 1


@pytest.mark.parametrize("chunks", [1, 7])
@pytest.mark.parametrize("declared", [b"", b"%d" % (LIMIT + 1), b"10", b"-1", b"many", b"9" * 5_000, b"\xb2"])
def test_one_byte_over_the_limit_is_413_whatever_was_declared(desk: Desk, chunks: int, declared: bytes) -> None:
    request = post(b"x" * (LIMIT + 1), chunks=chunks)
    lengths = ((b"content-length", declared),) if declared else ()

    answer = desk.ask(replace(request, headers=request.headers + lengths))

    assert (answer.status, answer.headers[b"connection"], answer.is_complete) == (413, b"close", True)
    assert desk.kept() == []
    assert desk.refused() == {Admission.TOO_LARGE: 1}


def test_a_declared_size_over_the_limit_is_answered_before_the_body_comes(desk: Desk) -> None:
    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async def receive() -> dict[str, Any]:
        assert sent == ["http.response.start", "http.response.body"]
        return {"type": "http.disconnect"}

    scope = Request("POST", PATH, headers=((b"content-length", b"5000000"),)).scope()
    asyncio.run(desk.receiver(scope, receive, send))

    assert sent == ["http.response.start", "http.response.body", "http.response.body"]


def test_a_body_without_end_is_not_read_for_ever(desk: Desk) -> None:
    answer = desk.ask(replace(post(), chunks=(b"x" * (1 << 20),) * 50))

    assert (answer.status, answer.is_complete) == (413, True)
    assert answer.unread == 50 - 1 - 16


def test_a_declared_size_larger_than_the_body_changes_nothing(desk: Desk) -> None:
    request = post()

    answer = desk.ask(replace(request, headers=(*request.headers, (b"content-length", b"%d" % LIMIT))))

    assert answer.status == 200
    assert [body.content for body in desk.kept()] == [BODY]


def test_a_sender_that_goes_away_in_the_middle_leaves_nothing(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    answer = desk.ask(replace(post(chunks=3), breaks_off=True))

    assert answer.status == 0
    assert desk.kept() == []
    assert desk.refused() == {Admission.BROKEN_OFF: 1}
    assert caplog.records == []


def test_a_body_that_stops_coming_is_given_up() -> None:
    with a_desk(read_timeout_s=0.01) as desk:
        answer = desk.ask(replace(post(chunks=3), hangs=True))

        assert (answer.status, answer.headers[b"connection"]) == (408, b"close")
        assert desk.kept() == []
        assert desk.refused() == {Admission.TOO_SLOW: 1}


def test_a_sender_that_does_not_wait_for_its_answer_is_no_error(desk: Desk) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: Any) -> None:
        raise OSError("the client is gone")

    asyncio.run(desk.receiver(post().scope(), receive, send))

    assert [body.content for body in desk.kept()] == [BODY]
    assert desk.acks.totals()[""].accepted == 1


def test_a_full_disk_is_503_with_a_time_to_come_back(tmp_path: Path) -> None:
    inbox = SqliteInbox(tmp_path / "full.sqlite", RING, reserve_bytes=1 << 62)
    with a_desk(inbox=inbox) as desk:
        answer = desk.ask(post())

        assert (answer.status, answer.headers[b"retry-after"]) == (503, b"30")
        assert inbox.read(0, 1) == []
        assert desk.refused() == {Admission.UNAVAILABLE: 1}
    inbox.close()


def test_a_closed_inbox_is_503(desk: Desk) -> None:
    desk.inbox.close()

    assert desk.ask(post()).status == 503


def test_a_bug_behind_the_door_is_500_and_does_not_raise(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        async def append(self, body: Body) -> int:
            raise ZeroDivisionError

    with a_desk(inbox=Broken()) as desk:
        assert desk.ask(post()).status == 500
        assert desk.refused() == {Admission.FAILED: 1}

    assert [vars(record)["action"] for record in caplog.records] == ["webhook.bug"]


@pytest.mark.parametrize("body", [b"", b"\x00", b"{", b"[[[", b"\xff\xfe", b'{"object":"page"}'])
def test_a_body_that_cannot_be_parsed_is_accepted_all_the_same(desk: Desk, body: bytes) -> None:
    assert desk.ask(post(body)).status == 200

    assert [each.content for each in desk.kept()] == [body]


def test_the_handshake_gives_the_bare_challenge_back(desk: Desk) -> None:
    answer = desk.ask(handshake())

    assert (answer.status, answer.body) == (200, b"42")
    assert answer.headers[b"content-type"].startswith(b"text/plain")


def test_each_app_has_its_own_verify_token(desk: Desk) -> None:
    query = b"hub_mode=subscribe&hub_verify_token=shop%20token&hub_challenge=%C3%A9"

    assert desk.ask(handshake(f"{PATH}/shop", query)).body == "é".encode()
    assert desk.ask(handshake(PATH, query)).status == 403
    assert desk.ask(handshake(f"{PATH}/shop")).status == 403
    assert desk.ask(handshake(f"{PATH}/bare")).status == 403
    assert desk.ask(handshake(f"{PATH}/other")).status == 404


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "post", "BREW"])
def test_other_methods_are_405(desk: Desk, method: str) -> None:
    answer = desk.ask(replace(post(), method=method))

    assert (answer.status, answer.headers[b"allow"]) == (405, b"GET, POST")
    assert answer.headers[b"content-length"] == b"%d" % len(answer.body)
    assert desk.kept() == []


def test_an_unknown_app_is_404_and_its_name_is_not_remembered(desk: Desk) -> None:
    assert desk.ask(post(path=f"{PATH}/made-up")).status == 404

    assert desk.kept() == []
    assert desk.refused() == {Admission.UNKNOWN_APP: 1}
    assert "made-up" not in desk.acks.totals()


@pytest.mark.parametrize("path", [PATH, f"{PATH}/", f"{PATH}/shop", f"{PATH}/shop/"])
def test_its_paths_are_its_own(desk: Desk, path: str) -> None:
    assert desk.receiver.matches(path)


@pytest.mark.parametrize(
    "path", ["/", "/webhooks", f"{PATH}s", f"{PATH}//", f"{PATH}/a/b", f"{PATH}//shop", f"/x{PATH}"]
)
def test_other_paths_are_not(desk: Desk, path: str) -> None:
    assert not desk.receiver.matches(path)
    assert desk.ask(post(path=path)).status == 404


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_what_is_not_http_ends_quietly(desk: Desk, kind: str) -> None:
    assert desk.ask(replace(post(), kind=kind)).status == 0


def test_answer_times_are_counted(desk: Desk) -> None:
    class Slow:
        async def append(self, body: Body) -> int:
            desk.timer.now += 0.2
            return 1

    ask(make_receiver(**(desk.parts() | {"inbox": Slow()})), post())

    [((minute, app), tally)] = desk.acks.drain().items()
    assert (minute, app) == (NOW - NOW % 60_000, "")
    [bucket] = tally.ack_ms
    assert 1.04 ** (bucket - 1) < 200 <= 1.04**bucket


def test_refusals_are_one_line_in_ten_seconds_with_their_number(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    for pause_s in (0, 1, 8.9, 0.2, 0, 10):
        desk.timer.now += pause_s
        desk.ask(post(secret=SHOP))

    assert [(record.levelno, vars(record)["action"], vars(record)["count"]) for record in caplog.records] == [
        (logging.WARNING, "webhook.refused", 1),
        (logging.WARNING, "webhook.refused", 3),
        (logging.WARNING, "webhook.refused", 2),
    ]


@pytest.mark.parametrize(
    "request_",
    [
        post(secret=SHOP),
        with_headers(post()),
        post(path=f"{PATH}/15550001111"),
        handshake(query=b"hub.verify_token=guess"),
    ],
)
def test_the_log_shows_no_body_token_signature_or_made_up_name(
    desk: Desk, caplog: pytest.LogCaptureFixture, request_: Request
) -> None:
    desk.ask(request_)

    [record] = caplog.records
    said = record.getMessage() + str(vars(record))
    assert not [word for word in ("whatsapp_business", "guess", "sha256=", "15550001111") if word in said]


def test_bodies_that_come_together_are_all_kept(desk: Desk) -> None:
    async def storm() -> list[Answer]:
        bodies = [b'{"n":%d}' % number for number in range(300)]
        return await asyncio.gather(*(converse(desk.receiver, post(body, chunks=2)) for body in bodies))

    answers = asyncio.run(storm())

    assert {answer.status for answer in answers} == {200}
    assert desk.inbox.waiting(0) == 300


def test_a_test_event_of_our_own_is_kept_as_such_and_counted_nowhere(tmp_path: Path) -> None:
    key = b"k" * 32
    event = make_event(key, "ab" * 16, NOW)
    desk = Desk(tmp_path, is_synthetic=lambda body: is_event([key], body, NOW))

    def post(body: bytes, secret: bytes) -> int:
        headers = ((b"x-hub-signature-256", sign(body, secret).encode()),)
        return desk.ask(Request("POST", PATH, (body,), headers)).status

    assert [post(event, NEW), post(event, b"wrong"), post(event + b" ", NEW)] == [200, 401, 200]
    kept = [stored.body for stored in desk.inbox.read(0, 10)]
    assert [(body.content, body.source) for body in kept] == [
        (event, BodySource.SYNTHETIC),
        (event + b" ", BodySource.LIVE),
    ]
    assert desk.acks.totals()[""].accepted == 1
    assert desk.inbox.webhooks_waiting(0) == 1
    desk.inbox.close()


def test_when_meta_asked_is_remembered_and_our_own_questions_are_not() -> None:
    shaken = Handshakes()
    with a_desk(handshakes=shaken) as desk:
        desk.ask(handshake())
        desk.ask(handshake(query=b"hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=42"))
        desk.ask(handshake(query=b"hub.mode=subscribe&hub.verify_token=token&hub.challenge=wabawatch-42"))
        desk.ask(handshake(path=f"{PATH}/nobody"))

    assert shaken.drain() == {"handshake_confirmed:": NOW, "handshake_refused:": NOW}
    assert shaken.drain() == {}
