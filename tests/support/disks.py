"""Small disks of their own for tests: to be filled, and to fail."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

MIB = 1 << 20


@contextmanager
def small_disk(at: Path, mib: int) -> Iterator[Path]:
    """A disk of *mib* MiB at the new folder *at*. Skips the test where none can be mounted."""
    at.mkdir()
    with _mounted("-t", "tmpfs", "-o", f"size={mib}m,mode=700", "tmpfs", str(at)):
        yield at


@contextmanager
def failing_disk(image: Path, at: Path) -> Iterator[Path]:
    """A disk at the folder *at* that the kernel makes read-only when it fails. Made new unless *image* is there."""
    if not image.exists():
        with image.open("wb") as file:
            file.truncate(64 * MIB)
        _try("mkfs.ext4", "-q", str(image))
    at.mkdir(exist_ok=True)
    with _mounted("-o", "loop,errors=remount-ro", str(image), str(at)):
        yield at


def make_fail(disk: Path) -> None:
    """Have a `failing_disk` fail. Skips the test where the kernel offers no such thing."""
    device = subprocess.run(["findmnt", "-no", "SOURCE", disk], check=True, capture_output=True, text=True, timeout=60)
    trigger = Path("/sys/fs/ext4", Path(device.stdout.strip()).name, "trigger_fs_error")
    try:
        trigger.write_text("1")
    except OSError as error:
        pytest.skip(f"the kernel makes no file system fail on demand: {error}")


def fill(disk: Path, leave: int = 0) -> Path:
    """Fill *disk* but for *leave* bytes; gives the file that does it."""
    ballast = disk / "ballast"
    free = os.statvfs(disk)
    left = max(0, free.f_bavail * free.f_frsize - leave)
    with ballast.open("wb", buffering=0) as file, suppress(OSError):  # the server takes some meanwhile
        while left > 0:
            left -= file.write(bytes(min(left, MIB)))
    return ballast


@contextmanager
def _mounted(*arguments: str) -> Iterator[None]:
    _try("mount", *arguments)
    try:
        yield
    finally:
        subprocess.run(["umount", arguments[-1]], check=True, timeout=60)


def _try(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except FileNotFoundError as error:
        pytest.skip(f"no disk of its own for this test: {error}")
    if done.returncode:
        pytest.skip(f"no disk of its own for this test (it takes root): {done.stderr.strip()}")
