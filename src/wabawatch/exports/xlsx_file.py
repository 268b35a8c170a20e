"""An export as a workbook (ECMA-376), streamed: nothing of it is held but the row in hand.

Texts are written as strings, so a spreadsheet never takes one for a formula; times as its own dates, shown as ISO 8601
in UTC; numbers as numbers. A sheet takes 1,048,576 rows: what is more goes on in the next one, and the last sheet says
so. (XlsxWriter writes a temporary file of the whole sheet first: docs/decisions/0015-exports.md.)
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import IO, BinaryIO
from xml.sax.saxutils import escape

from wabawatch.domain.export_columns import Cell, Column, Kind, Row, columns_of
from wabawatch.domain.exports import Order
from wabawatch.exports import xlsx_parts as parts

MOST_ROWS = 1_048_575
"""Rows of a sheet below its header"""
MOST_BYTES = 1_900_000_000
"""Of a sheet before it is compressed: above 2 GiB the container needs an extension that Excel repairs with a warning"""
MOST_CHARACTERS = 32_767
"""Of a cell, in UTF-16"""
EPOCH_DAYS, DAY_MS = 25_569, 86_400_000
"""1970 as a spreadsheet counts days, and a day"""
TIME_STYLE, HEADER_STYLE = 2, 1


def write(file: BinaryIO, order: Order, batches: Iterable[Sequence[Row]], most_rows: int = MOST_ROWS) -> int:
    """Write the rows, and a sheet about them. Gives over how many sheets they are spread."""
    columns = columns_of(order.columns)
    rows = chain.from_iterable(batches)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        counts: list[int] = []
        following = next(rows, None)
        while following is not None or not counts:
            some = chain([following] if following is not None else [], rows)
            counts.append(_sheet(book, len(counts) + 1, columns, some, most_rows))
            following = next(rows, None)
        with _part(book, f"xl/worksheets/sheet{len(counts) + 1}.xml") as sheet:
            sheet.write(_about(order, counts).encode())
        for name, content in parts.around(len(counts)).items():
            book.writestr(name, content)
    return len(counts)


def _part(book: zipfile.ZipFile, name: str) -> IO[bytes]:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info._compresslevel = 1  # type: ignore[attr-defined]  # no public way before Python 3.13
    return book.open(info, "w")


def _sheet(book: zipfile.ZipFile, number: int, columns: Sequence[Column], rows: Iterator[Row], most_rows: int) -> int:
    """Write a sheet with as many of *rows* as it takes; gives how many."""
    spelled = [(parts.letters(place), _SPELLED[column.kind]) for place, column in enumerate(columns)]
    n = size = 0
    with _part(book, f"xl/worksheets/sheet{number}.xml") as sheet:
        sheet.write(parts.sheet_head([column.name for column in columns], HEADER_STYLE).encode())
        waiting: list[str] = []
        for n, row in enumerate(rows, 1):
            waiting.append(_row(n + 1, row, spelled))
            if len(waiting) == 500:
                size += sheet.write("".join(waiting).encode("utf-8", "replace"))
                waiting.clear()
            if n == most_rows or size > MOST_BYTES:
                break
        sheet.write("".join(waiting).encode("utf-8", "replace"))
        sheet.write(parts.sheet_tail(len(columns), n + 1).encode())
    return n


def _row(number: int, row: Row, spelled: Sequence[tuple[str, Callable[[str, Cell], str]]]) -> str:
    cells = [
        say(f"{letter}{number}", cell)
        for (letter, say), cell in zip(spelled, row, strict=True)
        if cell is not None and cell != ""
    ]
    return f'<row r="{number}">{"".join(cells)}</row>'


def _text(place: str, cell: Cell) -> str:
    said = str(cell)
    if _PLAIN.fullmatch(said) and "_x" not in said:
        return f'<c r="{place}" t="inlineStr"><is><t>{said}</t></is></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{spelt(said)}</t></is></c>'


_PLAIN = re.compile(r"[!-%'-;=?-~]{0,1000}")
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def spelt(text: str) -> str:
    """*text* as the content of a cell: what XML has no sign for is _xHHHH_, and what looks so is made plain."""
    said = text.encode("utf-16-le", "replace")[: 2 * MOST_CHARACTERS].decode("utf-16-le", "ignore")
    return escape(_ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", said))


def _whole(place: str, cell: Cell) -> str:
    return f'<c r="{place}"><v>{cell}</v></c>'


def _time(place: str, cell: Cell) -> str:
    assert isinstance(cell, int)
    return f'<c r="{place}" s="{TIME_STYLE}"><v>{cell / DAY_MS + EPOCH_DAYS!r}</v></c>'


def _switch(place: str, cell: Cell) -> str:
    return f'<c r="{place}" t="b"><v>{1 if cell else 0}</v></c>'


_SPELLED: dict[Kind, Callable[[str, Cell], str]] = {
    Kind.TEXT: _text,
    Kind.WHOLE: _whole,
    Kind.TIME: _time,
    Kind.SWITCH: _switch,
}


def _about(order: Order, counts: Sequence[int]) -> str:
    """The sheet that says what the others hold."""
    lines: list[tuple[str, Cell]] = [
        ("Messages in all", sum(counts)),
        ("Times", "UTC"),
        ("Phone numbers and wamids", "masked" if order.is_masked else "whole"),
        ("Sheets", len(counts)),
    ]
    if len(counts) > 1:
        lines.append(("Why several sheets", f"A sheet of a workbook takes {MOST_ROWS + 1:,} rows; the rest follows"))
        lines += [(parts.title(number), n) for number, n in enumerate(counts, 1)]
    said = "".join(
        f'<row r="{i}">{_text(f"A{i}", name)}{(_whole if isinstance(value, int) else _text)(f"B{i}", value)}</row>'
        for i, (name, value) in enumerate(lines, 1)
    )
    widths = f"<cols>{parts.width(1, 28)}{parts.width(2, 60)}</cols>"
    return f"{parts.XML}<worksheet {parts.MAIN}>{widths}<sheetData>{said}</sheetData></worksheet>"
