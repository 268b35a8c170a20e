"""From the bytes of a webhook body to plain Python objects, quickly when the body is good, patiently when it is not."""

from __future__ import annotations

import json
import re
from typing import Final

import msgspec

MAX_DEPTH: Final = 100
"""What is nested deeper than this is dropped, but only from bodies that cannot be read otherwise."""

_QUICK: Final = msgspec.json.Decoder()
_LONGEST_INTEGER: Final = 4_000  # Python refuses to convert more than 4,300 digits
_BRACKET_OR_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


def decode(content: bytes) -> object:
    """The JSON document in *content*. Raises ValueError when it is none."""
    try:
        return _QUICK.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return decode_patiently(content)


def decode_patiently(content: bytes) -> object:
    """As ``decode``, with room for what the standard forbids: lone surrogates, invalid UTF-8, control characters, NaN.

    Bytes that are not UTF-8 become lone surrogates, so that no two different ids become the same one.
    """
    try:
        return _parsed(content)
    except RecursionError:
        return _parsed(_shallow(content))


def _parsed(content: bytes) -> object:
    document: object = _PATIENT.decode(content.decode("utf-8", "surrogateescape").removeprefix("\ufeff"))
    return document


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits


def _constant(name: str) -> str:
    return name


_PATIENT: Final = json.JSONDecoder(strict=False, parse_int=_integer, parse_constant=_constant)


def _shallow(content: bytes) -> bytes:
    """*content* with everything deeper than ``MAX_DEPTH`` replaced by null, so that its neighbours can be read."""
    kept: list[bytes] = []
    start = depth = 0
    for token in _BRACKET_OR_STRING.finditer(content):
        mark = token.group()
        if mark in (b"[", b"{"):
            depth += 1
            if depth == MAX_DEPTH + 1:
                kept += (content[start : token.start()], b"null")
        elif mark in (b"]", b"}"):
            if depth == MAX_DEPTH + 1:
                start = token.end()
            depth -= 1
    if depth <= MAX_DEPTH:
        kept.append(content[start:])
    return b"".join(kept)
