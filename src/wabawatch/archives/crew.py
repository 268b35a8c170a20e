"""The archive is tended by a process of its own: it is nice, gives its memory back, and may be killed at any time.

The process is told what to do by a line of JSON on stdin, which stays open: when we are gone, however it came, it ends.
It says by a line of JSON on stdout how it ended.
"""

from __future__ import annotations

import selectors
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

import msgspec

from wabawatch.archives.bucket import Bucket, BucketPlace
from wabawatch.archives.folder import Folder
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.facts import Millis
from wabawatch.ports import Clock

CHILD = "wabawatch.app_archive_child"
LOOK_S = 1.0


class Work(msgspec.Struct, frozen=True):
    """What there is to do."""

    database_url: str
    folder: str
    live_days: int
    keep_days: int
    now: Millis = 0
    bucket: BucketPlace | None = None
    """Instead of the folder"""


class Said(msgspec.Struct, frozen=True):
    """The process's last word."""

    trouble: str = ""
    """Why it ended before it was done, in a sentence"""


def store_of(work: Work) -> Folder | Bucket:
    """Where the files are."""
    return Folder(Path(work.folder)) if work.bucket is None else Bucket(work.bucket)


class Crew:
    """Has the archive tended whenever something is due. For one loop."""

    def __init__(self, work: Work, is_due: Callable[[], bool], clock: Clock) -> None:
        self._work, self._is_due, self._clock = work, is_due, clock
        self._process: subprocess.Popen[bytes] | None = None

    def step(self) -> bool:
        """Begin, or look how it goes on, for a second at most. False: nothing is due.

        Raises StoreUnavailable when the process said that it cannot go on.
        """
        if self._process is None:
            if not self._is_due():
                return False
            self._process = self._begin()
            return True
        return self._look(self._process)

    def _begin(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in our terminal is ours: we end it
        )
        pipe = cast(IO[bytes], process.stdin)
        with suppress(BrokenPipeError):  # it is gone already: the next look says so
            pipe.write(msgspec.json.encode(msgspec.structs.replace(self._work, now=self._clock.now())) + b"\n")
            pipe.flush()
        return process

    def _look(self, process: subprocess.Popen[bytes]) -> bool:
        pipe = cast(IO[bytes], process.stdout)
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            if not selector.select(LOOK_S):
                return True
        line = pipe.readline()
        self.close()
        if not line:
            raise StoreUnavailable("the process that archives ended before it was done, maybe for want of memory")
        if trouble := msgspec.json.decode(line, type=Said).trouble:
            raise StoreUnavailable(trouble)
        return False

    def close(self) -> None:
        """End it; what it began is finished the next time. Repeatable."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                cast(IO[bytes], pipe).close()
