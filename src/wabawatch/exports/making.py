"""A search from its newest message to its oldest, page by page, into a file that is whole or not there."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from wabawatch.domain.export_columns import NAMES, Row, cells
from wabawatch.domain.exports import Format, Made, Order, Outline, Progress
from wabawatch.domain.search import MessageFilter
from wabawatch.exports import csv_file, jsonl_file, parquet_file, xlsx_file
from wabawatch.exports_ports import Source
from wabawatch.storage.folders import sync_folder

PAGE = 2_000
"""Messages of a page: some 100 ms of work, and a transaction that is short"""
TOLD_EVERY_S = 0.5
PART = ".part"
"""At the end of the name of a file that is not whole yet"""
Tell = Callable[[Progress], None]

WRITERS: Mapping[Format, Callable[..., int]] = {
    Format.CSV: csv_file.write,
    Format.XLSX: xlsx_file.write,
    Format.JSONL: jsonl_file.write,
    Format.PARQUET: parquet_file.write,
}


def make(source: Source, order: Order, wanted: MessageFilter, path: Path, tell: Tell, page: int = PAGE) -> Made:
    """Write all messages that are *wanted* to *path*, telling how far it is; on return the file is whole and durable.

    Whatever is there of an earlier try is written anew. Raises StoreUnavailable, OSError; then nothing is at *path*.
    """
    part = path.with_name(path.name + PART)
    part.unlink(missing_ok=True)
    counted = Counted()
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            rows = counted.batches(source, order, wanted, tell, page)
            sheets = WRITERS[order.format](file, order, rows)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.seek(0, os.SEEK_END)
        part.replace(path)
        sync_folder(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return Made(counted.rows, sheets, size, digest)


class Counted:
    """The rows of a search, counted as they pass."""

    def __init__(self) -> None:
        self.rows = 0
        self._told_at = 0.0

    def batches(
        self, source: Source, order: Order, wanted: MessageFilter, tell: Tell, page: int
    ) -> Iterator[Sequence[Row]]:
        """The cells that *order* asks for, of the newest message first."""
        outline = source.outline(wanted)
        tell(Progress(0, 0.0, outline.total))
        choose = _chooser(order)
        place = None
        while True:
            found = source.search(wanted, place, page)
            rows = [
                choose(cells(each.id, each.message, each.judgement, found.swept_until, is_masked=order.is_masked))
                for each in found.held
            ]
            yield rows
            self.rows += len(rows)
            place = found.following
            if place is None:
                tell(Progress(self.rows, 1.0, outline.total))
                return
            self._tell(tell, outline, place.at)

    def _tell(self, tell: Tell, outline: Outline, at: int) -> None:
        if time.monotonic() - self._told_at >= TOLD_EVERY_S:
            self._told_at = time.monotonic()
            tell(Progress(self.rows, outline.share(at), outline.total))


def _chooser(order: Order) -> Callable[[Row], Row]:
    if order.columns == NAMES:
        return lambda row: row
    places = [NAMES.index(name) for name in order.columns]
    if len(places) == 1:
        return lambda row: (row[places[0]],)
    return _as_row(itemgetter(*places))


def _as_row(getter: Any) -> Callable[[Row], Row]:
    # Any: of several places an itemgetter gives a tuple.
    return lambda row: getter(row)
