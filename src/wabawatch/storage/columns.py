"""JSON bodies of few shapes laid out by column, so that they compress: the same member of all bodies side by side.

The layout is lossless for any bytes: a body is cut into its values and what stands between them, and is put together
again from exactly these pieces. Nothing is parsed, so nothing can be normalised away.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TypeAlias

Shape: TypeAlias = tuple[list[bytes], list[int]]
"""What stands between the values of a body, and the column of each value: one piece more than columns."""

Columns: TypeAlias = tuple[list[int], list[Shape], list[list[bytes]]]
"""The shape number of each body, the shapes, and the values by column in the order of the bodies."""

_VALUE = re.compile(rb'(: ?)("[^"\\]*+(?:\\.[^"\\]*+)*+"|-?\d++)', re.DOTALL)
"""A colon and a value. The colon is matched and not looked back for: a pattern that begins with a certain byte is found
three times as fast."""

_MOST_VALUES = 200
"""A body with more is nobody's sibling: it stays in one piece."""

_WAMID = b'"wamid.'
_THIN = b"w"
"""Marks a wamid without its base64. No value begins so: they begin with a quote, a sign or a digit."""


def to_columns(contents: Sequence[bytes]) -> Columns:
    """Lay out *contents* by column."""
    numbers: dict[tuple[tuple[bytes, ...], tuple[bytes, ...]], int] = {}
    shapes: list[Shape] = []
    places: dict[tuple[bytes, int], int] = {}
    columns: list[list[bytes]] = []
    adders: list[list[Callable[[bytes], None]]] = []
    order: list[int] = []
    for content in contents:
        parts = _VALUE.split(content)
        if len(parts) > 3 * _MOST_VALUES:
            parts = [content]
        form = (tuple(parts[::3]), tuple(parts[1::3]))
        number = numbers.get(form)
        if number is None:
            number = numbers[form] = len(shapes)
            between = [text + colon for text, colon in zip_longest(*form, fillvalue=b"")]
            shapes.append((between, _places(between, places)))
            columns.extend([] for _ in range(len(places) - len(columns)))
            adders.append([columns[place].append for place in shapes[number][1]])
        order.append(number)
        for add, value in zip(adders[number], parts[2::3], strict=True):
            add(_thin(value) if value.startswith(_WAMID) else value)
    return order, shapes, columns


def from_columns(columns: Columns) -> list[bytes]:
    """Put the bodies together again, byte for byte."""
    order, shapes, values = columns
    upcoming = [iter(column) for column in values]
    contents = []
    for number in order:
        between, places = shapes[number]
        pieces = [between[0]]
        for place, after in zip(places, between[1:], strict=True):
            pieces += (_thick(next(upcoming[place])), after)
        contents.append(b"".join(pieces))
    return contents


def _places(between: Sequence[bytes], places: dict[tuple[bytes, int], int]) -> list[int]:
    """Give each value a column: one for every (member name, how often the name came before in the same body)."""
    seen: dict[bytes, int] = {}
    result = []
    for part in between[:-1]:
        name = part.rsplit(b'"', 2)[-2:-1]
        key = name[0] if name else b""
        nth = seen[key] = seen.get(key, -1) + 1
        result.append(places.setdefault((key, nth), len(places)))
    return result


def _thin(value: bytes) -> bytes:
    """Take the base64 off a wamid: it hides from the compressor that the phone number stands beside it in clear."""
    coded = value[len(_WAMID) : -1]
    try:
        raw = binascii.a2b_base64(coded, strict_mode=True)
    except binascii.Error:
        return value
    return _THIN + raw if base64.b64encode(raw) == coded else value


def _thick(value: bytes) -> bytes:
    if not value.startswith(_THIN):
        return value
    return b'%b%b"' % (_WAMID, base64.b64encode(value[len(_THIN) :]))
