"""What a backup says of itself, and whether what is there is what was written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wabawatch.domain.facts import Millis

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file of a backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is, written beside its files when they are whole."""

    version: int
    made_at: Millis
    """All of it is as things stood at that moment"""
    release: str
    schema: int
    """The last step that its tables have taken"""
    files: Mapping[str, KeptFile]
    """By their names"""
    keys: Sequence[str]
    """The ids of the keys that open what is sealed in it"""
    has_keys: bool
    """Whether the key file is one of its files"""
    audit_entry: int
    """The newest entry of its audit trail"""
    audit_digest: str

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


def faults_of(manifest: Manifest, found: Mapping[str, KeptFile]) -> list[str]:
    """What of the files that were *found* is not as *manifest* says, a sentence each."""
    faults = []
    for name, kept in manifest.files.items():
        there = found.get(name)
        if there is None:
            faults.append(f"{name} is missing")
        elif there.size != kept.size:
            faults.append(f"{name} has {there.size:,} bytes, and had {kept.size:,} when it was written")
        elif there.sha256 != kept.sha256:
            faults.append(f"{name} was changed: its SHA-256 is another than when it was written")
    return faults


def lacking_keys(manifest: Manifest, known: Collection[str]) -> list[str]:
    """The ids of the keys that open parts of the backup and are not *known*."""
    return [key for key in manifest.keys if key not in known]
