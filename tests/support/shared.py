"""Folders written by others, beside the clone: where they are, and what is said where they are missing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_BESIDE = Path(__file__).resolve().parents[3] / "shared"


@dataclass(frozen=True, slots=True)
class Shared:
    """A folder that is not part of this repository."""

    name: str
    variable: str
    """Names another place than the usual one"""
    beside: str
    lost: str
    """The tests that do not run without it"""

    @property
    def folder(self) -> Path:
        """Where it is looked for."""
        named = os.environ.get(self.variable)
        return Path(named) if named else _BESIDE / self.beside

    @property
    def is_missing(self) -> bool:
        """Whether it is not there."""
        return not self.folder.is_dir()

    @property
    def missing(self) -> str:
        """What is said of it then."""
        return f"{self.name} is missing: {self.folder} ({self.variable} names another place)"


CORPUS = Shared(
    "the shared corpus", "WABAWATCH_CORPUS", "payloads/webhooks", "the tests over webhook bodies written by others"
)
META_OPENAPI = Shared(
    "Meta's OpenAPI file", "WABAWATCH_META_OPENAPI", "meta-openapi", "the tests that hold the simulator's answers to it"
)
ALL = (CORPUS, META_OPENAPI)
