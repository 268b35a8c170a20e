"""What of a body goes to whom: nothing of one client ever reaches another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.meta.corpus import bodies

from wabawatch.meta.decoding import decode
from wabawatch.meta.splitting import part_of

NOBODY: frozenset[str] = frozenset()


def change(number: str, text: str, field: str = "messages") -> dict[str, Any]:
    return {"field": field, "value": {"metadata": {"phone_number_id": number}, "text": text}}


def entry(waba: str, *changes: object) -> dict[str, Any]:
    return {"id": waba, "changes": list(changes)}


def body(*entries: object) -> bytes:
    return json.dumps({"object": "whatsapp_business_account", "entry": list(entries)}).encode()


def entries(part: bytes | None) -> Any:
    assert part is not None
    return json.loads(part)["entry"]


A, B = entry("1", change("11", "a")), entry("2", change("22", "b"))


def test_a_body_of_one_waba_is_its_own_unchanged() -> None:
    content = b'{ "object":"whatsapp_business_account",  "entry":[{"id":"1","changes":[ ]}] }'

    assert part_of(content, {"1"}, NOBODY) is content


def test_words_that_look_like_keys_do_not_change_a_body() -> None:
    content = body(entry("1", change("11", "entry"), change("11", "changes"), change("11", "changes")))

    assert part_of(content, {"1"}, NOBODY) is content


def test_of_two_wabas_each_gets_its_own_entries_in_their_order() -> None:
    later = entry("1", change("12", "c"))
    content = body(A, B, later)

    assert entries(part_of(content, {"1"}, NOBODY)) == [A, later]
    assert entries(part_of(content, {"2"}, NOBODY)) == [B]
    assert part_of(content, {"1", "2"}, NOBODY) is content


def test_a_number_gets_its_changes_and_nothing_else_of_the_entry() -> None:
    mixed = {"id": "1", "time": 7, "changes": [change("11", "a"), change("12", "b")], "extra": "secret"}

    part = entries(part_of(body(mixed), NOBODY, {"12"}))

    assert part == [{"id": "1", "time": 7, "changes": [change("12", "b")]}]


def test_a_number_gets_a_body_unchanged_when_nothing_else_is_inside() -> None:
    content = body(A)

    assert part_of(content, NOBODY, {"11"}) is content


def test_what_names_no_number_belongs_to_the_waba_only() -> None:
    template = {"field": "message_template_status_update", "value": {"event": "APPROVED"}}
    content = body(entry("1", template, change("11", "a")))

    assert part_of(content, {"1"}, NOBODY) is content
    assert entries(part_of(content, NOBODY, {"11"})) == [A]


def test_bytes_that_are_kept_are_kept_as_they_are() -> None:
    kept = b'{"id": "1", "changes": [ {"field":"x", "value":{"n":1.50, "big":12345678901234567890, "u":"\\u00e9"}} ]}'
    content = b'{"entry":[{"id":"2"},' + kept + b'],"object":"whatsapp_business_account","more":1}'

    part = part_of(content, {"1"}, NOBODY)

    assert part == b'{"object":"whatsapp_business_account","entry":[' + kept + b"]}"


@pytest.mark.parametrize(
    "content", [b"", b"no json", b"[]", b"{}", b'{"entry":7}', b'{"entry":[7,null,{"changes":[7]}]}']
)
def test_what_cannot_be_read_belongs_to_nobody(content: bytes) -> None:
    assert part_of(content, {"1"}, {"11"}) is None


def test_a_key_that_stands_there_twice_hides_nothing() -> None:
    content = b'{"object":"x","entry":' + json.dumps([B]).encode() + b',"entry":' + json.dumps([A]).encode() + b"}"

    part = part_of(content, {"1"}, NOBODY)

    assert entries(part) == [A]
    assert b'"22"' not in (part or b"")


def test_a_body_that_is_no_json_by_the_letter_is_cut_all_the_same() -> None:
    content = b'{"object":"x","entry":[{"id":"1","changes":[],"odd":"\xff\x01"},{"id":"2","odd":"theirs"}]}'

    part = part_of(content, {"1"}, NOBODY)

    assert part is not None
    assert b"theirs" not in part
    assert json.loads(part)["entry"][0]["id"] == "1"


KNOWN: list[Any] = [
    document
    for document in (decode(path.read_bytes()) for path in bodies())
    if isinstance(document, dict) and isinstance(document.get("entry"), list)
]


@given(st.lists(st.tuples(st.sampled_from(KNOWN), st.sampled_from("AB")), min_size=1, max_size=6), st.booleans())
def test_of_any_bodies_combined_nothing_of_one_client_reaches_the_other(
    picked: Sequence[tuple[dict[str, Any], str]], by_number: bool
) -> None:
    entries_, theirs = [], {"A": 0, "B": 0}
    for document, owner in picked:
        for each in document["entry"]:
            marked = _owned(each, owner, number=by_number)
            if marked is not None:
                theirs[owner] += 1
                entries_.append(marked)
    content = body(*entries_)

    for owner, other in (("A", "B"), ("B", "A")):
        wabas, numbers = (NOBODY, {f"9{ord(owner)}"}) if by_number else ({f"{ord(owner)}"}, NOBODY)
        part = part_of(content, wabas, numbers)
        assert (part is None) == (theirs[owner] == 0)
        if part is not None:
            assert f"mark-of-{other}".encode() not in part
            assert part.count(f"mark-of-{owner}".encode()) == content.count(f"mark-of-{owner}".encode())


def _owned(each: object, owner: str, *, number: bool) -> dict[str, Any] | None:
    """An entry as if it were *owner*'s; None: nothing in it can be."""
    if not isinstance(each, dict) or not isinstance(each.get("changes"), list):
        return None
    changes = []
    for found in each["changes"]:
        if isinstance(found, dict) and isinstance(found.get("value"), dict):
            value = {**found["value"], "mark": f"mark-of-{owner}"}
            if number:
                value["metadata"] = {"phone_number_id": f"9{ord(owner)}"}
            changes.append({**found, "value": value})
    return {**each, "id": f"{ord(owner)}", "changes": changes} if changes else None
