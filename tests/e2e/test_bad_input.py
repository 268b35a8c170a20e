"""Webhooks that nobody should send: kept or refused, never lost, and what is good beside them counts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import pytest
from tests.support.server import PATIENCE_S, SECRET, WEBHOOKS, Server, run, sender

from wabawatch.meta.signature import sign
from wabawatch.meta.webhooks import OBJECT
from wabawatch.storage.views import wamid_of

LIMIT = 4 << 20
WABA = "201100000000001"
NUMBER = "301100000000001"
DEEP = b"[" * 10_000 + b"]" * 10_000

_numbers = count(1)


def wamid() -> str:
    """One that was never used before."""
    return f"wamid.{next(_numbers):08}"


def status(**parts: Any) -> dict[str, Any]:
    return {"id": wamid(), "status": "sent", "timestamp": "1795175970", "recipient_id": "15550101001"} | parts


def change(*statuses: object, field: str = "messages", **lists: object) -> dict[str, Any]:
    metadata = {"display_phone_number": "15550100000", "phone_number_id": NUMBER}
    return {"field": field, "value": {"metadata": metadata, "statuses": list(statuses), **lists}}


def entry(*changes: object) -> dict[str, Any]:
    return {"id": WABA, "changes": list(changes)}


def body(*entries: object) -> bytes:
    return json.dumps({"object": OBJECT, "entry": list(entries)}).encode()


def beside(*bad: object) -> bytes:
    """A body in which *bad* changes stand among good ones, of two messages."""
    return body(entry(change(status()), *bad, change(status())))


def with_bytes(content: bytes, old: str, new: bytes) -> bytes:
    assert content.count(old.encode()) == 1
    return content.replace(old.encode(), new)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    try:
        yield server.start()
    finally:
        server.close()


@dataclass(frozen=True, slots=True)
class Told:
    """What the figures say that bears on a body."""

    received: int = 0
    unparsed: int = 0
    unknown: int = 0
    attempted: int = 0


def told(server: Server) -> Told:
    """The figures after everything is digested. Nothing may be set aside, ever."""
    found = server.settled()
    bodies = found["webhooks"]
    assert bodies["parked"] == 0
    assert bodies["processed"] == bodies["received"]
    assert not server.sql("SELECT * FROM whatsapp_logs WHERE event IN ('retrying', 'parked')")
    attempted = found["messages"]["attempted"]
    return Told(bodies["received"], bodies["unparsed_items"], bodies["unknown"], attempted)


def brought(server: Server, content: bytes) -> Told:
    """What accepting *content* adds to the figures."""
    before = told(server)
    assert server.post(content).status_code == 200
    after = told(server)
    must_be_well(server)
    return Told(
        after.received - before.received,
        after.unparsed - before.unparsed,
        after.unknown - before.unknown,
        after.attempted - before.attempted,
    )


def must_be_well(server: Server) -> None:
    health = server.get("/healthz")
    assert (health.status_code, health.json()["status"]) == (200, "ok"), health.text
    assert "Traceback" not in server.log, server.log


NO_WEBHOOK: dict[str, bytes] = {
    "nothing": b"",
    "half an object": b'{"object":',
    "words": b"not json",
    "a NUL": b"\x00",
    "no UTF-8": b"\xff\xfe\xfd",
    "two documents": b"{} {}",
    "null": b"null",
    "a list": b"[]",
    "wrong object": b'{"object":"page","entry":[]}',
    "object is a list": b'{"object":["whatsapp_business_account"],"entry":[]}',
    "no entries": b'{"object":"whatsapp_business_account"}',
    "10,000 brackets": b"[" * 10_000,
    "10,000 nested arrays": DEEP,
    "10,000 nested objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
}


@pytest.mark.parametrize("content", NO_WEBHOOK.values(), ids=NO_WEBHOOK)
def test_what_is_no_webhook_is_accepted_and_shown_as_one_unparsed_item(server: Server, content: bytes) -> None:
    assert brought(server, content) == Told(received=1, unparsed=1)


ONE_BAD = {
    "an entry that is a string": body("text", entry(change(status()), change(status()))),
    "an entry that is null": body(entry(change(status())), None, entry(change(status()))),
    "an entry without changes": body({"id": WABA}, entry(change(status(), status()))),
    "a change that is a string": beside("text"),
    "a change without a field": beside({"value": {}}),
    "a change whose field is a list": beside({"field": ["messages"], "value": {}}),
    "a change whose value is a string": beside({"field": "messages", "value": "text"}),
    "a change whose value is a list": beside({"field": "messages", "value": []}),
    "a change whose value is null": beside({"field": "messages", "value": None}),
    "a status that is a number": beside(change(7)),
    "a status without an id": beside(change(status(id=None))),
    "a message without an id": beside(change(messages=[{"from": "15550101001", "type": "text"}])),
    "10,000 nested arrays as a status": with_bytes(beside(change("deep")), '"deep"', DEEP),
    "10,000 nested arrays as a value": with_bytes(beside({"field": "messages", "value": "deep"}), '"deep"', DEEP),
    "the value twice, last a string": with_bytes(
        beside({"field": "messages", "value": "deep"}), '"value": "deep"', b'"value":{},"value":"text"'
    ),
}


@pytest.mark.parametrize("content", ONE_BAD.values(), ids=ONE_BAD)
def test_one_bad_item_is_shown_and_costs_no_neighbour(server: Server, content: bytes) -> None:
    assert brought(server, content) == Told(received=1, unparsed=1, attempted=2)


ONE_NEW = {
    "a field of tomorrow": beside({"field": "telepathy", "value": {"thought": 1}}),
    "a status of tomorrow": beside(change(status(status="dreamt"))),
    "a message type of tomorrow": beside(change(messages=[{"id": wamid(), "from": "15550101001", "type": "smell"}])),
}


@pytest.mark.parametrize("content", ONE_NEW.values(), ids=ONE_NEW)
def test_what_is_new_is_counted_as_unknown_and_costs_no_neighbour(server: Server, content: bytes) -> None:
    assert brought(server, content) == Told(received=1, unknown=1, attempted=2)


ODD_BUT_READ = {
    "a NUL in the id": with_bytes(beside(change(status(id="here1"))), "here1", b"wamid.\\u0000x"),
    "a lone surrogate in the id": with_bytes(beside(change(status(id="here2"))), "here2", b"wamid.\\ud83d"),
    "an id that is no UTF-8": with_bytes(beside(change(status(id="here3"))), "here3", b"wamid.\xff\xfe"),
    "NULs and surrogates everywhere": beside(
        change(status(recipient_id="\x00\ud800", errors=[{"code": 1, "title": "\udfff\x00"}], pricing={"type": "\x00"}))
    ),
    "the status twice": with_bytes(
        beside(change(status(status="here4"))), '"status": "here4"', b'"status":"read","status":"sent"'
    ),
    "nesting inside a good item": with_bytes(beside(change(status(extra="here5"))), '"here5"', DEEP),
    "a number of 5,000 digits": with_bytes(beside(change(status(extra="here6"))), '"here6"', b"9" * 5_000),
}


@pytest.mark.parametrize("content", ODD_BUT_READ.values(), ids=ODD_BUT_READ)
def test_an_odd_item_counts_like_its_neighbours(server: Server, content: bytes) -> None:
    found = brought(server, content)

    assert (found.received, found.unparsed, found.attempted) == (1, 0, 3)


STAMPS = ["0", 0, "4102444800", 4_102_444_800_000, "soon", "", None, "-1", -1, True, [], {}, "9" * 400, "NaN", "1e999"]


@pytest.mark.parametrize("stamp", STAMPS, ids=repr)
def test_a_time_that_cannot_be_is_replaced_by_that_of_receipt(server: Server, stamp: object) -> None:
    item = status(timestamp=stamp)
    first = server.sql("SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000")[0][0]

    assert brought(server, beside(change(item))) == Told(received=1, attempted=3)

    [created_at] = [at for packed, at in messages(server) if packed == item["id"]]
    assert first <= created_at <= first + PATIENCE_S * 1000


def messages(server: Server) -> list[tuple[str, int]]:
    rows = server.sql("SELECT wamid, created_at_ms FROM whatsapp_message_queue")
    return [(wamid_of(packed), at) for packed, at in rows]


@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT])
def test_a_body_up_to_the_limit_is_accepted(server: Server, size: int) -> None:
    assert brought(server, beside().ljust(size)) == Told(received=1, attempted=2)


@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_body_above_the_limit_is_refused_and_nothing_of_it_kept(server: Server, in_chunks: bool) -> None:
    before = told(server)

    answer = asyncio.run(post_large(server, beside().ljust(LIMIT + 1), in_chunks))

    assert answer == 413
    assert told(server) == before
    must_be_well(server)


async def post_large(server: Server, content: bytes, in_chunks: bool) -> int:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 1 << 16):
            yield content[start : start + (1 << 16)]

    headers = {"x-hub-signature-256": sign(content, SECRET.encode())}
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        sent = chunks() if in_chunks else content
        return (await client.post(server.url + WEBHOOKS, content=sent, headers=headers)).status_code


def test_of_a_thousand_updates_in_one_body_only_the_bad_one_is_missing(server: Server) -> None:
    updates: list[object] = [status(biz_opaque_callback_data="x" * 2_500) for _ in range(1_000)]
    updates[500] = "bad"
    content = body(entry(change(*updates)))

    assert 2_500_000 < len(content) < 3_000_000
    assert brought(server, content) == Told(received=1, unparsed=1, attempted=999)


ODD_VALUES: list[object] = [None, True, -1, 1.5, 10**30, "", "x", "\ud800\x00", [], {}, [[None]], {"x": {}}]

VICTIM = {
    "id": WABA,
    "time": 1_795_175_970,
    "changes": [
        {
            "field": "messages",
            "value": {
                "messaging_product": "whatsapp",
                "metadata": {"display_phone_number": "15550100000", "phone_number_id": NUMBER},
                "contacts": [{"wa_id": "15550101001", "user_id": "US.1", "profile": {"username": "ann"}}],
                "statuses": [
                    {
                        "id": "wamid.victim",
                        "status": "failed",
                        "timestamp": "1795175970",
                        "recipient_id": "15550101001",
                        "recipient_user_id": "US.1",
                        "biz_opaque_callback_data": "x",
                        "conversation": {"id": "c", "origin": {"type": "utility"}},
                        "pricing": {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "utility"},
                        "errors": [{"code": 131026, "title": "t", "message": "m", "error_data": {"details": "d"}}],
                    }
                ],
                "messages": [
                    {
                        "id": "wamid.inbound",
                        "from": "15550101001",
                        "timestamp": "1795175970",
                        "type": "text",
                        "text": {"body": "hello"},
                        "context": {"id": "wamid.victim"},
                    }
                ],
                "errors": [{"code": 130429, "title": "t"}],
            },
        }
    ],
}


def broken(document: Any) -> Iterator[Any]:
    """*document* many times, each with another value in place of what stands at one key."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from ({**document, key: odd} for odd in (*ODD_VALUES, *broken(value)))
    elif isinstance(document, list):
        for place, value in enumerate(document):
            for odd in (*ODD_VALUES, *broken(value)):
                yield [*document[:place], odd, *document[place + 1 :]]


