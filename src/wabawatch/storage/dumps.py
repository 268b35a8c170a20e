"""Dumps of webhook bodies on disk: files, what is in folders, and standard input; plain, gzip or zstd."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from io import BufferedRandom, BufferedReader
from pathlib import Path
from shutil import copyfileobj
from typing import Protocol, TypeAlias

import zstandard

from wabawatch.domain.dumps import Dumped
from wabawatch.domain.errors import BadRequest
from wabawatch.storage.dump_text import bodies_in

_File: TypeAlias = BufferedReader | BufferedRandom

STDIN = "-"
"""The name of standard input."""

SUFFIXES = tuple(kind + packed for kind in (".json", ".jsonl", ".ndjson") for packed in ("", ".gz", ".zst"))
"""What is taken out of a folder. A file that is named itself may be called anything."""

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CHUNK = 256 << 10
_PACKED_CHUNK = 1 << 10
"""Packed data is taken in small pieces: one may become ten thousand times as large."""
_BROKEN = (EOFError, OSError, zlib.error, zstandard.ZstdError)


def dumps_at(
    names: Iterable[str], spool: Path | None = None, on_read: Callable[[int], None] | None = None
) -> list[FileDump]:
    """The dumps that *names* mean: files, folders (with everything below them) and `-`.

    What cannot be read twice (a pipe) is put into a nameless file in the folder *spool* when its identity is asked for.
    *on_read* is told of bytes as they are read, in all as many as `size` says.
    """
    paths = [path for name in names for path in _paths(name)]
    return [FileDump(path, spool, on_read) for path in paths]


def _paths(name: str) -> list[Path]:
    path = Path(name)
    if name == STDIN or not path.is_dir():
        return [path]
    inside = [each for each in path.rglob("*") if each.name.lower().endswith(SUFFIXES) and each.is_file()]
    return sorted(inside) or [path]


class FileDump:
    """A dump in one file. Only one process at a time can import it. Every method raises BadRequest."""

    def __init__(self, path: Path, spool: Path | None, on_read: Callable[[int], None] | None) -> None:
        self.name = str(path)
        self.size = _size(path)
        self._path = path
        self._spool = spool
        self._on_read = on_read
        self._read = self._told = 0
        self._file: _File | None = None

    def identity(self) -> bytes:
        """A digest of everything in it. A pipe is put into a file for that."""
        with _telling():
            file = self._opened()
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                self._file = file = self._spooled(file)
            _take_alone(file)
            start = file.tell()  # standard input may have been read from before
            digest = blake2b(digest_size=20)
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            file.seek(start)
            return digest.digest()

    def bodies(self) -> Iterator[Dumped]:
        """Its bodies, in order, as they are read."""
        with _telling():
            yield from bodies_in(self._text())

    def close(self) -> None:
        """Close the file. Repeatable."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._tell(self.size)

    def _opened(self) -> _File:
        if self._file is None:
            is_stdin = self.name == STDIN
            self._file = open(0 if is_stdin else self._path, "rb", closefd=not is_stdin)  # noqa: SIM115
        return self._file

    def _spooled(self, pipe: _File) -> _File:
        with pipe:
            spool = tempfile.TemporaryFile(dir=self._spool)  # noqa: SIM115 - it lives as long as this dump
            copyfileobj(pipe, spool, _CHUNK)
        spool.seek(0)
        return spool

    def _text(self) -> Iterator[bytes]:
        for chunk in _gathered(self._unpacked(self._opened())):
            self._tell(self._read)
            yield chunk

    def _unpacked(self, file: _File) -> Iterator[bytes]:
        magic = file.peek(4)
        if magic.startswith(_GZIP):
            return _unpack(self._chunks(file, _PACKED_CHUNK), lambda: zlib.decompressobj(wbits=31))
        if magic.startswith(_ZSTD):
            return _unpack(self._chunks(file, _PACKED_CHUNK), zstandard.ZstdDecompressor().decompressobj)
        return self._chunks(file, _CHUNK)

    def _chunks(self, file: _File, size: int) -> Iterator[bytes]:
        while chunk := file.read(size):
            self._read += len(chunk)
            yield chunk

    def _tell(self, read: int) -> None:
        """Tell that so many bytes were read in all, of those that `size` says."""
        fresh = min(read, self.size) - self._told
        if self._on_read and fresh > 0:
            self._told += fresh
            self._on_read(fresh)


def _size(path: Path) -> int:
    """Its size, as far as it can be told before it is read."""
    try:
        found = path.stat()
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


class _Unpacker(Protocol):
    """One member of packed data: what zlib and zstd have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _unpack(chunks: Iterable[bytes], unpacker: Callable[[], _Unpacker]) -> Iterator[bytes]:
    """What is packed in *chunks*, in one member or several. Raises EOFError when the last one has no end."""
    member: _Unpacker | None = None
    for chunk in chunks:
        left = chunk
        while left := left if member else left.lstrip(b"\0"):  # zeros may stand after a member
            member = member or unpacker()
            yield member.decompress(left)
            left = b""
            if member.eof:
                left, member = member.unused_data, None
    if member:
        raise EOFError


def _gathered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth being looked at."""
    held: list[bytes] = []
    size = 0
    try:
        for chunk in chunks:
            held.append(chunk)
            size += len(chunk)
            if size >= _CHUNK:
                yield b"".join(held)
                held, size = [], 0
    except _BROKEN:  # what came before is good
        yield b"".join(held)
        raise
    yield b"".join(held)


@contextmanager
def _telling() -> Iterator[None]:
    """Say what is wrong with a file in the words of an operator."""
    try:
        yield
    except FileNotFoundError as error:
        raise BadRequest("there is no such file") from error
    except IsADirectoryError as error:
        raise BadRequest(f"there is no {', '.join(SUFFIXES[::3])} file in this folder") from error
    except EOFError as error:
        raise BadRequest("it is cut off: the packed data has no end") from error
    except (zlib.error, zstandard.ZstdError) as error:
        raise BadRequest(f"it is damaged: {error}") from error
    except OSError as error:
        raise BadRequest(f"it cannot be read: {error.strerror}") from error


def _take_alone(file: _File) -> None:
    """Keep other imports away from *file* until it is closed, where the disk knows how to."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BadRequest("another import is reading it; wait until that has ended") from error
    except OSError:
        return
