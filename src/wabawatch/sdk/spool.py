"""The spool: records that wait on disk until the server has them. Bounded, in order, shared by any number of
processes.

Each process appends to a file of its own, on which it holds a lock; a file that nobody holds was left behind, and
whoever looks next takes it over. A record is with the kernel when `append` returns, so a killed process loses nothing;
`sync` puts it on the disk itself, so a power cut loses what came since. What was sent may be sent again after a crash.
"""

from __future__ import annotations

import fcntl
import logging
import os
import struct
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from wabawatch.domain.errors import BadRequest, SpoolFull, StoreUnavailable
from wabawatch.wire import uuid7

log = logging.getLogger(__name__)

SUFFIX = ".spool"
SEGMENT_BYTES = 4 << 20
"""A file that has grown to this gets no more records, and is deleted once they are sent"""

_HEAD = struct.Struct("<II")
"""Before each record: its length, and the CRC-32 of its bytes"""


class Slice(NamedTuple):
    """The oldest records, as many as were asked for."""

    segment: _Segment
    records: Sequence[bytes]
    end: int
    """Where the next one begins"""


class _Segment:
    """One file, locked by us, and how far its records are sent."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor
        self.size = os.fstat(descriptor).st_size
        self.offset = 0

    def read(self, most: int, most_bytes: int) -> tuple[list[bytes], int]:
        """Up to *most* records from the offset on, and where they end. What is no whole record ends the file."""
        records: list[bytes] = []
        at, total = self.offset, 0
        while len(records) < most and at + _HEAD.size <= self.size:
            length, check = _HEAD.unpack(os.pread(self.descriptor, _HEAD.size, at))
            end = at + _HEAD.size + length
            record = os.pread(self.descriptor, length, at + _HEAD.size) if end <= self.size else b""
            if len(record) != length or crc32(record) != check:
                lost = self.size - at
                log.warning("the rest of %s is damaged, as after a power cut: %d bytes are lost", self.path, lost)
                self.size = at
                break
            if records and total + length > most_bytes:
                break
            records.append(record)
            at, total = end, total + length
        return records, at


class Spool:
    """The spool in *folder*. Every method may be called from any thread, also after a fork."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        """Make *folder*, for nobody but this user. Raises BadRequest when that cannot be done."""
        self.folder = folder
        self.max_bytes = max_bytes
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(13, "not ours to write to")
        except OSError as error:
            raise BadRequest(f"spool: cannot keep files in {folder}: {error.strerror}; give another folder") from error
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._old: deque[_Segment] = deque()
        self._live: _Segment | None = None
        self._unsynced: set[_Segment] = set()
        self._has_new_file = False
        self._foreign_bytes = 0

    def append(self, record: bytes) -> None:
        """Keep *record*: it outlives this process when the call returns. Raises SpoolFull, StoreUnavailable."""
        frame = _HEAD.pack(len(record), crc32(record)) + record
        with self._lock:
            if self._bytes() + len(frame) > self.max_bytes:
                raise SpoolFull(f"{self._bytes():,} of {self.max_bytes:,} bytes wait for the server in {self.folder}")
            try:
                self._write(frame)
            except OSError as error:
                raise StoreUnavailable(f"cannot write to {self.folder}: {error.strerror}") from error

    def after_fork(self) -> None:
        """Begin anew in a process that was forked: the files, and what is in them, stay with the one before."""
        for segment in self._segments():
            os.close(segment.descriptor)
        self._begin()

    def peek(self, most: int, most_bytes: int) -> Slice | None:
        """The oldest records, as long as they are no more than so many; None when nothing waits."""
        with self._lock:
            while segment := (self._old[0] if self._old else self._live):
                records, end = segment.read(most, most_bytes)
                if records:
                    return Slice(segment, records, end)
                if segment is self._live:
                    break
                self._drop(self._old.popleft())
        return None

    def done(self, sent: Slice) -> None:
        """Forget records that the server has."""
        with self._lock:
            segment = sent.segment
            segment.offset = sent.end
            if segment.offset < segment.size:
                return
            if segment is self._live:
                os.ftruncate(segment.descriptor, 0)
                segment.size = segment.offset = 0
            elif self._old and segment is self._old[0]:
                self._drop(self._old.popleft())

    def adopt(self) -> None:
        """Take over the files that other processes left behind, and see how much those that live have waiting."""
        with self._lock:
            mine = {segment.path for segment in self._segments()}
            found, foreign = [], 0
            for path in sorted(self.folder.glob(f"*{SUFFIX}")):
                if path not in mine:
                    segment = _open(path)
                    if segment is not None:
                        found.append(segment)
                    else:
                        foreign += _size(path)
            self._foreign_bytes = foreign
            self._old = deque(sorted([*found, *self._old], key=lambda segment: segment.path.name))

    def sync(self) -> None:
        """Put on the disk itself what waits: from now on a power cut loses none of it."""
        with self._lock:
            # Copies, so that nobody closes them meanwhile: a sync may take long, and nobody should wait for it.
            waiting = [os.dup(each.descriptor) for each in self._unsynced if each.offset < each.size]
            self._unsynced.clear()
            has_new_file, self._has_new_file = self._has_new_file, False
        for descriptor in waiting:
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        if has_new_file:
            _sync_folder(self.folder)

    @property
    def waiting_bytes(self) -> int:
        """How much waits in this process."""
        with self._lock:
            return self._own_bytes()

    @property
    def is_full(self) -> bool:
        """Whether it has hardly any room left: less than 4 KiB, or half of a smaller one."""
        with self._lock:
            return self._bytes() + min(4096, self.max_bytes // 2) > self.max_bytes

    def close(self) -> None:
        """Give the files back. What waits is sent by whoever opens the folder next. Repeatable."""
        with self._lock:
            for segment in self._segments():
                if segment.offset >= segment.size:
                    segment.path.unlink(missing_ok=True)
                os.close(segment.descriptor)
            self._old.clear()
            self._unsynced.clear()
            self._live = None

    def _write(self, frame: bytes) -> None:
        if self._live is not None and self._live.size >= SEGMENT_BYTES:
            self._old.append(self._live)
            self._live = None
        if self._live is None:
            self._live = _create(self.folder / f"{uuid7()}{SUFFIX}")
            self._has_new_file = True
        live = self._live
        written = os.write(live.descriptor, frame)
        if written != len(frame):
            os.ftruncate(live.descriptor, live.size)
            raise OSError(28, "no space left")
        live.size += written
        self._unsynced.add(live)

    def _segments(self) -> list[_Segment]:
        return [*self._old, *([self._live] if self._live else [])]

    def _drop(self, segment: _Segment) -> None:
        self._unsynced.discard(segment)
        segment.path.unlink(missing_ok=True)
        os.close(segment.descriptor)

    def _own_bytes(self) -> int:
        live = self._live.size - self._live.offset if self._live else 0
        return live + sum(segment.size - segment.offset for segment in self._old)

    def _bytes(self) -> int:
        return self._own_bytes() + self._foreign_bytes


def _create(path: Path) -> _Segment:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return _Segment(path, descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open(path: Path) -> _Segment | None:
    """The file at *path*, if nobody else holds it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    if os.fstat(descriptor).st_nlink == 0:  # another process has sent it and taken it away meanwhile
        os.close(descriptor)
        return None
    return _Segment(path, descriptor)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
