"""System calls of a program, as strace tells of them: begin and end of each call, in their order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest

PATIENCE_S = 30.0
FILES = (
    "openat,close,dup,dup2,dup3,write,pwrite64,writev,pwritev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,"
    "unlink,unlinkat,mkdir,mkdirat,rmdir"
)
"""What changes files."""
SOCKETS = "accept4,read,recvfrom,recvmsg,sendto,sendmsg"
"""What else is said and heard on connections."""
STRANGE = "link,linkat,symlink,symlinkat,truncate,fallocate,pwritev2,sendfile,copy_file_range,msync"
"""Other ways to change files. They are traced so that a program that begins to use one is noticed."""

_LINE = re.compile(r"(\d+) +[\d.]+ (.*)", re.DOTALL)
_WHOLE = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?|0x[0-9a-f]+)(?: .*)?", re.DOTALL)
_BEGUN = re.compile(r"(\w+)\((.*) <unfinished \.\.\.>", re.DOTALL)
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)", re.DOTALL)
_OTHER = re.compile(r"(?:\+\+\+|---) .* (?:\+\+\+|---)|\?\?\?\((?: <unfinished \.\.\.>|\)\s+= \?)")
"""Signals and ends of threads, and a call that was cut off by SIGKILL before strace could read its name"""
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')


class Phase(Enum):
    """Where in a call the program is."""

    BEGINS = 1
    ENDS = 2


@dataclass(slots=True, eq=False)
class Call:
    """One system call. Until it ends, `arguments` are those that were known when it began."""

    name: str
    arguments: str
    result: int | None = None
    """What it gave; -1 for any error; None until it ends, or when the program ended first"""

    @property
    def fd(self) -> int:
        """Its first argument, when that is a file descriptor."""
        return int(re.match(r"\d+", self.arguments).group())  # type: ignore[union-attr]

    @property
    def texts(self) -> list[bytes]:
        """The paths or contents that it was given."""
        found = list(_TEXT.finditer(self.arguments))
        assert not any(each[2] for each in found), "strace has cut something short"
        return [bytes.fromhex(each[1].replace("\\x", "")) for each in found]

    @property
    def paths(self) -> list[Path]:
        """The paths that it was given."""
        return [Path(os.fsdecode(text)) for text in self.texts]

    @property
    def last_number(self) -> int:
        """Its last argument, when that is a number: an offset or a length."""
        return int(self.arguments.rsplit(",", 1)[1])


@dataclass(frozen=True, slots=True)
class Event:
    """A call begins or ends. Of two events the earlier came first, in whatever threads they were.

    strace stops a thread at both: what one thread did after the end of a call, it did after the line was written.
    """

    at: int
    """Line of the log"""
    phase: Phase
    call: Call


def command(log: Path, calls: str, *inject: str) -> list[str]:
    """What to put in front of a command line to have *calls* written to *log*; the process started is the program.

    *inject*: what strace is to do to calls, as its option takes it.
    """
    injected = [word for each in inject for word in ("-e", f"inject={each}")]
    asked = ["-f", "--seccomp-bpf", "-q", "-ttt", "-xx", "-s", "100000000", "-e", f"trace={calls}"]
    return ["strace", "-D", "-o", str(log), *asked, *injected]


def must_be_there() -> None:
    """Skip the test where there is no strace. In CI there must be."""
    if shutil.which("strace"):
        return
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail("strace is missing: .ci/run installs it")
    pytest.skip("strace is missing (Debian: apt-get install strace)")


def wait_until_traced(pid: int, tracer: subprocess.Popen[bytes]) -> None:
    """Wait until *tracer* has attached to *pid*. Skips the test where it may not."""
    status = Path(f"/proc/{pid}/status")
    while "TracerPid:\t0" in status.read_text("ascii"):
        if tracer.poll() is not None:
            pytest.skip("strace may not attach to a process that runs (it takes root)")
        time.sleep(0.02)


def lines(log: Path, pid: int) -> list[str]:
    """The lines of *log*, once the program that began as *pid* has ended."""
    give_up_at = time.monotonic() + PATIENCE_S
    ended = re.compile(rf"^{pid} +[\d.]+ \+\+\+ .*\+\+\+\n\Z", re.MULTILINE)
    while not ended.search(_end_of(log)):
        assert time.monotonic() < give_up_at, f"strace has not told of the program's end: {_end_of(log)}"
        time.sleep(0.02)
    return log.read_text("ascii").splitlines()


def _end_of(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 200))
        return file.read().decode("ascii")


def events(log: Iterable[str]) -> Iterator[Event]:
    """Begin and end of each call in the lines of a log."""
    pending: dict[str, Call] = {}
    for at, line in enumerate(log):
        thread, text = _split(line)
        if resumed := _RESUMED.fullmatch(text):
            call = pending.pop(thread)
            assert call.name == resumed[1], line[:200]
            rest = _WHOLE.fullmatch(f"{call.name}({call.arguments}{resumed[2]}")
            assert rest, line[:200]
            call.arguments, call.result = rest[2], _number(rest[3])
            yield Event(at, Phase.ENDS, call)
        elif begun := _BEGUN.fullmatch(text):
            pending[thread] = Call(begun[1], begun[2])
            yield Event(at, Phase.BEGINS, pending[thread])
        elif whole := _WHOLE.fullmatch(text):
            call = Call(whole[1], whole[2])
            yield Event(at, Phase.BEGINS, call)
            call.result = _number(whole[3])
            yield Event(at, Phase.ENDS, call)
        else:
            assert _OTHER.fullmatch(text), f"line {at} is not understood: {line[:200]}"


def _split(line: str) -> tuple[str, str]:
    found = _LINE.fullmatch(line)
    assert found, f"not a line of strace: {line[:200]}"
    return found[1], found[2]


def _number(text: str) -> int | None:
    return None if text == "?" else int(text, 0)
