"""The quick and the patient decoder say the same, and the patient one reads what the quick one refuses."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.meta import corpus

from wabawatch.domain.facts import Fact, Unrecognised
from wabawatch.meta.decoding import MAX_DEPTH, decode, decode_patiently
from wabawatch.meta.webhooks import parse

NUMBERS = st.integers() | st.floats(allow_nan=False)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4))


@given(VALUES, st.booleans())
def test_what_the_quick_decoder_takes_the_patient_one_reads_alike(value: Any, ascii_only: bool) -> None:
    content = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        quick = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return

    assert decode_patiently(content) == quick
    assert decode(content) == quick


@given(st.binary())
def test_bytes_are_a_document_or_refused(content: bytes) -> None:
    try:
        quick = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return

    assert decode_patiently(content) == quick


@pytest.mark.parametrize("path", corpus.bodies(), ids=corpus.name)
def test_both_ways_of_decoding_a_body_end_in_the_same_facts(path: Path) -> None:
    """A byte order mark is enough to send a body the patient way."""
    content = path.read_bytes()

    quick = parse(content, received_at=corpus.RECEIVED_AT)
    patient = parse(b"\xef\xbb\xbf" + content, received_at=corpus.RECEIVED_AT)

    assert list(filter(_is_from_inside, patient.facts)) == list(filter(_is_from_inside, quick.facts))
    assert patient.fields == quick.fields


def _is_from_inside(fact: Fact) -> bool:
    """Whether a fact is about a part of a body, not about the body as a whole, whose bytes it shows."""
    return not isinstance(fact, Unrecognised) or fact.path != ""


@pytest.mark.parametrize(
    ("content", "document"),
    [
        (b'"\\ud800"', "\ud800"),
        (b'"\xff"', "\udcff"),
        (b'"a\nb\x00"', "a\nb\x00"),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b'{"a":NaN}', {"a": "NaN"}),
        (b'{"a":-Infinity}', {"a": "-Infinity"}),
        (b"1e999", math.inf),
        (b"7" * 5_000, "7" * 5_000),
    ],
)
def test_what_the_standard_forbids_is_read_all_the_same(content: bytes, document: object) -> None:
    assert decode(content) == document


def test_a_deep_value_becomes_null_and_the_rest_stays() -> None:
    content = b'{"a":1,"deep":' + b'[{"]":"\\"["},' * 5_000 + b"0" + b"]" * 5_000 + b',"b":[2]}'

    document = decode(content)

    assert isinstance(document, dict)
    assert (document["a"], document["b"]) == (1, [2])
    assert _depth(document["deep"]) == MAX_DEPTH - 1


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list):
        value, depth = value[-1], depth + 1
    return depth


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1,]", b"{} {}", b"[" * 10_000, b'{"a":"' + b'\\"' * 10_000 + b"[" * 10_000]
)
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(content)
