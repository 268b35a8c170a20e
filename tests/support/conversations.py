"""What a traced server was asked over HTTP and what it answered, and whether the answer waited for the disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from tests.support.strace import Call, Event, Phase

_HEAD_ENDS = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the server."""

    status: int
    target: bytes
    """Method and path of the request"""
    body: bytes
    """Of the request"""
    asked_at: int
    """Line of the log where its last byte had been read"""
    at: int
    """Line of the log where writing the answer began"""


@dataclass(slots=True)
class _Connection:
    heard: bytearray = field(default_factory=bytearray)
    heard_at: int = 0


class Conversations:
    """All connections that the program accepted. Feed it every event of the log."""

    def __init__(self) -> None:
        self._open: dict[int, _Connection] = {}

    def feed(self, event: Event) -> Answer | None:
        """Take in one event; gives the answer that begins with it."""
        call = event.call
        match event.phase, call.name:
            case Phase.ENDS, "accept4" if call.result is not None and call.result >= 0:
                self._open[call.result] = _Connection()
            case Phase.BEGINS, "close":
                self._open.pop(call.fd, None)
            case Phase.ENDS, "read" | "recvfrom" | "recvmsg" if (call.result or 0) > 0 and call.fd in self._open:
                self._hear(call, event.at)
            case Phase.BEGINS, "write" | "writev" | "sendto" | "sendmsg" if call.fd in self._open:
                return self._answer(self._open[call.fd], b"".join(call.texts), event.at)
        return None

    def end_of_program(self) -> None:
        """The program has ended, and with it all connections."""
        self._open.clear()

    def _hear(self, call: Call, at: int) -> None:
        connection = self._open[call.fd]
        connection.heard += call.texts[0]
        connection.heard_at = at

    def _answer(self, connection: _Connection, said: bytes, at: int) -> Answer | None:
        if not said.startswith(b"HTTP/1.1 "):  # the rest of an answer
            return None
        head, _, rest = bytes(connection.heard).partition(_HEAD_ENDS)
        first, *headers = head.split(b"\r\n")
        lengths = [line.split(b":")[1] for line in headers if line.lower().startswith(b"content-length:")]
        length = int(lengths[0]) if lengths else 0
        assert len(rest) <= length, "the next request came before the answer"
        connection.heard.clear()
        target = first.rpartition(b" ")[0]
        return Answer(int(said[9:12]), target, rest, connection.heard_at, at)


@dataclass(slots=True)
class Commits:
    """The writes to one file, and which of them were synced when. Feed it the events of that file."""

    CALLS: ClassVar = frozenset({"write", "pwrite64", "fsync", "fdatasync"})

    _written: list[tuple[int, Call]] = field(default_factory=list)
    """Writes that no sync covers yet: where each began"""
    _covering: dict[Call, list[tuple[int, Call]]] = field(default_factory=dict)
    safe: list[tuple[int, int]] = field(default_factory=list)
    """For each sync: where the last write began that it covers, and where the sync ended"""

    def feed(self, event: Event) -> None:
        """Take in one event of the file."""
        call = event.call
        match event.phase, call.name:
            case Phase.BEGINS, "pwrite64" | "write":
                self._written.append((event.at, call))
            case Phase.BEGINS, "fsync" | "fdatasync":
                self._covering[call] = [each for each in self._written if each[1].result is not None]
            case Phase.ENDS, "fsync" | "fdatasync":
                covered = self._covering.pop(call)
                if call.result == 0 and covered:
                    self.safe.append((covered[-1][0], event.at))
                    self._written = [each for each in self._written if each not in covered]

    def waited_for(self, answer: Answer) -> bool:
        """Whether something was written after the request had come, and was safe before the answer began."""
        return any(answer.asked_at < written and safe < answer.at for written, safe in self.safe)
