"""The text of a dump, cut into webhook bodies as it streams by: JSON lines, an array, or values one after the other.

Nothing is lost: what is no JSON is given too, as it stands. Bodies in a wrapper of ours are taken out of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import msgspec

from wabawatch.domain.dumps import Dumped
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.wire import moment

LARGEST = 64 << 20
"""Bytes of the largest body that is imported."""

_APP = re.compile("[^\x00-\x1f\ud800-\udfff]{1,200}")
"""A name of an app that can be kept."""

_MARK = b"\xef\xbb\xbf"
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_SHALLOW = re.compile(_STRING + rb'|[\[\]{},"]', re.DOTALL)
_DEEP = re.compile(_STRING + rb'|[\[\]{}"]', re.DOTALL)
"""A whole string, a bracket (and a comma, where it separates bodies), or the beginning of a string that goes on."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What should be one body, with the line on which it begins."""

    content: bytes
    line: int


def bodies_in(chunks: Iterable[bytes]) -> Iterator[Dumped]:
    """The bodies in a dump that comes in *chunks*. Raises BadRequest for a body of more than `LARGEST` bytes."""
    return map(unwrapped, pieces(chunks))


def pieces(chunks: Iterable[bytes]) -> Iterator[Piece]:
    """Cut the text at the ends of its lines, if it is JSON lines, else at the ends of its values."""
    coming = iter(chunks)
    head = bytearray()
    is_by_lines = None
    for chunk in coming:
        is_telling = not head or b"\n" in chunk
        head += chunk
        is_by_lines = _is_by_lines(head) if is_telling else None
        if is_by_lines is not None or len(head) > LARGEST:
            break
    else:
        is_by_lines = _is_by_lines(head + b"\n\n")
    cut = by_lines if is_by_lines else by_values
    return cut(chain([bytes(head.removeprefix(_MARK))], coming))


def _is_by_lines(head: bytes | bytearray) -> bool | None:
    """Whether a text that begins with *head* is JSON lines: its first line is whole, or the second. None: not known."""
    text = bytes(head.removeprefix(_MARK)).lstrip()
    if text[:1] == b"[":
        return False
    first, is_ended, rest = text.partition(b"\n")
    if not is_ended:
        return None
    if first[:1] != b"{" or _is_whole(first.rstrip()):
        return True
    second, is_ended, _ = rest.lstrip(b"\r\n").partition(b"\n")
    return _is_whole(second.rstrip()) if is_ended else None


def _is_whole(text: bytes) -> bool:
    return text[:1] == b"{" and [piece.content for piece in _Splitter().feed(text)] == [text]


def by_lines(chunks: Iterable[bytes]) -> Iterator[Piece]:
    """Each line that is not blank; of a line that is an array, each element."""
    held: list[bytes] = []
    number = 1
    for chunk in chunks:
        begun, *following = chunk.split(b"\n")
        held.append(begun)
        for each in following:
            yield from _of_line(b"".join(held), number)
            held, number = [each], number + 1
        _refuse_large(sum(map(len, held)), number)
    yield from _of_line(b"".join(held), number)


def _of_line(line: bytes, number: int) -> Iterator[Piece]:
    text = line.strip()
    splitter = _Splitter()
    elements = [*splitter.feed(text)] if text[:1] == b"[" else []
    if text and not (text[:1] == b"[" and splitter.is_between):
        elements = [Piece(text, 1)]
    yield from (Piece(element.content, number) for element in elements)


def by_values(chunks: Iterable[bytes]) -> Iterator[Piece]:
    """Each value, and each element of an array; also what stands between them and what is cut off at the end."""
    splitter = _Splitter()
    for chunk in chunks:
        yield from splitter.feed(chunk)
    yield from splitter.finish()


