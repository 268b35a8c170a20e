"""Media that were uploaded to the simulated platform: what may be uploaded, and the files, in a folder of their own."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from wabawatch.simulator.failures import MetaError, because
from wabawatch.simulator.ids import digits, stream

MB = 1 << 20
LARGEST = 100 * MB
"""No upload may be larger, whatever its type: it is cut off there."""
_KEPT = 1_024 * MB
_CHUNK = MB

_TYPES = {
    "audio": (16 * MB, ("audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/opus")),
    "image": (5 * MB, ("image/jpeg", "image/png")),
    "sticker": (500 * 1_024, ("image/webp",)),
    "video": (16 * MB, ("video/mp4", "video/3gp", "video/3gpp")),
    "document": (
        LARGEST,
        (
            "text/plain",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
    ),
}
_LIMITS = {mime: most for most, mimes in _TYPES.values() for mime in mimes}
KINDS = tuple(_TYPES)
"""The types of message that carry a medium."""


@dataclass(frozen=True, slots=True)
class Medium:
    """One uploaded file."""

    id: str
    number: str
    """The phone_number_id it was uploaded for."""
    mime_type: str
    sha256: str
    size: int
    """In bytes."""
    path: Path


def type_refusal(mime_type: str) -> MetaError | None:
    """Why files of that type are not taken; None where they are."""
    if _bare(mime_type) in _LIMITS:
        return None
    wanted = ", ".join(_LIMITS)
    said = f"Param file must be a file with one of the following types: {wanted}. Received file of type '{mime_type}'."
    return MetaError(100, said, said)


def size_refusal(mime_type: str, size: int) -> MetaError | None:
    """Why a file of that type and that many bytes is not taken; None where it is."""
    most = _LIMITS.get(_bare(mime_type), LARGEST)
    return None if 0 < size <= most else too_large(most) if size else because(100, "The file is empty.")


def too_large(most: int = LARGEST) -> MetaError:
    """The refusal of a file of more than *most* bytes."""
    return because(131053, f"The file is larger than the {most} bytes that its type may have.")


def _bare(mime_type: str) -> str:
    """A type without its parameters, such as ``; codecs=opus``."""
    return mime_type.partition(";")[0].strip().lower()


class MediaStore:
    """The uploads of one simulation, on disk while it lives; beyond 1 GiB the oldest are forgotten."""

    def __init__(self, seed: int) -> None:
        self._ids = stream(seed, "media")
        self._kept: dict[str, Medium] = {}
        self._folder: Path | None = None

    def take(self, source: BinaryIO, mime_type: str, number: str) -> Medium:
        """Copy *source* to its end. Blocks on the disk."""
        medium_id = digits(self._ids, 16)
        path, digest, size = self._place() / medium_id, sha256(), 0
        with path.open("wb") as target:
            while chunk := source.read(_CHUNK):
                target.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        medium = Medium(medium_id, number, mime_type, digest.hexdigest(), size, path)
        self._kept[medium_id] = medium
        self._make_room()
        return medium

    def find(self, medium_id: str) -> Medium | None:
        """The upload with that id."""
        return self._kept.get(medium_id)

    def forget(self, medium_id: str) -> bool:
        """Delete an upload; whether there was one."""
        medium = self._kept.pop(medium_id, None)
        if medium is not None:
            medium.path.unlink(missing_ok=True)
        return medium is not None

    def _place(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="wabawatch-media-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def _make_room(self) -> None:
        while sum(one.size for one in self._kept.values()) > _KEPT:
            self.forget(next(iter(self._kept)))
