"""What our own application tells: refused with a sentence, or kept and learnt. `python -m fuzz.records`.

An input is a JSON list of calls: `{"path": id or null, "body": what is posted}`.
"""

from __future__ import annotations

import json
from typing import Any

from fuzz.running import instrumented, mutate_json, run

with instrumented(include=["wabawatch"]):
    from fuzz.books import agreeing, kept, must_be_equal
    from fuzz.claims import RECEIVED_AT, must_be_storable
    from wabawatch.domain.errors import BadRequest
    from wabawatch.domain.facts import Fact
    from wabawatch.flows.recording import body_of, facts_of, record_message, record_status
    from wabawatch.web.operations import MAX_BODY_BYTES
    from wabawatch.wire import MessageIn, StatusIn, checked, read

LOCAL = "01939c5e-5b00-7000-8000-000000000001"
WAMID = "wamid.HBgLMTU1NTAxMDEwMDEVAgARGBIwMDAwMDAwMDU1NTBBMDAwMzMA"


def told_by(call: Any) -> list[Fact]:
    """The facts that one call leads to; none when it is refused. Nothing but a refusal may be raised."""
    path, posted = (call.get("path"), call.get("body")) if isinstance(call, dict) else (None, call)
    content = json.dumps(posted).encode()
    try:
        if isinstance(path, str):
            record: Any = record_status(path, checked(read(StatusIn, content)), RECEIVED_AT)
        else:
            record = record_message(checked(read(MessageIn, content)), RECEIVED_AT)
    except BadRequest:
        return []
    return facts_of(body_of(record, RECEIVED_AT).content, RECEIVED_AT)


def records_are_sound(content: bytes) -> None:
    """Facts fit to be stored, and books that are the same when all is told twice and backwards."""
    try:
        calls = json.loads(content)
    except (ValueError, RecursionError):
        calls = []
    told: list[Any] = [fact for call in (calls if isinstance(calls, list) else [calls])[:8] for fact in told_by(call)]
    for fact in told:
        must_be_storable(fact, words=MAX_BODY_BYTES)
    told = list(agreeing([tuple(told)])[0])
    links = {(fact.local_id, fact.wamid) for fact in told if getattr(fact, "local_id", "") and fact.wamid}
    if told and len(links) == len({local_id for local_id, _ in links}):  # an id of ours means one message
        must_be_equal(kept([(fact,) for fact in told]), kept([tuple(reversed(told)), tuple(told)]))


def seeds() -> list[bytes]:
    """A send told in the usual ways."""
    send = {"phone_number": "+1 555 010 1001", "template_name": "hello", "template_language": "en", "local_id": LOCAL}
    more = {"user_id": "u", "lead_id": "l", "conversation_id": "c", "category": "utility", "type": "template"}
    failed = {"code": 131026, "title": "t", "message": "m", "details": "d", "fbtrace_id": "f", "href": "h"}
    linked = {"status": "sent", "wamid": WAMID, "phone_number_id": "301100000000001", "at": RECEIVED_AT - 9_000}
    inbound = {"bsuid": "US.1", "direction": "inbound", "message_id": WAMID + "x", "at": "2026-11-20T11:00:00Z"}
    calls: list[Any] = [
        {"path": None, "body": {**send, **more, "at": RECEIVED_AT - 10_000, "outcome": "held"}},
        {"path": LOCAL, "body": linked},
        {"path": WAMID, "body": {"status": "failed", "error": failed}},
        {"path": None, "body": {**send, "message_id": WAMID, "error": failed, "phone_number_id": "1"}},
        {"path": None, "body": inbound},
        {"path": None, "body": {"group": "g", "message_id": WAMID, "category": "marketing"}},
    ]
    return [json.dumps(calls[at:]).encode() for at in range(len(calls))] + [
        json.dumps([call]).encode() for call in calls
    ]


if __name__ == "__main__":
    run("records", records_are_sound, seeds(), mutate_json)
