"""The folder in which the files of exports are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from wabawatch.domain.exports import is_file_name
from wabawatch.exports.making import PART
from wabawatch.storage.folders import make_private_folder


class Shelf:
    """Files by their names, all of which we made ourselves: `Export.file_name`. Another name is a ValueError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """Where a file of this name is or would be. The folder is made. Raises OSError."""
        if not is_file_name(name):
            raise ValueError("that is no name of an export's file")
        make_private_folder(self._folder)
        return self._folder / name

    def drop(self, name: str) -> None:
        """Delete a file, and what was begun of it. Repeatable."""
        path = self.path(name)
        path.unlink(missing_ok=True)
        path.with_name(name + PART).unlink(missing_ok=True)

    def names(self) -> Sequence[str]:
        """The files of ours that there are, also such as were only begun."""
        if not self._folder.is_dir():
            return []
        found = {each.name.removesuffix(PART) for each in self._folder.iterdir()}
        return sorted(name for name in found if is_file_name(name))

    def free_bytes(self) -> int:
        """How much is free on its disk."""
        make_private_folder(self._folder)
        disk = os.statvfs(self._folder)
        return disk.f_bavail * disk.f_frsize
