"""What is about one person cut out of a body, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.meta.erasing import NOTHING_LEFT, blank, cut
from wabawatch.meta.traces import Traces
from wabawatch.meta.wamid import beginnings

PHONE, BSUID, NAME = "4915123456789", "DE.13491208655302741918", "lena.k"
KEYS = [
    ContactKey(ContactKind.PHONE, PHONE),
    ContactKey(ContactKind.BSUID, BSUID),
    ContactKey(ContactKind.USERNAME, NAME),
]
THEIRS = Traces(KEYS)
WAMID = "wamid.HBgNNDkxNTEyMzQ1Njc4ORUCABEYFEZFRURDMERFMDAwMUZFRURDMERFAA=="


def body(**lists: Any) -> dict[str, Any]:
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"}, **lists}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "2", "changes": [{"field": "messages", "value": value}]}],
    }


def left(document: object, traces: Traces = THEIRS) -> Any:
    found = cut(json.dumps(document).encode(), traces)
    return None if found is None else json.loads(found.content)


def value_of(document: Any) -> Any:
    return document["entry"][0]["changes"][0]["value"]


@pytest.mark.parametrize(
    "text",
    [PHONE, f"+{PHONE}", "+49 151 2345 6789", "49-151-23456789", "(49) 151/234.567.89", BSUID, NAME, f"@{NAME}", WAMID,
     f"call @{NAME} please", f"his number is {PHONE}.",
     "+49 (0) 151 23456789", "\u202a+49\u00a01512\u00a03456789\u202c", "49\u2011151\u201123456789",
     *("".join(chr(zero + int(each)) for each in PHONE) for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xFF10))],
)  # fmt: skip
def test_the_person_is_found_however_it_is_written(text: str) -> None:
    assert THEIRS.are_in(text)
    assert THEIRS.may_be_in(json.dumps({"x": text}).encode())
    assert THEIRS.may_be_in(json.dumps({"x": text}, ensure_ascii=False).encode())
    assert cut(json.dumps({"x": [text]}).encode(), THEIRS) is not None


@pytest.mark.parametrize("value", ["CUSTOMER_PHONE_NUMBER", "(", "12", "+", "1" * 40])
def test_what_is_no_number_where_one_belongs_is_found_where_it_stands_alone(value: str) -> None:
    traces = Traces([ContactKey(ContactKind.PHONE, value)])

    assert traces.are_in(value)
    assert traces.may_be_in(json.dumps({"x": value}, ensure_ascii=False).encode())
    assert len(value) > 20 or not traces.are_in(f"x{value}{value}0")
    assert beginnings(value) == (() if len(value) != 2 else beginnings("12"))


@pytest.mark.parametrize(
    "text", ["", "4915123456780", "helena.kay", "lena.kowalski", "wamid.HBgLMTU1NTAwMDAwMDE=", "DE.1349"]
)
def test_others_are_not(text: str) -> None:
    assert not THEIRS.are_in(text)
    assert cut(json.dumps({"x": [text]}).encode(), THEIRS) is None


def test_a_short_number_is_found_as_a_whole_one_only() -> None:
    short = Traces([ContactKey(ContactKind.PHONE, "55512")])

    assert short.are_in("55512")
    assert short.are_in("to 55512!")
    assert not short.are_in("1555123")
    assert not short.are_in("555121")


def test_only_their_items_go() -> None:
    theirs, others = {"id": WAMID, "recipient_id": PHONE}, {"id": "wamid.x", "recipient_id": "1555"}

    document = left(body(statuses=[theirs, others]))

    assert value_of(document)["statuses"] == [others]


def test_what_stands_beside_their_message_goes_with_it() -> None:
    """The name of the contact stands in another list than what they wrote."""
    contacts = [{"profile": {"name": "Lena"}, "wa_id": PHONE}, {"profile": {"name": "Lena"}}]

    assert left(body(contacts=contacts, messages=[{"from": PHONE, "text": {"body": "Hi"}}]))["entry"] == []


def test_a_thread_of_a_history_goes_and_others_stay() -> None:
    threads = [{"id": PHONE, "messages": [{"id": "a"}]}, {"id": "1555", "messages": [{"id": "b"}]}]

    document = left(body(history=[{"metadata": {"phase": 1}, "threads": threads}]))

    assert value_of(document)["history"][0]["threads"] == threads[1:]


def test_another_who_sends_their_contact_card_loses_that_message() -> None:
    card = {"name": {"formatted_name": "Lena"}, "phones": [{"phone": "+49 151 23456789"}]}

    document = left(body(messages=[{"from": "1555", "contacts": [card]}, {"from": "1555", "text": {"body": "Hi"}}]))

    assert value_of(document)["messages"] == [{"from": "1555", "text": {"body": "Hi"}}]


def test_a_change_that_is_theirs_as_a_whole_goes() -> None:
    assert left(body(wa_id=PHONE, messages=[]))["entry"] == []


def test_digits_written_as_escapes_are_found() -> None:
    escaped = json.dumps(body(statuses=[{"recipient_id": PHONE}])).replace("4915", "\\u0034915").encode()

    found = cut(escaped, THEIRS)

    assert found is not None
    assert json.loads(found.content)["entry"] == []


def test_slashes_may_be_escaped_in_ids_that_only_hashes_are_known_of() -> None:
    known = Traces([], lambda some: {"wamid.a/b"}.intersection(some))
    content = rb'{"entry":[{"changes":[{"value":{"statuses":[{"id":"wamid.a\/b"},{"id":"wamid.c"}]}}]}]}'

    found = cut(content, known)

    assert found is not None
    assert value_of(json.loads(found.content))["statuses"] == [{"id": "wamid.c"}]


def test_a_record_of_theirs_and_what_is_no_json_go_as_a_whole() -> None:
    for content in (json.dumps({"type": "message", "message": {"phone_number": PHONE}}), f"{{ broken {PHONE}"):
        found = cut(content.encode(), THEIRS)
        assert found is not None
        assert found.content == NOTHING_LEFT
        assert found.items


def test_texts_that_name_them_are_blanked_in_answers() -> None:
    answer = {"id": "17", "wamid": WAMID, "note": "ok"}

    assert json.loads(blank(json.dumps(answer).encode(), THEIRS) or b"") == {"id": "17", "wamid": "", "note": "ok"}
    assert blank(b'{"id":"17"}', THEIRS) is None


_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=6), st.sampled_from([PHONE, BSUID, WAMID])
)
_KEYS = st.sampled_from(["entry", "changes", "value", "statuses", "contacts", "wa_id", "id", "history", "threads", "x"])
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=25,
)


@given(_JSON)
def test_nothing_of_them_is_left_in_anything(document: object) -> None:
    content = json.dumps(document).encode()

    found = cut(content, THEIRS)

    after = content if found is None else found.content
    assert not any(tell.encode() in after for tell in (PHONE, BSUID, WAMID))
    assert cut(after, THEIRS) is None