def test_a_wrong_type_at_any_key_costs_no_neighbour(server: Server) -> None:
    bodies = {}
    for victim in broken(VICTIM):
        good = status()
        bodies[good["id"]] = body(victim, entry(change(good)))
    before = told(server)

    answers = asyncio.run(post_all(server, list(bodies.values())))

    after = told(server)
    assert len(bodies) > 400
    assert answers == {200}
    assert after.received == before.received + len(bodies)
    assert bodies.keys() <= {known for known, _ in messages(server)}
    must_be_well(server)


def test_a_wrong_type_at_a_root_key_is_accepted(server: Server) -> None:
    document = {"object": OBJECT, "entry": [VICTIM]}
    bodies = [json.dumps(document | {key: odd}).encode() for key in document for odd in ODD_VALUES]
    before = told(server)

    assert asyncio.run(post_all(server, bodies)) == {200}

    after = told(server)
    assert after.received == before.received + len(bodies)
    assert after.attempted == before.attempted
    must_be_well(server)


async def post_all(server: Server, bodies: list[bytes]) -> set[int]:
    async with sender(server.url, at_once=8) as post:
        return set(await asyncio.gather(*(post.webhook(each) for each in bodies)))


def test_after_all_of_it_the_roll_ups_are_what_the_messages_say(server: Server) -> None:
    server.post(beside("text"))
    server.settled()

    verified = run(server.folder, "rebuild", "--verify")

    assert verified.returncode == 0, verified.stdout + verified.stderr
