"""Bodies looked at from outside and item by item, and what is shown of them to who may not see whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.meta import corpus

from wabawatch.domain.facts import Unrecognised
from wabawatch.meta.decoding import decode
from wabawatch.meta.dissecting import MOST_PIECES, dissect
from wabawatch.meta.hiding import hidden, hidden_text
from wabawatch.meta.outlining import outline_of
from wabawatch.meta.webhooks import parse
from wabawatch.web.pages.webhook_body import written

AT = corpus.RECEIVED_AT
BODIES = corpus.bodies()
PEOPLE = {"wa_id", "from", "to", "recipient_id", "body", "caption", "user_id", "username", "formatted_name", "payload"}
"""Keys under which stands who somebody is, or what they wrote"""


@pytest.mark.parametrize("path", BODIES, ids=corpus.name)
def test_the_items_of_a_body_become_together_what_the_body_becomes(path: Path) -> None:
    content = path.read_bytes()

    pieces = dissect(content, AT)

    told = [repr(fact) for piece in pieces for fact in piece.facts]
    assert sorted(told) == sorted(map(repr, parse(content, received_at=AT).facts))


@pytest.mark.parametrize("path", BODIES, ids=corpus.name)
def test_the_outline_knows_the_fields_of_every_body(path: Path) -> None:
    content = path.read_bytes()

    assert tuple(outline_of(content).fields) == parse(content, received_at=AT).fields


@pytest.mark.parametrize("path", BODIES, ids=corpus.name)
def test_masked_bodies_name_nobody_and_quote_nobody(path: Path) -> None:
    document = decode(path.read_bytes())

    shown = json.dumps(hidden(document), ensure_ascii=False)

    ours = set(_under(document, {"display_phone_number", "phone_number_id"}))
    for value in set(_under(document, PEOPLE)) - ours:
        assert len(value) < 6 or f'"{value}"' not in shown, value
    assert "wamid.H" not in shown
    assert "wacid.H" not in shown


@pytest.mark.parametrize("path", BODIES, ids=corpus.name)
def test_masked_items_name_nobody_either(path: Path) -> None:
    """The same key stands elsewhere in an item than in the whole body."""
    document = decode(path.read_bytes())
    who = set(_under(document, PEOPLE)) | {each.get("id", "") for each in _threads(document)}

    shown = [written(each.content, is_masked=True) for each in dissect(path.read_bytes(), AT)]

    for value in who - set(_under(document, {"display_phone_number", "phone_number_id"})):
        assert len(value) < 6 or not any(f'"{value}"' in each for each in shown), value


def _threads(value: object) -> Iterator[dict[str, str]]:
    """The conversations of a history: each has the other side's number for an id."""
    if isinstance(value, list):
        for each in value:
            yield from _threads(each)
    if isinstance(value, dict):
        yield from (each for each in value.get("threads", ()) if isinstance(each, dict))
        for each in value.values():
            yield from _threads(each)


def _under(value: object, keys: set[str]) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _under(each, keys)
    if isinstance(value, dict):
        for name, each in value.items():
            if name in keys and isinstance(each, str):
                yield each.removeprefix("+")
            yield from _under(each, keys)


def test_an_item_that_is_not_understood_stands_at_its_own_place() -> None:
    statuses = [{"id": "wamid.a", "status": "sent", "timestamp": "1"}, {"id": "wamid.b"}]
    change = {"field": "messages", "value": {"metadata": {"phone_number_id": "1"}, "statuses": statuses}}
    entry = {"id": "2", "changes": [{"field": "brand_new", "value": {}}, change]}
    content = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()

    found = [fact.path for piece in dissect(content, AT) for fact in piece.facts if isinstance(fact, Unrecognised)]

    assert found == ["entry[0].changes[0].value", "entry[0].changes[1].value.statuses[1]"]


def test_of_a_large_body_the_first_items_are_taken_apart() -> None:
    statuses = [{"id": f"wamid.{n}", "status": "sent", "timestamp": "1"} for n in range(1_000)]
    change = {"field": "messages", "value": {"metadata": {"phone_number_id": "1"}, "statuses": statuses}}
    entry = {"id": "2", "changes": [change]}
    content = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()

    assert len(dissect(content, AT)) == MOST_PIECES
    assert outline_of(content).statuses == 1_000


@pytest.mark.parametrize("content", [b"", b"no json", b"\xff\xfe", b"[]", b"{}", b'{"object":"page"}', b"[" * 10_000])
def test_what_is_no_webhook_is_one_piece_and_says_why(content: bytes) -> None:
    assert len(dissect(content, AT)) == 1
    assert outline_of(content).problem


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"id": "wamid.HBgL"}, {"id": "wamid.•••"}),
        ({"field": "messages", "value": {"from": "15550101001"}}, {"field": "messages", "value": {"from": "•••001"}}),
        ({"text": {"body": "hello", "type": "text"}}, {"text": {"body": "•••", "type": "text"}}),
        ({"details": "to 15550101001 or wamid.HBgL/x=="}, {"details": "to •••001 or wamid.•••"}),
        ({"brand_new": ["Ada", 15550101001, 7, None, True]}, {"brand_new": ["•••", "•••001", 7, None, True]}),
        ({"id": "15550101001"}, {"id": "•••001"}),
        ({"threads": [{"id": "15550101001"}]}, {"threads": [{"id": "•••001"}]}),
        ({"any": [{"entry": {"id": "15550101001"}}]}, {"any": [{"entry": {"id": "•••001"}}]}),
        ({"value": {"id": "US.55500000000000000001"}}, {"value": {"id": "•••"}}),
        ({"calls": [{"id": "wacid.HBgL"}]}, {"calls": [{"id": "wacid.•••"}]}),
        ({"details": "no user at +1 (555) 010-1001"}, {"details": "no user at +•••1001"}),
        ({"entry": [{"id": "15550101001"}]}, {"entry": [{"id": "15550101001"}]}),
        ({"15550101001": "x"}, {"•••": "•••"}),
    ],
)
def test_only_what_is_known_to_be_harmless_is_shown(value: object, shown: object) -> None:
    assert hidden(value) == shown


def test_words_are_shown_without_the_numbers_in_them() -> None:
    assert hidden_text("no status for 15550101001 (wamid.HBgL+/=)") == "no status for •••001 (wamid.•••)"


def test_a_body_nested_without_end_is_cut() -> None:
    value: object = "x"
    for _ in range(200):
        value = [value]

    assert "•••" in json.dumps(hidden(value), ensure_ascii=False)
