"""Folders and the files in them: made so that a power cut does not take them away, and watched while in use."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_TRIAL_BYTES = 65_536


def make_private_folder(path: Path) -> None:
    """Make the folder *path* and those above it that are missing, durably and for our user only. Raises OSError."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each in missing:
        sync_folder(each.parent)


def sync_folder(path: Path) -> None:
    """Make the names in the folder *path* durable: until then a new file in it may be gone after a power cut."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def try_to_write(path: Path) -> None:
    """Write 64 KiB into the folder *path* and take them away again. Raises OSError when it takes none."""
    with tempfile.TemporaryFile(dir=path) as file:
        file.write(bytes(_TRIAL_BYTES))
        file.flush()
        os.fsync(file.fileno())


class Place:
    """Where a file is that is kept open: if it goes, or another takes its place, what is written to it is lost."""

    def __init__(self, path: Path) -> None:
        """Remember the file at *path*. Raises OSError when there is none."""
        self._path = path
        self._file = _identity(path)

    def trouble(self) -> str:
        """What is wrong with it, in a sentence; "" when the file is where it was."""
        try:
            is_same = _identity(self._path) == self._file
        except OSError as error:
            return f"{self._path} cannot be reached ({error.strerror}): put it back, or restart wabawatch without it."
        return "" if is_same else f"{self._path} was replaced by another file while in use: restart wabawatch."


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino
