"""What a figure was measured on, and what a process takes of it: read from /proc."""

from __future__ import annotations

import os
import platform
import sqlite3
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds, in MB (a million bytes)."""

    resident: float
    """VmRSS: shared libraries count in full"""
    peak: float
    """VmHWM: the most that was ever resident"""
    proportional: float
    """Pss: what is shared with others counts in part"""


def machine() -> str:
    """This machine in a line, without any name of its own."""
    cpu = _field(Path("/proc/cpuinfo"), "model name") or platform.machine()
    memory = int(_field(Path("/proc/meminfo"), "MemTotal").split()[0]) / 1024 / 1024
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, {system}, {versions}"


def memory_of(pid: int) -> Memory:
    """What the process *pid* holds now."""
    status, rollup = Path(f"/proc/{pid}/status"), Path(f"/proc/{pid}/smaps_rollup")
    named = ((status, "VmRSS"), (status, "VmHWM"), (rollup, "Pss"))
    return Memory(*(int(_field(path, name).split()[0]) * 1024 / 1e6 for path, name in named))


def cpu_s(pid: int) -> float:
    """Processor time that *pid* has taken in all its threads, user and system, in seconds."""
    # The name in parentheses may hold anything, spaces too.
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _field(path: Path, name: str) -> str:
    """What stands behind *name* and its colon; "" where it is missing."""
    for line in path.read_text("utf-8", "replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
