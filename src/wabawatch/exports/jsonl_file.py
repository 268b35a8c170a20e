"""An export as JSON lines: an object for each message, with the names of the columns; null is what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import BinaryIO

import msgspec

from wabawatch.domain.export_columns import Cell, Kind, Row, columns_of
from wabawatch.domain.exports import Order
from wabawatch.wire import iso


def write(file: BinaryIO, order: Order, batches: Iterable[Sequence[Row]]) -> int:
    """Write a line for each row. Gives 0: a text has no sheets."""
    columns = columns_of(order.columns)
    times = [place for place, column in enumerate(columns) if column.kind is Kind.TIME]
    encoder = msgspec.json.Encoder()
    for rows in batches:
        file.write(encoder.encode_lines([_object(order.columns, row, times) for row in rows]))
    return 0


def _object(names: Sequence[str], row: Row, times: Sequence[int]) -> dict[str, Cell]:
    said = list(row)
    for place in times:
        at = row[place]
        said[place] = iso(at) if isinstance(at, int) else None
    return dict(zip(names, said, strict=True))
