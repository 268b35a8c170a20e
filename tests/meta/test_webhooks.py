"""Every body of the corpus gives exactly the facts that stand beside it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from tests.meta import corpus

from wabawatch.domain.facts import Fact, Feed, MessageEchoed, MessageReceived, StatusChanged, Unrecognised
from wabawatch.meta.webhooks import FIELDS, OBJECT, parse


def facts_of(path: Path) -> tuple[Fact, ...]:
    return parse(path.read_bytes(), received_at=corpus.RECEIVED_AT).facts


@pytest.mark.parametrize("path", corpus.bodies(), ids=corpus.name)
def test_a_body_gives_the_facts_beside_it(path: Path) -> None:
    assert [corpus.readable(fact) for fact in facts_of(path)] == corpus.expected(path)


@pytest.mark.parametrize("path", corpus.bodies(), ids=corpus.name)
def test_what_a_body_gives_can_be_stored(path: Path) -> None:
    assert all(corpus.storable(fact) for fact in facts_of(path))


def test_the_corpus_has_a_body_for_every_field() -> None:
    shown = {field for path in corpus.bodies() for field in parse(path.read_bytes(), received_at=0).fields}

    assert set(FIELDS) <= shown


@pytest.mark.parametrize("path", corpus.bodies(), ids=corpus.name)
def test_an_imported_body_gives_the_same_facts_but_none_is_live(path: Path) -> None:
    imported = parse(path.read_bytes(), received_at=corpus.RECEIVED_AT, is_live=False).facts

    assert not any(fact.when.is_live for fact in imported)
    assert imported == tuple(_historic(fact) for fact in facts_of(path))


def _historic(fact: Fact) -> Fact:
    when = fact.when._replace(is_live=False)
    return fact._replace(when=when) if isinstance(fact, StatusChanged) else dataclasses.replace(fact, when=when)


@pytest.mark.parametrize("case", ["messages-statuses-echoes-calls-in-one-value", "status-metadata-as-people-write-it"])
def test_messages_say_how_people_dial_the_business(case: str) -> None:
    body = (corpus.FOLDER / "messages" / f"{case}.json").read_text()
    metadata = json.loads(body)["entry"][0]["changes"][0]["value"]["metadata"]
    digits = "".join(filter(str.isdigit, metadata["display_phone_number"]))

    facts = parse(body.encode(), received_at=corpus.RECEIVED_AT).facts

    told = [f.display_number for f in facts if isinstance(f, StatusChanged | MessageReceived | MessageEchoed)]
    assert set(told) == {digits}


def test_messages_of_a_synthetic_body_say_so() -> None:
    path = corpus.FOLDER / "messages" / "messages-statuses-echoes-calls-in-one-value.json"

    facts = parse(path.read_bytes(), received_at=corpus.RECEIVED_AT, is_synthetic=True).facts

    feeds = [fact.feed for fact in facts if isinstance(fact, StatusChanged | MessageReceived | MessageEchoed)]
    assert feeds == [Feed.SYNTHETIC] * 3


def test_fields_are_named_once_in_their_order_also_the_unknown_ones() -> None:
    path = corpus.FOLDER / "unknown_fields" / "field-of-tomorrow.json"

    assert parse(path.read_bytes(), received_at=corpus.RECEIVED_AT).fields == ("quantum_update", "messages")


def test_a_body_of_a_thousand_statuses_gives_a_thousand_facts() -> None:
    statuses = [{"id": f"wamid.{n}", "status": "sent", "timestamp": "1795175970"} for n in range(1000)]
    value = {"metadata": {"phone_number_id": "1"}, "statuses": statuses}
    body = {"object": OBJECT, "entry": [{"id": "2", "changes": [{"field": "messages", "value": value}]}]}

    facts = parse(json.dumps(body).encode(), received_at=corpus.RECEIVED_AT).facts

    assert [fact.wamid for fact in facts if isinstance(fact, StatusChanged)] == [f"wamid.{n}" for n in range(1000)]


PRIVATE = (
    "Is it open",
    "Look at this",
    "Anna Example",
    "Ben Example",
    "Cleo",
    "bill.pdf",
    "media.example",
    "private",
    "long ago",
    "chat.example/secret",
    "Hello",
    "Home",
)


@pytest.mark.parametrize("path", corpus.bodies(), ids=corpus.name)
def test_no_fact_holds_what_people_wrote_or_are_called(path: Path) -> None:
    """Only what was not understood is kept as it came."""
    told = str([corpus.readable(fact) for fact in facts_of(path) if not isinstance(fact, Unrecognised)])

    assert [word for word in PRIVATE if word in told] == []
