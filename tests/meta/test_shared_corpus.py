"""The bodies that others have published: all of them are understood, but for those listed here with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import TypeGuard

import pytest
from tests.meta import corpus

from wabawatch.domain.facts import Fact, Unrecognised, Why
from wabawatch.meta.webhooks import Parsed, parse

RECEIVED_AT = 1_795_219_200_000  # 2026-11-21; all bodies are older

UNPARSED = {
    "_multi/1entryx4changes--wa-cloud-sdk.json entry[0].changes[3].value": (
        "a test author's template_category_update with an empty value: it names neither a template nor a category"
    ),
}
"""What gives no fact, and why that is right."""


@pytest.fixture(scope="module")
def parsed(shared_corpus: Path) -> dict[str, Parsed]:
    return {
        path.relative_to(shared_corpus).as_posix(): parse(path.read_bytes(), received_at=RECEIVED_AT)
        for path in sorted(shared_corpus.rglob("*.json"))
    }


def test_there_are_as_many_bodies_as_its_index_says(parsed: dict[str, Parsed]) -> None:
    assert len(parsed) >= 191


def test_only_what_is_listed_here_is_not_understood(parsed: dict[str, Parsed]) -> None:
    found = {f"{name} {fact.path}" for name, body in parsed.items() for fact in body.facts if _is_unparsed(fact)}

    assert found == set(UNPARSED)


def _is_unparsed(fact: Fact) -> TypeGuard[Unrecognised]:
    return isinstance(fact, Unrecognised) and fact.why is Why.UNPARSED


def test_every_body_but_the_empty_one_gives_a_fact(parsed: dict[str, Parsed]) -> None:
    assert [name for name, body in parsed.items() if not body.facts] == ["_empty/empty--piusalfred.json"]


def test_every_known_field_gives_a_fact_that_is_understood(parsed: dict[str, Parsed]) -> None:
    alone = {body.fields[0]: body for body in parsed.values() if len(body.fields) == 1}

    silent = {field for field, body in alone.items() if all(isinstance(fact, Unrecognised) for fact in body.facts)}

    assert silent == {"unknown_field_xyz"}


def test_a_body_of_eighteen_fields_gives_facts_of_all_of_them(parsed: dict[str, Parsed]) -> None:
    body = parsed["_multi/1entryx18changes--kapso.json"]

    assert len(body.fields) == 18
    assert not [fact for fact in body.facts if _is_unparsed(fact)]


def test_what_they_give_can_be_stored(parsed: dict[str, Parsed]) -> None:
    assert all(corpus.storable(fact) for body in parsed.values() for fact in body.facts)
