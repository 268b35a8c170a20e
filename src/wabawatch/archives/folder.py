"""The archive in a folder: each file is written under another name, read back, and only then there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from wabawatch.archives import parquet
from wabawatch.domain.archives import MENDED_BY, ArchivedMessage, Stored, is_file_name
from wabawatch.domain.errors import ArchiveDamaged, StoreUnavailable
from wabawatch.domain.facts import Millis
from wabawatch.storage.folders import make_private_folder, sync_folder

T = TypeVar("T")

PART = ".part"
"""At the end of the name of a file that is not whole yet"""


@dataclass(frozen=True, slots=True)
class Folder:
    """`flows.archiving.ArchiveStore` in a folder, which is made when it is first needed."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def keep(self, name: str, pages: Iterable[Sequence[ArchivedMessage]]) -> Stored:
        """Write a file; on return it is whole, durable, and was read back. Raises StoreUnavailable, ArchiveDamaged."""
        try:
            make_private_folder(self.path)
            part = self.path / (name + PART)
            stored = write_checked(part, pages)
            part.replace(self.path / name)
            sync_folder(self.path)
        except OSError as error:
            raise _unavailable(self.path, error) from error
        return stored

    def read(self, name: str, sha256: str) -> Iterator[list[ArchivedMessage]]:
        """The messages of a file. Raises ArchiveDamaged when it is gone, or not as it was."""
        yield from self._checked(name, sha256, parquet.read)

    def read_some(self, name: str, sha256: str, wanted: parquet.Some) -> Iterator[tuple[int, ArchivedMessage]]:
        """The messages of a file that are *wanted*, each with its place in it. Raises as `read`."""
        yield from self._checked(name, sha256, lambda path: parquet.read_some(path, wanted))

    def _checked(self, name: str, sha256: str, read: Callable[[Path], Iterator[T]]) -> Iterator[T]:
        path = self.path / name
        try:
            if not path.exists():
                raise ArchiveDamaged(f"the archive's file {path} is gone: {MENDED_BY}")
            yield from checked(path, sha256, read(path))
        except OSError as error:
            raise _unavailable(self.path, error) from error

    def delete(self, name: str) -> None:
        """Delete a file. Repeatable."""
        try:
            (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise _unavailable(self.path, error) from error

    def names(self, before: Millis) -> list[str]:
        """The files of ours that were written before *before*; what was only begun then is deleted."""
        found = []
        try:
            for each in sorted(self.path.iterdir()) if self.path.is_dir() else ():
                if is_file_name(each.name.removesuffix(PART)) and each.stat().st_mtime * 1_000 < before:
                    if each.name.endswith(PART):
                        each.unlink(missing_ok=True)
                    else:
                        found.append(each.name)
        except OSError as error:
            raise _unavailable(self.path, error) from error
        return found


def write_checked(path: Path, pages: Iterable[Sequence[ArchivedMessage]]) -> Stored:
    """Write *pages* to *path*, durably, read them back, and compare. Raises OSError, ArchiveDamaged."""
    path.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            written = parquet.write(file, pages)
            file.flush()
            os.fsync(file.fileno())
        digest = parquet.RowDigest()
        for page in parquet.read(path):
            digest.add(page)
        if digest.written() != written:
            raise ArchiveDamaged(f"what was read back from {path} is not what was written; see to its disk")
        return Stored(written.rows, written.first_at, written.last_at, path.stat().st_size, sha256_of(path))
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, ValueError):
            raise ArchiveDamaged(f"what was written to {path} cannot be read back: {error}; see to its disk") from error
        raise


def checked(path: Path, sha256: str, read: Iterator[T]) -> Iterator[T]:
    """What is *read* of *path*, whose contents have the digest *sha256*. Raises OSError, ArchiveDamaged."""
    if sha256_of(path) != sha256:
        raise ArchiveDamaged(f"the archive's file {path} is not as it was written: {MENDED_BY}")
    try:
        yield from read
    except ValueError as error:
        raise ArchiveDamaged(f"the archive's file {path} cannot be read: {error}; {MENDED_BY}") from error


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unavailable(path: Path, error: OSError) -> StoreUnavailable:
    why = error.strerror or error
    return StoreUnavailable(f"the archive's folder {path} does not work: {why}; nothing is removed until it does")
