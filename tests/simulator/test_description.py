"""What an answer has that a description does not allow is found."""

from __future__ import annotations

import pytest
from tests.support.meta_openapi import Description

NUMBER = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "tags": {"$ref": "#/components/schemas/Tags"}},
}
TAGS = {"type": "array", "items": {"oneOf": [{"type": "object", "properties": {"word": {"enum": ["A"]}}}]}}
ERROR = {"type": "object", "properties": {"error": {"type": "object"}}}


def described() -> Description:
    answers = {"200": {"content": {"application/json": {"schema": NUMBER}}}}
    schemas = {"Tags": TAGS, "GraphAPIError": ERROR}
    return Description(
        {"paths": {"/{Version}/{N}": {"get": {"responses": answers}}}, "components": {"schemas": schemas}}
    )


def found(answer: object, status: int = 200) -> list[str]:
    return [one.member for one in described().problems("GET /{N}", status, answer)]


@pytest.mark.parametrize(
    ("answer", "members"),
    [
        ({"id": "1", "tags": [{"word": "A"}, {}]}, []),
        ({"tags": []}, [""]),
        ({"id": 1}, ["id"]),
        ({"id": "1", "colour": "red"}, ["colour"]),
        ({"id": "1", "tags": [{"word": "A", "colour": "red"}]}, ["tags[].colour"]),
    ],
)
def test_what_is_wrong_is_found_where_it_is(answer: object, members: list[str]) -> None:
    assert found(answer) == members


def test_a_word_that_is_not_in_the_list_is_found() -> None:
    assert "tags[]" in found({"id": "1", "tags": [{"word": "B"}]})


def test_an_error_that_is_not_described_is_held_to_errors_in_general() -> None:
    assert found({"error": {"anything": 1}}, 503) == []
    assert found({"fault": {}}, 503) == ["fault"]


def test_a_success_that_is_not_described_is_a_problem() -> None:
    assert found({}, 201) == [""]


def test_an_operation_is_known_or_not() -> None:
    assert described().describes("GET /{N}")
    assert not described().describes("POST /{N}")
