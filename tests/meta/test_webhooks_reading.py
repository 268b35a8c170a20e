"""The readers of single values."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from wabawatch.domain.facts import ErrorSeen
from wabawatch.meta.reading import (
    compact,
    errors,
    exact,
    flag,
    integer,
    items,
    lower,
    millis,
    phone,
    text,
    upper,
)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("plain", "plain"),
        ("a\x00b\ud800c", "a\ufffdb\ufffdc"),
        (7, "7"),
        (10**30, "1" + "0" * 30),
        (7.0, "7"),
        (7.5, "7.5"),
        (math.nan, ""),
        (math.inf, ""),
        (True, ""),
        (None, ""),
        (["a"], ""),
        ("x" * 2000, "x" * 1000),
    ],
)
def test_text_can_always_be_stored(value: object, read: str) -> None:
    assert text(value) == read


def test_an_exact_id_keeps_every_character() -> None:
    assert exact("wamid.\x00\ud800" + "x" * 900) == "wamid.\x00\ud800" + "x" * 900
    assert exact(555) == "555"
    assert exact({}) == ""


def test_ids_too_long_for_an_index_stay_apart_although_they_are_cut() -> None:
    one, other = exact("wamid." + "x" * 5000), exact("wamid." + "x" * 4999 + "y")

    assert one != other
    assert max(len(one), len(other)) < 200
    assert one == exact("wamid." + "x" * 5000)


@pytest.mark.parametrize("letter", ["x", "\u00df", "\u0390", "\u023a", "\uffff", "\U0001f600", "\ud800"])
@pytest.mark.parametrize("read", [text, upper, lower, phone, exact])
def test_what_is_read_fits_into_the_row_of_an_index(letter: str, read: Callable[[object], str]) -> None:
    assert 0 < len(read(letter * 1000).encode("utf-8", "surrogatepass")) <= 1000


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("15550101001", "15550101001"),
        ("+15550101001", "15550101001"),
        ("+1 (555) 010-1001", "15550101001"),
        ("1.555.010.1001", "15550101001"),
        (15550101001, "15550101001"),
        ("<PHONE_NUMBER>", "<PHONE_NUMBER>"),
        ("+1 555 SHOP", "+1 555 SHOP"),
        ("\u0661\u0662", "\u0661\u0662"),
        ("+", "+"),
        (None, ""),
    ],
)
def test_a_phone_number_becomes_digits_and_anything_else_stays(value: object, read: str) -> None:
    assert phone(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("1795175970", 1_795_175_970_000),
        (1_795_175_970, 1_795_175_970_000),
        (1_795_175_970.25, 1_795_175_970_250),
        ("1795175970.25", 1_795_175_970_250),
        (1_795_175_970_123, 1_795_175_970_123),
        ("1795175970123", 1_795_175_970_123),
        ("0", 0),
        ("soon", None),
        ("", None),
        ("9" * 400, None),
        (10**30, None),
        (-1, None),
        (math.nan, None),
        (math.inf, None),
        ("inf", None),
        ("nan", None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_a_timestamp_is_read_in_seconds_or_milliseconds(value: object, read: int | None) -> None:
    assert millis(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (131026, 131026),
        ("131026", 131026),
        (131026.0, 131026),
        (2**70, 0),
        ("9" * 30, 0),
        ("x", 0),
        (True, 0),
        (None, 0),
    ],
)
def test_a_code_is_a_number_of_64_bits_or_none(value: object, read: int) -> None:
    assert integer(value) == read


def test_a_flag_is_yes_no_or_unknown() -> None:
    assert [flag(value) for value in (True, False, "true", "false", "maybe", 1, None)] == [
        True,
        False,
        True,
        False,
        None,
        None,
        None,
    ]


def test_a_single_thing_in_place_of_a_list_is_a_list_of_one() -> None:
    assert [items(value) for value in ([1, 2], {"a": 1}, "x", None)] == [[1, 2], [{"a": 1}], ["x"], []]


def test_an_error_keeps_every_word() -> None:
    written = {
        "code": 131049,
        "title": "Title",
        "message": "Message",
        "error_data": {"details": "Details"},
        "error_subcode": 7,
        "fbtrace_id": "Trace",
        "href": "/there",
    }

    assert errors([written]) == (ErrorSeen(131049, "Title", "Message", "Details", 7, "Trace", "/there"),)


def test_compact_leaves_out_keys_at_any_depth() -> None:
    value = {"a": 1, "secret": 2, "list": [{"secret": 3, "b": "\u00e4"}]}

    assert compact(value, frozenset({"secret"})) == '{"a":1,"list":[{"b":"\u00e4"}]}'


def test_compact_escapes_what_cannot_be_stored_and_forgets_what_is_no_json() -> None:
    assert compact({"a": "\ud800\x00", "b": math.nan}) == '{"a":"\\ud800\\u0000","b":null}'


def test_compact_ends_where_nesting_does_not() -> None:
    value: object = "deep"
    for _ in range(10_000):
        value = [value]

    assert compact(value) == "[" * 40 + "null" + "]" * 40
