"""Files made by a process of its own each: it runs when nobody else wants the processor, and gives its memory back.

The process is told what to do by a line of JSON on stdin, which stays open: when we are gone, however it came, it ends.
It tells how far it is by lines of JSON on stdout. It only reads the database.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

import msgspec

from wabawatch.domain.exports import Broken, Made, Order, Progress
from wabawatch.domain.search import MessageFilter
from wabawatch.exports.making import PART

CHILD = "wabawatch.app_export_child"


class Work(msgspec.Struct, frozen=True):
    """What the process is told to do."""

    database_url: str
    path: str
    order: Order
    wanted: MessageFilter


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line that it writes: one of these."""

    progress: Progress | None = None
    made: Made | None = None
    broken: Broken | None = None


@dataclass(frozen=True, slots=True)
class Crew:
    """`exports_ports.Maker`: a process for each file."""

    database_url: str = field(repr=False)

    def begin(self, order: Order, wanted: MessageFilter, path: Path) -> Making:
        """Begin one: what is at *path* is written anew. Raises OSError when no process can be started."""
        return Making(Work(self.database_url, str(path.absolute()), order, wanted))


class Making:
    """`exports_ports.Making`: a process at work. For one thread at a time."""

    def __init__(self, work: Work) -> None:
        self._path = Path(work.path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in our terminal is ours: we end it
        )
        self._lines = _Lines(cast(IO[bytes], self._process.stdout))
        with suppress(BrokenPipeError):  # it is gone already: `look` says so
            _told(cast(IO[bytes], self._process.stdin), work)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def look(self, wait_s: float) -> Progress | Made | Broken | None:
        """What is new, waiting for it for so long; None: nothing. After Made or Broken there is nothing more."""
        line = self._lines.newest(wait_s)
        if line is None:
            return None
        if not line:  # it closed its stdout without a last word
            self.end()
            return Broken("the process that made it ended before it was done, maybe for want of memory")
        said = msgspec.json.decode(line, type=Said)
        if said.made is not None or said.broken is not None:
            self.end()
        return said.made or said.broken or said.progress

    def end(self) -> None:
        """Stop, and leave nothing behind but a file that is whole. Repeatable."""
        if self._process.poll() is None:
            with suppress(OSError):
                cast(IO[bytes], self._process.stdin).close()
            self._process.kill()
        self._process.wait()
        self._lines.close()
        with suppress(OSError):
            cast(IO[bytes], self._process.stdin).close()
        self._path.with_name(self._path.name + PART).unlink(missing_ok=True)


class _Lines:
    """Lines from a pipe, waited for only so long."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._rest = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(pipe, selectors.EVENT_READ)

    def newest(self, wait_s: float) -> bytes | None:
        """The newest whole line; None: there is none yet; b"": there will be none."""
        deadline = time.monotonic() + wait_s
        while self._selector.select(max(0.0, deadline - time.monotonic())):
            some = os.read(self._pipe.fileno(), 65_536)
            if not some:
                return b""
            *lines, self._rest = (self._rest + some).split(b"\n")
            if lines:
                return lines[-1]
        return None

    def close(self) -> None:
        self._selector.close()
        self._pipe.close()


def _told(pipe: IO[bytes], work: Work) -> None:
    pipe.write(msgspec.json.encode(work) + b"\n")
    pipe.flush()
