"""Records that the inbox could not take: kept in files beside it until it can.

Each process writes a file of its own and holds its lock; a file that nobody holds is drained by whoever finds it. So
what a process left behind that was killed is found, too.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import struct
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from wabawatch.domain.errors import SealBroken
from wabawatch.ports import Body
from wabawatch.storage.bodies import decode_block, encode_block
from wabawatch.storage.folders import sync_folder
from wabawatch.storage.sealed import Keyring, key_id_of

CONTEXT = b"spool"
"""What its blocks are sealed as."""
PREFIX = "spool-"
_HEAD = struct.Struct(">II")  # length and checksum of the sealed block after it
_IN_MEMORY = 20_000
_PIECE = 400
"""Records that are handed to the inbox at once"""

_log = logging.getLogger(__name__)


class Spool:
    """Every method may be called from any thread."""

    def __init__(self, folder: Path, keyring: Keyring, max_bytes: int = 256 << 20) -> None:
        """Keep at most *max_bytes* in files in *folder*."""
        self.lost = 0
        """Records that neither disk nor memory had room for"""
        self._folder = folder
        self._keyring = keyring
        self._max_bytes = max_bytes
        self._queue: list[tuple[Body, threading.Event]] = []
        self._queueing = threading.Lock()
        self._writing = threading.Lock()
        self._file: int | None = None
        self._memory: deque[Body] = deque()

    def keep(self, body: Body) -> None:
        """Keep *body*; on return a crash cannot lose it, unless the disk fails or is full: then memory holds it.

        What waits together is synced together.
        """
        done = threading.Event()
        with self._queueing:
            self._queue.append((body, done))
        with self._writing:
            if not done.is_set():
                self._write_queue()

    def is_empty(self) -> bool:
        """Whether nothing waits here."""
        return not self._memory and not self._files()

    def held(self) -> int:
        """How many bytes wait on disk, and at least one when something waits in memory."""
        sizes = 0
        for path in self._files():
            with suppress(OSError):
                sizes += path.stat().st_size
        return sizes + len(self._memory)

    def drain(self, take: Callable[[Sequence[Body]], object]) -> bool:
        """Hand everything that waits to *take*, in order, and then forget it. Gives whether there was anything.

        After a crash in between *take* gets the same bodies again. Raises what *take* raises, and keeps the rest.
        """
        if self.is_empty():
            return False
        with self._writing:
            self._leave_file()
        while self._memory:
            some = [self._memory[i] for i in range(min(_PIECE, len(self._memory)))]
            take(some)
            for _ in some:
                self._memory.popleft()
        for path in self._files():
            self._drain_file(path, take)
        return True

    def _write_queue(self) -> None:
        with self._queueing:
            queue, self._queue = self._queue, []
        bodies = [body for body, _ in queue]
        try:
            self._write(bodies)
        except OSError as error:
            self._leave_file()
            self._remember(bodies, error)
        for _, done in queue:
            done.set()

    def _write(self, bodies: Sequence[Body]) -> None:
        sealed = encode_block(bodies, self._keyring, context=CONTEXT)
        if self.held() + len(sealed) > self._max_bytes:
            raise OSError(f"the spool holds its limit of {self._max_bytes >> 20} MiB")
        if self._file is None:
            self._file = self._new_file()
        left = memoryview(_HEAD.pack(len(sealed), zlib.crc32(sealed)) + sealed)
        while left:
            left = left[os.write(self._file, left) :]
        os.fdatasync(self._file)

    def _new_file(self) -> int:
        path = self._folder / f"{PREFIX}{secrets.token_hex(8)}"
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        sync_folder(self._folder)
        if not path.exists():  # another process found it empty, before it was locked, and took it away
            os.close(file)
            return self._new_file()
        return file

    def _leave_file(self) -> None:
        """Write no more to the current file: from now on it may be drained."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _remember(self, bodies: Sequence[Body], error: OSError) -> None:
        room = max(0, _IN_MEMORY - len(self._memory))
        self._memory.extend(bodies[:room])
        self.lost += len(bodies[room:])
        why = error.strerror or str(error)
        extra = {"action": "spool.failed", "lost": self.lost}
        _log.error("spool.failed: %s; held in memory: %d, lost: %d", why, len(self._memory), self.lost, extra=extra)

    def _files(self) -> list[Path]:
        try:
            found = [path for path in self._folder.glob(f"{PREFIX}*") if path.suffix != ".damaged"]
            return sorted(found, key=lambda path: path.stat().st_mtime_ns)
        except OSError:
            return []

    def _drain_file(self, path: Path, take: Callable[[Sequence[Body]], object]) -> None:
        try:
            file = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with os.fdopen(file, "rb", closefd=False) as reader:
                content = reader.read()
            for bodies in self._blocks(path, content):
                for start in range(0, len(bodies), _PIECE):
                    take(bodies[start : start + _PIECE])
            path.unlink(missing_ok=True)
        except BlockingIOError:
            return  # another process writes it, or drains it
        finally:
            os.close(file)

    def _blocks(self, path: Path, content: bytes) -> Iterator[list[Body]]:
        """The blocks in *content*. The last one may be cut off: then its writer has not been told that it is kept."""
        at, is_damaged = 0, False
        while len(content) - at >= _HEAD.size:
            length, checksum = _HEAD.unpack_from(content, at)
            block = content[at + _HEAD.size : at + _HEAD.size + length]
            if len(block) < length:
                break
            at += _HEAD.size + length
            try:
                if zlib.crc32(block) != checksum:
                    raise SealBroken("its checksum is another")
                yield decode_block(block, self._keyring, context=CONTEXT)
            except SealBroken as error:
                is_damaged = True
                _log.error("spool.damaged: %s: %s", path, error, extra={"action": "spool.damaged"})
        if is_damaged:
            path.with_suffix(".damaged").write_bytes(content)


def keys_of(content: bytes) -> Iterator[str]:
    """The ids of the keys that the blocks in *content*, that of a file, are sealed with."""
    at = 0
    while len(content) - at > _HEAD.size:
        length, _ = _HEAD.unpack_from(content, at)
        block = content[at + _HEAD.size : at + _HEAD.size + length]
        if len(block) < length:  # it was cut off
            return
        yield key_id_of(block)
        at += _HEAD.size + length