class _Splitter:
    """Finds where values end, by counting brackets outside strings. Keeps only what belongs to an unfinished value."""

    def __init__(self) -> None:
        self._text = b""
        self._start = self._at = self._depth = 0
        self._floor = 0  # 1 inside a top-level array: there bodies are its elements
        self._line = 1

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """The values that end in *chunk*."""
        self._text = self._text[self._start :] + chunk
        self._at -= self._start
        self._start = 0
        while found := (_DEEP if self._depth > self._floor else _SHALLOW).search(self._text, self._at):
            if found.group() == b'"':  # the string goes on in the next chunk: it is looked at again then
                self._at = found.start()
                break
            self._at = found.end()
            yield from self._take(found.group(), found.start())
        else:
            self._at = len(self._text)
        if len(self._text) - self._start > LARGEST:
            blank = len(self._text) - len(self._text[self._start :].lstrip())
            _refuse_large(len(self._text) - self._start, self._line + self._text.count(b"\n", self._start, blank))

    def finish(self) -> Iterator[Piece]:
        """What is left at the end: something that was cut off, or was no JSON at all."""
        yield from self._cut(len(self._text), len(self._text))

    @property
    def is_between(self) -> bool:
        """Whether all that came was given: no value has begun."""
        return self._depth == 0 and self._start == len(self._text)

    def _take(self, token: bytes, at: int) -> Iterator[Piece]:
        if token in (b"[", b"{"):
            yield from self._open(token, at)
        elif token == b"," and self._depth == self._floor:
            yield from self._cut(at, at + 1)
        elif token == b"]" and self._depth == self._floor == 1:
            yield from self._cut(at, at + 1)
            self._depth = self._floor = 0
        elif token in (b"]", b"}") and self._depth > self._floor:
            self._depth -= 1
            if self._depth == 0:
                yield from self._cut(at + 1, at + 1)

    def _open(self, token: bytes, at: int) -> Iterator[Piece]:
        if self._depth == 0:
            yield from self._cut(at, at)
            if token == b"[":
                self._floor = 1
                yield from self._cut(at, at + 1)
        self._depth += 1

    def _cut(self, end: int, following: int) -> Iterator[Piece]:
        """Give what stands up to *end*, and go on at *following*."""
        raw = self._text[self._start : end]
        content = raw.lstrip()
        if content:
            blank = len(raw) - len(content)
            yield Piece(content.rstrip(), self._line + raw.count(b"\n", 0, blank))
        self._line += self._text.count(b"\n", self._start, following)
        self._start = following


def _refuse_large(size: int, line: int) -> None:
    if size > LARGEST:
        raise BadRequest(f"line {line}: a body of more than {LARGEST >> 20} MiB; nothing from there on was read")


_Raw: TypeAlias = msgspec.Raw | msgspec.UnsetType


class _Wrapper(msgspec.Struct):
    """Our own form of a dumped body: `body` (JSON, or a text of JSON), with or without `received_at` and `app`."""

    body: _Raw = msgspec.UNSET
    received_at: _Raw = msgspec.UNSET
    app: _Raw = msgspec.UNSET
    object: _Raw = msgspec.UNSET
    entry: _Raw = msgspec.UNSET


_WRAPPER = msgspec.json.Decoder(_Wrapper)


def unwrapped(piece: Piece) -> Dumped:
    """The body that *piece* holds: all of it, or what our own wrapper is around."""
    try:
        return _quickly(piece)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # wherever in it strict JSON ends
    try:
        return _patiently(piece)
    except (ValueError, RecursionError):
        return Dumped(piece.content, piece.line)


def _quickly(piece: Piece) -> Dumped:
    wrapper = _WRAPPER.decode(piece.content)
    if wrapper.body is msgspec.UNSET or wrapper.object is not msgspec.UNSET or wrapper.entry is not msgspec.UNSET:
        return Dumped(piece.content, piece.line)
    content = bytes(wrapper.body)
    if content[:1] == b'"':
        content = msgspec.json.decode(content, type=str).encode()
    return Dumped(content, piece.line, _moment(_told(wrapper.received_at)), _app(_told(wrapper.app)))


def _patiently(piece: Piece) -> Dumped:
    """As `unwrapped`, where strict JSON ends: a lone surrogate in a name must not hide the body in a wrapper."""
    found = json.loads(piece.content, strict=False)
    if isinstance(found, str):
        return Dumped(found.encode("utf-8", "surrogatepass"), piece.line)
    if not isinstance(found, dict) or "body" not in found or "object" in found or "entry" in found:
        return Dumped(piece.content, piece.line)
    body = found["body"]
    content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else json.dumps(body).encode()
    return Dumped(content, piece.line, _moment(found.get("received_at")), _app(found.get("app")))


def _told(raw: _Raw) -> object:
    try:
        return None if raw is msgspec.UNSET else msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _app(told: object) -> str:
    """The app that a wrapper names; "" when that is none."""
    return told if isinstance(told, str) and _APP.fullmatch(told) else ""


def _moment(told: object) -> Millis | None:
    """A time of receipt as a wrapper tells it; None when there is none, or none that makes sense."""
    if isinstance(told, bool) or not isinstance(told, int | str):
        return None
    try:
        return moment(told, 0) or None
    except BadRequest:
        return None
