"""The cells of an export say what the API says of the same message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.facts import message_facts
from wabawatch.domain.export_columns import COLUMNS, NAMES, Kind, cells
from wabawatch.domain.messages import Message, fold
from wabawatch.domain.standing import Judgement, TemplateUse
from wabawatch.ports import Held
from wabawatch.web.masking import masked
from wabawatch.web.message_answers import MessageRow, row_of
from wabawatch.wire import iso

judgements = st.builds(
    Judgement,
    use=st.sampled_from(TemplateUse),
    template_status=st.sampled_from(("", "APPROVED")),
    quality_rating=st.sampled_from(("", "GREEN")),
)
messages = st.lists(message_facts, min_size=1, max_size=4).map(lambda facts: _folded(facts))


def _folded(facts: list[Any]) -> Message:
    message = Message()
    for fact in facts:
        message = fold(message, fact)
    return message


def _as_told(row: MessageRow) -> dict[str, Any]:
    """A row of the API under the names of columns."""
    told: dict[str, Any] = msgspec.to_builtins(row)
    contact, template = told.pop("contact") or {}, told.pop("template") or {}
    told |= {"contact": contact.get("value", ""), "contact_kind": contact.get("kind", "")}
    told |= {"template_name": template.get("name", ""), "template_language": template.get("language", "")}
    return told


@given(messages, judgements, st.booleans())
def test_they_are_the_same_whole_and_masked(message: Message, judgement: Judgement, is_masked: bool) -> None:
    row = row_of(Held(7, message, judgement), 0)

    found = dict(zip(NAMES, cells(7, message, judgement, 0, is_masked=is_masked), strict=True))

    for column in COLUMNS:
        if column.kind is Kind.TIME:
            at = found[column.name]
            assert at is None or isinstance(at, int)
            found[column.name] = iso(at)
        if column.kind is Kind.TEXT:
            assert isinstance(found[column.name], str)
    prices = {name: found.pop(name) for name in ("pricing_model", "pricing_type", "billable")}
    told = _as_told(masked(row) if is_masked else row)
    assert found == {name: "" if told[name] is None and _kind(name) is Kind.TEXT else told[name] for name in found}
    assert set(told) == set(found)
    if message.pricing is None:
        assert prices == {"pricing_model": "", "pricing_type": "", "billable": None}


def _kind(name: str) -> Kind:
    return COLUMNS[NAMES.index(name)].kind


@pytest.mark.parametrize("column", COLUMNS, ids=NAMES)
def test_every_column_says_what_it_means(column: Any) -> None:
    assert column.meaning
    assert column.name == column.name.lower()


def test_the_documents_list_the_columns_in_their_order() -> None:
    page = (Path(__file__).parents[2] / "docs" / "exports.md").read_text("utf-8")

    rows = [f"| `{column.name}` | {column.kind} | {column.meaning} |" for column in COLUMNS]
    assert "\n".join(rows) in page
