"""An error is handed over as Meta gave it: each shape that a sender may hold says the same, and no word is lost."""

from __future__ import annotations

from typing import Any

import pytest

from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import ErrorSeen, StatusChanged
from wabawatch.flows.recording import body_of, facts_of
from wabawatch.meta.sends import read_answer
from wabawatch.records import record_item
from wabawatch.sdk import items
from wabawatch.wire import write

T0 = 1_795_176_000_000
WAMID = "wamid.HBgLMTU1NTAwMDAwMDEVAgARGBI4MUJFRUQ1QUE1QzgxQzk4NzEA"
ANSWERED = {
    "message": "(#131026) Message undeliverable",
    "type": "OAuthException",
    "code": 131026,
    "error_data": {"messaging_product": "whatsapp", "details": "The receiver cannot take this message."},
    "error_subcode": 2494073,
    "error_user_title": None,
    "error_user_msg": "Ask them to update WhatsApp.",
    "is_transient": False,
    "fbtrace_id": "AbC",
    "something_new": {"a": [1]},
}
TOLD = {
    "code": 131047,
    "title": "Re-engagement message",
    "message": "Re-engagement message",
    "error_data": {"details": "More than 24 hours have passed."},
    "href": "https://developers.facebook.com/docs/whatsapp",
}


def seen(error: Any) -> tuple[ErrorSeen, ...]:
    item = items.status_told(T0, WAMID, "failed", None, None, error)
    [fact] = facts_of(body_of(record_item(item, T0), T0).content, T0)
    assert isinstance(fact, StatusChanged)
    return fact.errors


@pytest.mark.parametrize("shape", [ANSWERED, {"error": ANSWERED}, [ANSWERED]], ids=["error", "answer", "list"])
def test_what_meta_answered_is_kept_as_the_gateway_would(shape: Any) -> None:
    assert seen(shape) == read_answer(400, write({"error": ANSWERED})).errors


def test_every_error_of_a_webhook_is_kept() -> None:
    assert seen([TOLD, {"code": 1}]) == (
        ErrorSeen(
            131047,
            "Re-engagement message",
            "Re-engagement message",
            "More than 24 hours have passed.",
            href="https://developers.facebook.com/docs/whatsapp",
        ),
        ErrorSeen(1),
    )


def test_a_code_alone_is_an_error() -> None:
    assert seen(131026) == (ErrorSeen(131026),)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("boom", "error: give an object or a list, not a text"),
        ({"message": "boom"}, "error.code: missing"),
        ({"error": {"code": "x"}}, "error.code: give a whole number, not a text"),
        ([{"code": 1}, {}], "error[1].code: missing"),
        (10**30, "error.code: "),
        ({"code": 1, "error_data": {"details": "a\0"}}, "error.error_data.details: it holds a character"),
        ({"code": 1, "title": object()}, "error: "),
    ],
)
def test_what_is_no_error_is_refused_in_plain_words(error: Any, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        seen(error)

    assert refused.value.message.startswith(said)
