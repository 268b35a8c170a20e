"""An export as CSV: RFC 4180, UTF-8, times as ISO 8601 in UTC, and no cell that a spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

from wabawatch.domain.export_columns import Cell, Kind, Row, columns_of
from wabawatch.domain.exports import Order
from wabawatch.wire import iso

BOM = "\ufeff"
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a formula, or a cell that becomes one, begins with, also in the wide forms (OWASP, CSV injection)"""
QUOTE = "'"
"""Stands before a text that begins with one of these, or with itself: so taking one away gives what was stored"""


def write(file: BinaryIO, order: Order, batches: Iterable[Sequence[Row]]) -> int:
    """Write a header and a line for each row. Gives 0: a text has no sheets."""
    columns = columns_of(order.columns)
    text = io.TextIOWrapper(file, "utf-8", errors="replace", newline="", write_through=False)
    if order.has_bom:
        text.write(BOM)
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(order.columns)
    spell = [_SPELLED[column.kind] for column in columns]
    for rows in batches:
        lines.writerows([say(cell) for say, cell in zip(spell, row, strict=True)] for row in rows)
    text.flush()
    text.detach()
    return 0


def harmless(text: Cell) -> str:
    """*text* so that no spreadsheet takes it for a formula."""
    said = str(text)
    return QUOTE + said if said.startswith((*RISKY, QUOTE)) else said


def _number(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _time(cell: Cell) -> str:
    return (isinstance(cell, int) and iso(cell)) or ""


def _switch(cell: Cell) -> str:
    return "" if cell is None else "true" if cell else "false"


_SPELLED: dict[Kind, Callable[[Cell], str]] = {
    Kind.TEXT: harmless,
    Kind.WHOLE: _number,
    Kind.TIME: _time,
    Kind.SWITCH: _switch,
}
