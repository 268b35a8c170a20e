"""An export: the whole result of a search as a file, made in the background and kept for a while. Pure values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.facts import Millis
from wabawatch.domain.search import MessageFilter

MOST_TRIES = 3
"""So often one is begun: whatever ends its process each time would do so for ever"""
LEASE_MS = 60_000
"""So long the process that makes one may be silent, before another begins it anew"""
ROOM_BYTES = 256 * 1024 * 1024
"""So much more than the reserve must be free on the disk for one to be taken on"""


class Format(StrEnum):
    """What kind of file."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"
    PARQUET = "parquet"


class ExportState(StrEnum):
    """How far one is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNDER_WAY = (ExportState.WAITING, ExportState.RUNNING)


class Order(NamedTuple):
    """What was asked for."""

    format: Format
    columns: tuple[str, ...]
    """Names of `export_columns.COLUMNS`, in that order"""
    is_masked: bool = True
    has_bom: bool = False
    """CSV only: begin with a byte order mark, by which Excel knows that the text is UTF-8"""


class Progress(NamedTuple):
    """How far a file is."""

    rows: int = 0
    share: float = 0.0
    """Of the time range, weighed by how many messages are in it: 0-1"""
    at_most: int = 0
    """So many messages are in the time range, about, whether they are wanted or not; 0: not known"""


NO_PROGRESS = Progress()


class Made(NamedTuple):
    """A file that is whole."""

    rows: int
    sheets: int
    """Of a workbook: over how many its rows are spread; else 0"""
    bytes: int
    sha256: str


class Broken(NamedTuple):
    """A file that will never be whole."""

    why: str
    """A sentence, without anybody's data"""


@dataclass(frozen=True, slots=True)
class Export:
    """An export as it is kept."""

    key: str
    """32 hexadecimal digits, made here: nothing of what anybody wrote is in the name of a file"""
    owner: str
    """Who asked for it, as in the audit trail"""
    order: Order
    wanted: MessageFilter
    made_at: Millis
    state: ExportState = ExportState.WAITING
    tries: int = 0
    """How often it was begun"""
    progress: Progress = NO_PROGRESS
    made: Made | None = None
    """The file; None: there is none"""
    why: str = ""
    """Why it failed"""
    started_at: Millis | None = None
    ended_at: Millis | None = None
    expires_at: Millis | None = None
    """When it is deleted, with its file"""

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or is being made."""
        return self.state in UNDER_WAY

    @property
    def file_name(self) -> str:
        """The file in our folder. With the try in it, so that two processes never write the same one."""
        return f"{self.key}-{self.tries}.{self.order.format}"

    @property
    def title(self) -> str:
        """The name under which it is downloaded."""
        day = datetime.fromtimestamp(self.made_at / 1000, UTC).strftime("%Y-%m-%d")
        return f"wabawatch-messages-{day}-{self.key[:8]}.{self.order.format}"


_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)
_FILE = re.compile(r"([0-9a-f]{32})-([0-9]{1,3})\.(csv|xlsx|jsonl|parquet)", re.ASCII)


def is_key(text: str) -> bool:
    """Whether *text* can be the key of an export."""
    return _KEY.fullmatch(text) is not None


def is_file_name(text: str) -> bool:
    """Whether *text* can be an `Export.file_name`: such a name leads nowhere but into the folder of exports."""
    return _FILE.fullmatch(text) is not None


def key_in(file_name: str) -> str:
    """The key of the export that a file belongs to; "" when it is none of ours."""
    found = _FILE.fullmatch(file_name)
    return found[1] if found else ""


def expected_rows(progress: Progress) -> int | None:
    """How many rows there will be, about; None: it cannot be told yet. The more is done, the surer."""
    if progress.share >= 1:
        return progress.rows
    if progress.share < 0.02 or not progress.rows:
        return progress.at_most or None
    return max(progress.rows, min(progress.at_most or progress.rows, round(progress.rows / progress.share)))


class Outline:
    """In which stretches of time how many messages are: how far a search has come can be told from where it is."""

    def __init__(self, stretches: Sequence[tuple[Millis, int]]) -> None:
        """*stretches*: the beginning of each and how many messages are in it, the newest first."""
        self._stretches = stretches
        self.total = sum(n for _, n in stretches)
        self._passed = self._next = 0

    def share(self, at: Millis) -> float:
        """How much is done of a search that has come back to *at*; asked with ever earlier times."""
        while self._next < len(self._stretches) and self._stretches[self._next][0] >= at:
            self._passed += self._stretches[self._next][1]
            self._next += 1
        return self._passed / self.total if self.total else 0.0
