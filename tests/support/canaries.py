"""Secrets that are planted in a running system, and the search for them in everything that it said or wrote."""

from __future__ import annotations

import base64
import os
import secrets
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

LOOKS = 100
"""A process that has another command line than it was forked with has it by then"""


@dataclass
class Canaries:
    """What must never be seen where it does not belong."""

    values: dict[str, bytes] = field(default_factory=dict)
    """By name"""
    _forms: dict[bytes, str] = field(default_factory=dict)

    def plant(self, name: str, value: str | bytes = "") -> str:
        """A new one, or *value*, from now on to be looked for. Gives it."""
        told = value or f"canary-{name}-{secrets.token_hex(12)}"
        raw = told.encode() if isinstance(told, str) else told
        self.values[name] = raw
        self._forms |= dict.fromkeys(forms_of(raw), name)
        return raw.decode("utf-8", "replace")

    def found_in(self, content: bytes) -> list[str]:
        """The names of those that are in *content*, in whatever form."""
        return sorted({name for form, name in self._forms.items() if form in content})

    def found_below(self, folder: Path, *spared: str) -> dict[str, list[str]]:
        """The names of those that are in files below *folder*, by file; the files named *spared* may hold them."""
        found = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name not in spared:
                content = path.read_bytes()
                if names := self.found_in(content) + self.found_in(path.name.encode()) + self._zipped(content):
                    found[path.relative_to(folder).as_posix()] = names
        return found

    def _zipped(self, content: bytes) -> list[str]:
        """Those in the parts of a spreadsheet."""
        if not content.startswith(b"PK"):
            return []
        with zipfile.ZipFile(BytesIO(content)) as parts:
            return [name for part in parts.namelist() for name in self.found_in(parts.read(part))]


def forms_of(value: bytes) -> set[bytes]:
    """*value* as it is, quoted for a URL, in hex, and in base64 wherever it stands in what is encoded."""
    found = {value, quote(value).encode(), quote(value, safe="").encode(), value.hex().encode()}
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + value)
        # The characters at both ends also hold bits of what stands beside it.
        found.add(encoded[(0, 2, 3)[before] : len(encoded) - 4])
    return {form for form in found if len(form) >= 8}


@dataclass
class Said:
    """What was said to the outside, by whom and about what."""

    said: list[tuple[str, bytes]] = field(default_factory=list)

    def add(self, where: str, content: bytes | str) -> None:
        self.said.append((where, content.encode() if isinstance(content, str) else content))

    def found(self, canaries: Canaries) -> dict[str, list[str]]:
        """The names of canaries in it, by where."""
        found: dict[str, list[str]] = {}
        for where, content in self.said:
            if names := canaries.found_in(content):
                found.setdefault(where, []).extend(names)
        return found


@contextmanager
def command_lines() -> Iterator[set[bytes]]:
    """The command lines of all processes of this machine that run meanwhile, each looked at until it stays as it is."""
    seen: set[bytes] = set()
    looks = Counter[str]()
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(0.01):
            for pid in [each.name for each in os.scandir("/proc") if each.name.isdecimal()]:
                with suppress(OSError):
                    if looks[pid] < LOOKS:
                        looks[pid] += 1
                        seen.add(Path("/proc", pid, "cmdline").read_bytes())

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        is_over.set()
        watcher.join(30)
