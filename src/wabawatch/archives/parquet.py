"""Archived messages as Parquet: typed columns that any tool reads, compressed with zstd as small as they go."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

import msgspec

from wabawatch.domain.archives import KINDS, ArchivedMessage, Kind
from wabawatch.domain.facts import Millis

T = TypeVar("T")

GROUP = 50_000
"""Rows of a group: so many are held compressed until they are written"""
PAGE = 1_000
COMPRESSION = "zstd(15)"
_DISTINCT = ("wamid", "contact", "local_ids", "at", "id", "sent_after", "delivered_after", "read_after")
"""Columns whose values hardly repeat: a dictionary of them is only longer"""


class Written(NamedTuple):
    """What went into a file."""

    rows: int
    first_at: Millis
    last_at: Millis
    digest: bytes
    """Of all its rows: what is read back must have the same"""


class RowDigest:
    """The digest of rows in their order."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._encode = msgspec.msgpack.Encoder().encode
        self.rows = 0
        self.first_at = self.last_at = 0

    def add(self, some: Sequence[ArchivedMessage]) -> None:
        """Count in *some*."""
        if not some:
            return
        for each in some:
            self._hash.update(self._encode(each))
        times = [each.at for each in some]
        self.first_at = min(times) if not self.rows else min(self.first_at, *times)
        self.last_at = max(self.last_at, *times)
        self.rows += len(some)

    def written(self) -> Written:
        """What was counted in."""
        return Written(self.rows, self.first_at, self.last_at, self._hash.digest())


def write(file: BinaryIO, pages: Iterable[Sequence[ArchivedMessage]]) -> Written:
    """Write *pages*, which are held one at a time."""
    # Imported where they are used: only a process that archives or reads an archive needs them.
    from arro3.core import DataType, Field, RecordBatchReader, Schema
    from arro3.io import write_parquet

    types = {
        Kind.WHOLE: DataType.int64(),
        Kind.TIME: DataType.timestamp("ms", tz="UTC"),
        Kind.TEXT: DataType.utf8(),
        Kind.BYTES: DataType.binary(),
    }
    schema = Schema([Field(name, types[kind], nullable=True) for name, kind in KINDS.items()])
    digest = RowDigest()
    sink = _Sink(file)
    source = _Source(pages, sink)
    reader = RecordBatchReader.from_batches(schema, _batches(schema, types, source, digest))
    try:
        write_parquet(
            reader,
            sink,  # type: ignore[arg-type]
            compression=COMPRESSION,
            max_row_group_size=GROUP,
            column_dictionary_enabled=dict.fromkeys(_DISTINCT, False),
            column_encoding={name: _encoding(name) for name in _DISTINCT},
            created_by="wabawatch",
            skip_arrow_metadata=True,
        )
    except Exception as error:
        raise source.error or error from None
    if sink.error is not None:
        raise sink.error
    return digest.written()


class _Sink:
    """A file, and why it could not be written: the library would panic. What comes after that goes nowhere."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, some: bytes) -> int:
        """Write *some*."""
        if self.error is None:
            try:
                return self._file.write(some)
            except OSError as error:
                self.error = error
        return len(some)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _Source:
    """Pages, and what ended them: the library makes another exception of it. No more come than *sink* takes."""

    def __init__(self, pages: Iterable[Sequence[ArchivedMessage]], sink: _Sink) -> None:
        self._pages, self._sink = pages, sink
        self.error: BaseException | None = None

    def __iter__(self) -> Iterator[Sequence[ArchivedMessage]]:
        try:
            for page in self._pages:
                if self._sink.error is not None:
                    return
                yield page
        except BaseException as error:
            self.error = error
            raise


def _encoding(name: str) -> Any:
    is_number = KINDS[name] in (Kind.WHOLE, Kind.TIME)
    return "delta_binary_packed" if is_number else "delta_length_byte_array"


def _batches(
    schema: Any, types: dict[Kind, Any], pages: Iterable[Sequence[ArchivedMessage]], digest: RowDigest
) -> Iterator[Any]:
    from arro3.core import Array, RecordBatch

    whole = types[Kind.WHOLE]
    for page in pages:
        if not page:
            continue
        digest.add(page)
        arrays = []
        for kind, cells in zip(KINDS.values(), zip(*page, strict=True), strict=True):
            is_time = kind is Kind.TIME
            array = Array(cells, whole if is_time else types[kind])
            arrays.append(array.cast(types[kind]) if is_time else array)
        yield RecordBatch.from_arrays(arrays, schema=schema)


def read(path: Path) -> Iterator[list[ArchivedMessage]]:
    """The messages of a file, page by page. Raises OSError, and ValueError when it is none of ours or damaged."""
    return _pages(path, _messages)


class Some(NamedTuple):
    """Which messages of a file are wanted."""

    template_use: str
    start: Millis
    """Cohort time from this up to but not including *end*"""
    end: Millis
    most: int
    """So many of each page, the newest"""


def read_some(path: Path, wanted: Some) -> Iterator[tuple[int, ArchivedMessage]]:
    """The messages of a file that are *wanted*, each with its place in the file. Raises as `read`, and takes a
    twentieth of the time: the others are not made of their columns."""
    from arro3.core import Array, DataType

    use, time = (list(KINDS).index(name) for name in ("template_use", "at"))

    def of(batch: Any) -> tuple[list[int], list[ArchivedMessage], int]:
        at = batch.columns[time].cast(DataType.int64()).to_pylist()
        uses = batch.columns[use].to_pylist()
        found = [i for i, each in enumerate(uses) if each == wanted.template_use and wanted.start <= at[i] < wanted.end]
        found = sorted(found, key=at.__getitem__, reverse=True)[: wanted.most]
        return found, _messages(batch.take(Array(found, DataType.uint32()))) if found else [], batch.num_rows

    first = 0
    for rows, some, n in _pages(path, of):
        yield from ((first + row, each) for row, each in zip(rows, some, strict=True))
        first += n


def _messages(batch: Any) -> list[ArchivedMessage]:
    from arro3.core import DataType

    columns = [
        (column.cast(DataType.int64()) if kind is Kind.TIME else column).to_pylist()
        for kind, column in zip(KINDS.values(), batch.columns, strict=True)
    ]
    return [ArchivedMessage._make(row) for row in zip(*columns, strict=True)]


def _pages(path: Path, of: Callable[[Any], T]) -> Iterator[T]:
    from arro3.io import read_parquet

    try:
        for batch in read_parquet(str(path), batch_size=PAGE):
            if batch.schema.names != list(KINDS):
                raise ValueError("its columns are not those of an archive")
            yield of(batch)
    except OSError:
        raise
    except BaseException as error:
        # What the library does not expect in a file makes it panic, which is no Exception and cannot be imported.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise ValueError(str(error)) from error
        raise
