"""The hot path of the parser: it gives what the careful one gives, or nothing."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.meta import corpus
from tests.meta.test_parser_properties import JSON, KEYS, written

from wabawatch.meta.envelope import Receipt
from wabawatch.meta.plain_status import read_plain
from wabawatch.meta.webhooks import parse_with_care
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.steps import PostWebhook

PLAIN: dict[str, Any] = {
    "id": "wamid.HBgL",
    "status": "delivered",
    "timestamp": "1790000000",
    "recipient_id": "15550000001",
    "recipient_user_id": "US.1",
    "biz_opaque_callback_data": "order 7",
    "conversation": {"id": "c", "origin": {"type": "utility"}, "expiration_timestamp": "1790000600"},
    "pricing": {"billable": True, "pricing_model": "PMP", "category": "utility", "type": "regular"},
}


def body_of(status: object, /, **more: object) -> dict[str, Any]:
    contact = {"profile": {"name": "Aunt May", "username": "@may"}, "wa_id": "15550000001", "user_id": "US.1"}
    metadata = {"display_phone_number": "+1 555-0100", "phone_number_id": "106"}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "contacts": [contact], "statuses": [status]}
    change = {"value": value | more, "field": "messages"}
    return {"object": "whatsapp_business_account", "entry": [{"id": "7", "changes": [change]}]}


def is_agreed(content: bytes) -> bool:
    """Whether the quick answer is the careful one; no answer agrees with any."""
    plain = read_plain(content, corpus.RECEIVED_AT, True, False)
    return plain is None or (plain,) == parse_with_care(content, Receipt(corpus.RECEIVED_AT)).facts


def test_a_plain_status_is_read_in_one_go() -> None:
    content = written(body_of(PLAIN))

    assert read_plain(content, corpus.RECEIVED_AT, True, False) is not None
    assert is_agreed(content)


@pytest.mark.parametrize("path", corpus.bodies(), ids=corpus.name)
def test_it_agrees_on_every_body_of_the_corpus(path: Path) -> None:
    assert is_agreed(path.read_bytes())


@pytest.mark.parametrize("mix", [Mix.plain(), Mix.nasty()], ids=["plain", "nasty"])
def test_it_agrees_on_what_the_simulator_sends(mix: Mix) -> None:
    steps = Simulation(seed=7, messages=200, start_at=corpus.RECEIVED_AT, period_ms=600_000, mix=mix).steps()
    bodies = [step.body for step in steps if isinstance(step, PostWebhook)]

    assert all(map(is_agreed, bodies))
    assert any(read_plain(body, corpus.RECEIVED_AT, True, False) for body in bodies)


@given(
    st.dictionaries(KEYS | st.sampled_from(sorted(PLAIN)), JSON, max_size=3), st.sets(st.sampled_from(sorted(PLAIN)))
)
def test_it_agrees_when_anything_in_the_status_is_other_than_usual(odd: dict[str, Any], missing: set[str]) -> None:
    status = {key: value for key, value in PLAIN.items() if key not in missing} | odd

    assert is_agreed(written(body_of(status)))


@given(st.sampled_from(["contacts", "metadata", "statuses", "messaging_product"]) | KEYS, JSON)
def test_it_agrees_when_anything_beside_the_status_is_other_than_usual(name: str, odd: object) -> None:
    assert is_agreed(written(body_of(PLAIN, **{name: odd})))


@given(st.data())
def test_it_agrees_when_one_text_is_another(data: st.DataObject) -> None:
    document = copy.deepcopy(body_of(PLAIN))
    holder, key = data.draw(st.sampled_from(_texts(document)))
    holder[key] = data.draw(st.text() | st.sampled_from(["", "0", "wacid.1", "+49 30", "x" * 1_001, "ä", "marketing"]))

    assert is_agreed(written(document))


def _texts(value: Any) -> list[tuple[Any, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, held in inner for place in ([(value, key)] if isinstance(held, str) else _texts(held))]


def test_a_member_written_twice_counts_as_the_careful_reader_counts_it() -> None:
    written_twice = json.dumps(body_of(PLAIN)).replace('"id": "wamid.HBgL"', '"id": "wamid.A", "id": "wamid.B"')

    assert is_agreed(written_twice.encode())
