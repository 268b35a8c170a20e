"""Bodies that nobody should send: nothing is raised, what is good in them is used, the rest is kept and explained."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.meta import corpus

from wabawatch.domain.facts import ErrorReported, Fact, Feed, StatusChanged, Unrecognised, Why
from wabawatch.meta.envelope import Change, Receipt, each
from wabawatch.meta.people import NO_CONTACTS
from wabawatch.meta.reading import RAW_LIMIT
from wabawatch.meta.webhooks import OBJECT, parse


def facts_of(content: bytes) -> tuple[Fact, ...]:
    return parse(content, received_at=corpus.RECEIVED_AT).facts


def status(**parts: Any) -> dict[str, Any]:
    return {"id": "wamid.good", "status": "sent", "timestamp": "1795175970", "recipient_id": "15550101001"} | parts


def body(*changes: object) -> bytes:
    return json.dumps({"object": OBJECT, "entry": [{"id": "201100000000001", "changes": list(changes)}]}).encode()


def messages(**lists: object) -> dict[str, Any]:
    return {"field": "messages", "value": {"metadata": {"phone_number_id": "301100000000001"}, **lists}}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"{",
        b"not json",
        b"\x00",
        b"\xff\xfe\xfd",
        b"null",
        b"true",
        b"NaN",
        b"7",
        b'"text"',
        b"[]",
        b"{}",
        b"{} {}",
        b'{"object":"whatsapp_business_account"}',
        b'{"object":"page","entry":[]}',
        b'{"object":["whatsapp_business_account"],"entry":[]}',
        b'{"entry":[]}',
        b"[" * 10_000,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    ],
)
def test_a_body_that_is_no_webhook_is_one_fact_with_a_reason(content: bytes) -> None:
    (fact,) = facts_of(content)

    assert isinstance(fact, Unrecognised)
    assert (fact.why, fact.field, fact.path) == (Why.UNPARSED, "", "")
    assert fact.reason
    assert corpus.storable(fact)


def test_of_a_huge_body_the_first_64_kib_are_shown() -> None:
    (fact,) = facts_of(b"x" * 4_000_000)

    assert isinstance(fact, Unrecognised)
    assert fact.raw == "x" * RAW_LIMIT


def test_a_list_of_no_entries_gives_nothing() -> None:
    assert facts_of(b'{"object":"whatsapp_business_account","entry":[]}') == ()


def test_the_last_of_repeated_keys_counts() -> None:
    content = body(messages(statuses=[status()])).replace(b'"status": "sent"', b'"status":"sent","status":"read"')

    (fact,) = facts_of(content)

    assert isinstance(fact, StatusChanged)
    assert fact.status == "read"


@pytest.mark.parametrize(
    "written",
    [
        '"wamid.\\ud83d"',
        '"wamid.\\udc00x"',
        '"wamid.\\u0000"',
        '"wamid.\\ud83d\\ud83d"',
        '"wamid.\x01"',
        '"wamid.\U0001f600"',
    ],
)
def test_the_id_of_a_message_survives_whatever_it_holds(written: str) -> None:
    content = body(messages(statuses=[status()])).replace(b'"wamid.good"', written.encode())

    (fact,) = facts_of(content)

    assert isinstance(fact, StatusChanged)
    assert fact.wamid == json.loads(written, strict=False)


def test_two_ids_that_differ_in_bytes_that_are_no_utf8_stay_two() -> None:
    content = body(messages(statuses=[status(), status(id="wamid.other")]))

    first, second = facts_of(content.replace(b"good", b"\xff").replace(b"other", b"\xfe"))

    assert isinstance(first, StatusChanged)
    assert isinstance(second, StatusChanged)
    assert first.wamid != second.wamid


def test_ten_thousand_nested_arrays_cost_no_neighbour() -> None:
    deep = messages(statuses=["deep", status(id="wamid.beside")])
    content = body(deep, messages(statuses=[status()])).replace(b'"deep"', b"[" * 10_000 + b"]" * 10_000)

    bad, beside, good = facts_of(content)

    assert isinstance(bad, Unrecognised)
    assert isinstance(beside, StatusChanged)
    assert isinstance(good, StatusChanged)
    assert (beside.wamid, good.wamid) == ("wamid.beside", "wamid.good")


def test_nesting_inside_a_good_item_does_not_hurt_it() -> None:
    content = body(messages(statuses=[status(extra="deep")])).replace(b'"deep"', b"[" * 10_000 + b"]" * 10_000)

    (fact,) = facts_of(content)

    assert isinstance(fact, StatusChanged)


@pytest.mark.parametrize(
    "number", ["1" * 19, "1" * 30, "1" * 5_000, "-" + "9" * 400, "1e999", "-1e999", "NaN", "Infinity"]
)
@pytest.mark.parametrize("name", ["id", "timestamp", "recipient_id", "errors", "pricing", "extra"])
def test_numbers_of_any_size_stand_anywhere(name: str, number: str) -> None:
    content = body(messages(statuses=[status(**{name: "here"}), status(id="wamid.beside")]))

    *_, beside = facts_of(content.replace(b'"here"', number.encode()))

    assert isinstance(beside, StatusChanged)
    assert beside.wamid == "wamid.beside"


ODD_VALUES: list[object] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**30,
    "",
    "x",
    "\ud800",
    "\x00",
    [],
    {},
    [[]],
    [{}],
    {"": {}},
    [None],
    {"x": 1},
]


@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
def test_every_key_of_every_body_may_hold_anything(value: object) -> None:
    for path in corpus.bodies():
        document = json.loads(path.read_bytes())
        for holder, name in _places(document):
            kept, holder[name] = holder[name], value
            facts = facts_of(json.dumps(document).encode())
            holder[name] = kept
            assert all(corpus.storable(fact) for fact in facts), (corpus.name(path), name)


def _places(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return [(value, key) for key in value] + [place for item in value.values() for place in _places(item)]
    if isinstance(value, list):
        return [(value, index) for index in range(len(value))] + [place for item in value for place in _places(item)]
    return []


@pytest.mark.parametrize(
    "broken", [None, 7, "text", [], {}, {"id": "wamid.x"}, {"status": "sent"}, [status()]], ids=repr
)
def test_a_broken_item_is_shown_with_its_place_and_its_json(broken: object) -> None:
    good, bad = facts_of(body(messages(statuses=[status(), broken])))

    assert isinstance(good, StatusChanged)
    assert isinstance(bad, Unrecognised)
    assert (bad.why, bad.field, bad.number) == (Why.UNPARSED, "messages", "301100000000001")
    assert bad.path == "entry[0].changes[0].value.statuses[1]"
    assert json.loads(bad.raw) == broken


@pytest.mark.parametrize("value", ["text", 7, [], None, True])
def test_a_value_that_is_no_object_costs_no_neighbour(value: object) -> None:
    bad, good = facts_of(body({"field": "messages", "value": value}, messages(statuses=[status()])))

    assert isinstance(bad, Unrecognised)
    assert bad.path == "entry[0].changes[0].value"
    assert isinstance(good, StatusChanged)


def test_a_list_of_something_new_beside_known_lists_is_shown() -> None:
    good, new = facts_of(body(messages(statuses=[status()], reactions=[{"id": "wamid.x"}], contacts=[], note="x")))

    assert isinstance(good, StatusChanged)
    assert isinstance(new, Unrecognised)
    assert (new.why, new.path) == (Why.UNKNOWN_VALUE, "entry[0].changes[0].value.reactions")
    assert new.raw == '[{"id":"wamid.x"}]'


@pytest.mark.parametrize("error", [{}, {"x": 1}, {"code": None, "title": ""}])
def test_an_error_that_says_nothing_is_not_understood(error: object) -> None:
    bad, good = facts_of(body(messages(errors=[error, {"code": 130429}])))

    assert isinstance(bad, Unrecognised)
    assert isinstance(good, ErrorReported)


@pytest.mark.parametrize(
    "chunk",
    [
        {"metadata": {"phase": 1}, "conversations": [{"id": "1"}]},
        {"metadata": "half", "threads": [{"id": "1", "messages": []}]},
        {"metadata": {"phone_number_id": "301100000000001"}, "chunks": [{"threads": []}]},
    ],
)
def test_what_a_chunk_of_history_holds_under_a_new_name_is_shown(chunk: object) -> None:
    facts = facts_of(body({"field": "history", "value": {"history": [chunk]}}))

    assert any(isinstance(fact, Unrecognised) for fact in facts)


def test_a_value_of_history_that_tells_only_the_number_is_no_progress() -> None:
    (fact,) = facts_of(body({"field": "history", "value": {"metadata": {"phone_number_id": "301100000000001"}}}))

    assert isinstance(fact, Unrecognised)


@pytest.mark.parametrize(
    "content",
    [
        body(messages(statuses=[status(), *[7] * 1_500])),
        body({"field": "smb_app_state_sync", "value": {"state_sync": [{"action": "add"}, *[{}] * 1_500]}}),
        body(messages(statuses=[status()]), *[None] * 1_500),
        json.dumps({"object": OBJECT, "entry": [{"changes": [messages(statuses=[status()])]}, *[1] * 1_500]}).encode(),
    ],
    ids=["items", "contacts", "changes", "entries"],
)
def test_beyond_a_thousand_what_cannot_be_read_is_only_counted(content: bytes) -> None:
    good, *bad, rest = facts_of(content)

    assert not isinstance(good, Unrecognised)
    assert len(bad) == 1_000
    assert isinstance(rest, Unrecognised)
    assert rest.reason.startswith("500 more")


def test_standby_nested_in_itself_ends() -> None:
    value: dict[str, Any] = {"statuses": [status()]}
    for _ in range(60):
        value = {"standby": value}

    facts = facts_of(body({"field": "standby", "value": value}))

    assert [type(fact) for fact in facts] == [StatusChanged]


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyError, RecursionError, MemoryError])
def test_a_reader_that_fails_costs_its_item_only(error: type[Exception]) -> None:
    """No body is known that makes a reader fail; should there be one, this is what happens."""

    def read(change: Change, item: dict[str, Any], at: str) -> list[Fact]:
        if item["bad"]:
            raise error
        return [change.unrecognised(Why.UNKNOWN_VALUE, at, "good", "")]

    facts = each(CHANGE, [{"bad": False}, {"bad": True}, {"bad": False}], "list", read)

    assert [getattr(fact, "raw", "") for fact in facts] == ["good", '{"bad":true}', "good"]
    assert [getattr(fact, "why", "") for fact in facts] == [Why.UNKNOWN_VALUE, Why.UNPARSED, Why.UNKNOWN_VALUE]


CHANGE = Change(
    receipt=Receipt(corpus.RECEIVED_AT),
    place=(0, 0),
    field="messages",
    feed=Feed.MESSAGES,
    told_at=None,
    waba="",
    metadata={},
    number="",
    contacts=NO_CONTACTS,
)


def test_a_very_long_name_is_cut() -> None:
    (fact,) = facts_of(body({"field": "f" * 100_000, "value": "v" * 100_000}))

    assert isinstance(fact, Unrecognised)
    assert (len(fact.field), len(fact.raw)) == (1_000, RAW_LIMIT)
