"""What is wrong with JSON is said in words that need no knowledge of types."""

from __future__ import annotations

from typing import Any

import pytest

from wabawatch.domain.errors import BadRequest
from wabawatch.records import BatchIn
from wabawatch.web.api_forward import DropIn, ReplayIn
from wabawatch.wire import AgentIn, MessageIn, StatusIn, read

TIME = "give a time with its offset, such as 2026-11-22T10:00:00Z"


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        (MessageIn, b'{"user_id": 5}', "user_id: give a text, not a whole number"),
        (MessageIn, b'{"at": []}', "at: give a whole number or a text, not a list"),
        (MessageIn, b'{"user": "x"}', "user: there is no such member; did you mean user_id?"),
        (MessageIn, b'{"direction": "x"}', "direction: 'x' is not one of its values; there are outbound, inbound"),
        (MessageIn, b'{"user_id": "\\u0000"}', "user_id: it holds a character that no text has, such as NUL"),
        (MessageIn, b'{"user_id": "%s"}' % (b"x" * 1001), "user_id: give at most 1000 characters"),
        (MessageIn, b"[]", "give an object, not a list"),
        (MessageIn, b'{"error": 5}', "error: give an object or a list, not a whole number"),
        (MessageIn, b'{"error": {"code": 1.5}}', "error.code: give a whole number, not a number"),
        (StatusIn, b"{}", "status: missing"),
        (StatusIn, b'{"status": "deliverd"}', "status: 'deliverd' is not one of its values; did you mean delivered?"),
        (AgentIn, b'{"agent_id": ""}', "agent_id: it is empty"),
        (BatchIn, b'{"records": []}', "records: it is empty"),
        (BatchIn, b'{"records": [{}]}', "records[0].kind: missing"),
        (BatchIn, b'{"records": [{"kind": "message", "message": 1}]}', "records[0].message: give an object"),
        (BatchIn, b'{"records": [{"kind": "webhook", "body": "!"}]}', "records[0].body: it is not Base64"),
        (ReplayIn, b'{"from": "yesterday"}', f"from: {TIME}"),
        (ReplayIn, b'{"from": "2026-11-22T10:00:00"}', f"from: {TIME}"),
        (ReplayIn, b'{"all": "yes"}', "all: give true or false, not a text"),
        (DropIn, b'{"bodies": [0]}', "bodies[0]: give a whole number from 1 up"),
        (MessageIn, b"{", "the body is not JSON: it ends too early"),
        (MessageIn, b"{} x", "the body is not JSON: trailing characters at byte"),
        (MessageIn, b"\xff", "the body is not"),
    ],
    ids=repr,
)
def test_the_place_comes_first_and_then_what_to_give(kind: Any, content: bytes, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(kind, content)

    assert refused.value.message.startswith(said)
    assert "`" not in refused.value.message
