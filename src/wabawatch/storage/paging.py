"""Rows taken some at a time, by how large they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

ROWS: Final = 100
BYTES: Final = 4 << 20
"""What one transaction writes at most, so that others do not wait for it; one row at least"""


def within(sizes: Sequence[Any], most: int) -> list[Any]:
    """The first keys of *sizes* (keys and bytes) that stay within *most* bytes together; one in any case."""
    some: list[Any] = []
    left = most
    for key, size in sizes:
        left -= size
        if some and left < 0:
            break
        some.append(key)
    return some
