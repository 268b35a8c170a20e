"""An export as Parquet: typed columns, compressed with zstd, in row groups, so that memory stays small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from wabawatch.domain.export_columns import Column, Kind, Row, columns_of
from wabawatch.domain.exports import Order

GROUP = 50_000
"""Rows of a group: so many are held compressed until they are written"""
COMPRESSION = "zstd(3)"


def write(file: BinaryIO, order: Order, batches: Iterable[Sequence[Row]]) -> int:
    """Write the rows. Gives 0: there are no sheets."""
    # Imported where they are used: only a process that makes such a file needs them.
    from arro3.core import RecordBatchReader, Schema
    from arro3.io import write_parquet

    columns = columns_of(order.columns)
    schema = Schema([_field(column) for column in columns])
    reader = RecordBatchReader.from_batches(schema, _record_batches(schema, columns, batches))
    write_parquet(reader, file, compression=COMPRESSION, max_row_group_size=GROUP)
    return 0


def _field(column: Column) -> Any:
    from arro3.core import Field

    return Field(column.name, _type(column.kind), nullable=column.kind is not Kind.TEXT)


def _type(kind: Kind) -> Any:
    from arro3.core import DataType

    match kind:
        case Kind.TEXT:
            return DataType.utf8()
        case Kind.WHOLE:
            return DataType.int64()
        case Kind.TIME:
            return DataType.timestamp("ms", tz="UTC")
        case Kind.SWITCH:
            return DataType.bool()


def _record_batches(schema: Any, columns: Sequence[Column], batches: Iterable[Sequence[Row]]) -> Iterator[Any]:
    from arro3.core import Array, DataType, RecordBatch

    whole = DataType.int64()
    for rows in batches:
        if not rows:
            continue
        arrays = []
        for column, cells in zip(columns, zip(*rows, strict=True), strict=True):
            kind = _type(column.kind)
            array = Array(cells, whole if column.kind is Kind.TIME else kind)
            arrays.append(array.cast(kind) if column.kind is Kind.TIME else array)
        yield RecordBatch.from_arrays(arrays, schema=schema)
