"""Blocks: any bodies come back as they were, and usual ones become small."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.errors import SealBroken
from wabawatch.ports import Body, BodyKind, BodySource, StoredBody
from wabawatch.storage.bodies import decode_block, encode_block, pack_block, unpack_block
from wabawatch.storage.columns import from_columns, to_columns
from wabawatch.storage.sealed import Keyring

RING = Keyring.generate()

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
wamids = st.binary(max_size=30).map(lambda raw: "wamid." + base64.b64encode(raw).decode())
documents = st.fixed_dictionaries({"id": wamids | st.text(), "statuses": json_values})
contents = st.one_of(
    st.binary(),
    documents.map(lambda value: json.dumps(value).encode()),
    documents.map(lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")),
)
signatures = st.one_of(
    st.just(""), st.text(st.characters(codec="utf-8")), st.binary(max_size=40).map(lambda raw: "sha256=" + raw.hex())
)
bodies = st.builds(
    Body,
    kind=st.sampled_from(BodyKind),
    received_at=st.integers(0, 2**53),
    content=contents,
    app=st.text(st.characters(codec="utf-8"), max_size=5),
    source=st.sampled_from(BodySource),
    signature=signatures,
)


@given(st.lists(contents))
def test_columns_give_back_every_byte(contents: list[bytes]) -> None:
    assert from_columns(to_columns(contents)) == contents


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"id":"wamid.HBgL="}',
        b'{"id":"wamid."}',
        b'{"id":"wamid.AB=="}',
        b'{"id":"wamid.QUJD","id":"wamid.QUJD"}',
        b'{"a":"\\"","b":"wamid.QU\\/D"}',
        b'{"a" : "spaced" , "b":-5,"c":1e5,"d":[1,"x",{"e":"f"}]}',
        b'{"a":"cut off',
        b':"w"',
        b'"a":' * 1_000 + b"1",
        b'{"a":1,' * 500,
        b"[" * 10_000,
        b"\xff\x00\xfe",
    ],
)
def test_columns_give_back_odd_bodies(content: bytes) -> None:
    assert from_columns(to_columns([content, content, b'{"id":"wamid.QUJD"}'])) == [
        content,
        content,
        b'{"id":"wamid.QUJD"}',
    ]


@given(st.lists(bodies))
def test_a_live_block_gives_back_its_bodies(bodies: list[Body]) -> None:
    assert decode_block(encode_block(bodies, RING, context=b"here"), RING, context=b"here") == bodies


@given(st.lists(st.tuples(st.integers(1, 2**60), bodies)))
def test_a_packed_block_gives_back_its_bodies_and_their_numbers(numbered: list[tuple[int, Body]]) -> None:
    stored = [StoredBody(*each) for each in numbered]

    assert unpack_block(pack_block(stored, RING, context=b"here", level=1), RING, context=b"here") == stored


def test_a_block_of_another_layout_is_not_guessed_at() -> None:
    block = encode_block(_signed_statuses(2), RING, context=b"here")

    with pytest.raises(SealBroken, match="newer version"):
        unpack_block(block, RING, context=b"here")


def test_a_block_holds_no_text_in_clear() -> None:
    body = Body(BodyKind.WEBHOOK, 1, b"see you at the old harbour")

    assert b"harbour" not in encode_block([body], RING, context=b"here")


def test_signed_status_bodies_pack_into_110_bytes_each() -> None:
    statuses = _signed_statuses(1_000)
    stored = [StoredBody(1024 * (1 + number // 40) + number % 40, body) for number, body in enumerate(statuses)]

    block = pack_block(stored, RING, context=b"here")

    assert sum(len(body.content) for body in statuses) > 580 * len(statuses)
    assert len(block) <= 110 * len(statuses)


def _signed_statuses(count: int) -> list[Body]:
    """Status bodies of 50 numbers, each of another message to another person: the hardest case to compress."""
    chance = random.Random(7)
    numbers = [(chance.randrange(10**14, 10**15), chance.randrange(10**14, 10**15)) for _ in range(50)]
    bodies = []
    for at in range(1_784_232_500_000, 1_784_232_500_000 + 20 * count, 20):
        content = _status(chance, *chance.choice(numbers), at // 1000)
        signature = "sha256=" + hmac.new(b"secret", content, hashlib.sha256).hexdigest()
        bodies.append(Body(BodyKind.WEBHOOK, at + chance.randrange(900), content, signature=signature))
    return bodies


def _status(chance: random.Random, waba: int, number: int, at: int) -> bytes:
    phone = f"49{chance.randrange(10**10, 10**11)}"
    person = f"DE.{chance.randrange(10**19, 10**20)}"
    raw = b"\x1c\x18\x0d%b\x15\x02\x00\x11\x18\x12%018X\x00" % (phone.encode(), chance.getrandbits(72))
    status = {
        "id": "wamid." + base64.b64encode(raw).decode(),
        "status": chance.choice(["sent", "delivered", "read"]),
        "timestamp": str(at),
        "recipient_id": phone,
        "recipient_user_id": person,
        "pricing": {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "utility"},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": str(number // 10**4), "phone_number_id": str(number)},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": phone, "user_id": person}],
        "statuses": [status],
    }
    entry = {"id": str(waba), "changes": [{"value": value, "field": "messages"}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}, separators=(",", ":")).encode()
