"""A real S3-compatible store on this machine: `rclone serve s3`, which checks signatures, on a folder."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.children import ending
from wabawatch.archives.bucket import BucketPlace

ACCESS_KEY, SECRET_KEY = "archivist", "a secret of the archivist"
BUCKET = "archive"
PATIENCE_S = 60.0


@contextmanager
def s3_store(folder: Path) -> Iterator[BucketPlace]:
    """A store with one empty bucket, until the block ends."""
    (folder / BUCKET).mkdir(parents=True)
    with closing_port() as port:
        address = f"127.0.0.1:{port}"
    rclone = str(Path(sys.executable).with_name("rclone"))
    keys = f"{ACCESS_KEY},{SECRET_KEY}"
    command = [rclone, "serve", "s3", "--addr", address, "--auth-key", keys, "--config", "", str(folder)]
    silent = subprocess.DEVNULL
    with ending(subprocess.Popen(command, stdout=silent, stderr=silent)) as it:
        deadline = time.monotonic() + PATIENCE_S
        while not _listens(port):
            assert it.poll() is None, "the store ended"
            assert time.monotonic() < deadline, "the store does not begin"
            time.sleep(0.02)
        yield BucketPlace(BUCKET, "waba/watch", f"http://{address}", "", ACCESS_KEY, SECRET_KEY)


@contextmanager
def closing_port() -> Iterator[int]:
    """A port that is free until the block ends, and likely so a moment later."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
        return True
    return False
