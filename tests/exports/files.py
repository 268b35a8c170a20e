"""Files of exports, read back by programs that have nothing to do with those that wrote them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from wabawatch.domain.export_columns import Column, Kind, Row, columns_of
from wabawatch.domain.exports import Format, Order

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_back(content: bytes, order: Order) -> list[Row]:
    """The rows in a file, as they were before they were written."""
    columns = columns_of(order.columns)
    return {
        Format.CSV: _csv,
        Format.XLSX: _xlsx,
        Format.JSONL: _jsonl,
        Format.PARQUET: _parquet,
    }[order.format](content, columns)


def _csv(content: bytes, columns: Sequence[Column]) -> list[Row]:
    header, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    assert header == [column.name for column in columns]
    return [tuple(_of_text(cell, column.kind) for cell, column in zip(line, columns, strict=True)) for line in lines]


def _of_text(cell: str, kind: Kind) -> Any:
    if kind is Kind.TEXT:
        return cell[1:] if cell.startswith("'") else cell
    if not cell:
        return None
    match kind:
        case Kind.WHOLE:
            return int(cell)
        case Kind.TIME:
            return _millis(cell)
        case _:
            return {"true": True, "false": False}[cell]


def _millis(text: str) -> int:
    assert text.endswith("Z")
    return round((datetime.fromisoformat(text) - EPOCH) / timedelta(milliseconds=1))


def _jsonl(content: bytes, columns: Sequence[Column]) -> list[Row]:
    rows = []
    for line in content.split(b"\n")[:-1]:
        told = json.loads(line)
        assert list(told) == [column.name for column in columns]
        rows.append(
            tuple(
                _millis(told[column.name]) if column.kind is Kind.TIME and told[column.name] else told[column.name]
                for column in columns
            )
        )
    return rows


def _parquet(content: bytes, columns: Sequence[Column]) -> list[Row]:
    from arro3.core import Array, DataType, Table
    from arro3.io import read_parquet

    table = Table.from_arrow(read_parquet(io.BytesIO(content)))
    assert table.column_names == [column.name for column in columns]
    found = []
    for column in columns:
        cells = []
        for chunk in table[column.name].chunks:
            whole = Array.from_arrow(chunk)
            cells += (whole.cast(DataType.int64()) if column.kind is Kind.TIME else whole).to_pylist()
        found.append(cells)
    return list(zip(*found, strict=True)) if found and found[0] else []


def _xlsx(content: bytes, columns: Sequence[Column]) -> list[Row]:
    book = load_workbook(io.BytesIO(content), read_only=True)
    rows: list[Row] = []
    for sheet in book.worksheets[:-1]:
        header, *lines = sheet.iter_rows(max_col=len(columns))
        assert [cell.value for cell in header] == [column.name for column in columns]
        rows += [
            tuple(_of_cell(cell, column.kind) for cell, column in zip(line, columns, strict=True)) for line in lines
        ]
    assert book.worksheets[-1].title == "About"
    return rows


def _of_cell(cell: Any, kind: Kind) -> Any:
    value = cell.value
    assert cell.data_type != "f", "a formula"
    if kind is Kind.TEXT:
        assert value is None or cell.data_type in ("s", "inlineStr"), cell.data_type
        return unescape(value) if value is not None else ""
    if kind is Kind.TIME and value is not None:
        assert isinstance(value, datetime)
        return round((value.replace(tzinfo=UTC) - EPOCH) / timedelta(milliseconds=1))
    return value
