"""A stand-in for Meta on a raw socket, which notes every byte; and a raw client, which shows every byte."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

KEPT_BYTES = 3 << 20
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Packet:
    """A request or an answer as it came. Of a large body only length and digest."""

    line: bytes
    headers: Headers
    body: bytes
    length: int
    digest: str

    def named(self, name: bytes) -> list[bytes]:
        """The values of the headers of this name."""
        return [value for given, value in self.headers if given.lower() == name]


Reply = Callable[[Packet, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Upstream:
    """Answers each request by `reply`."""

    reply: Reply
    seen: list[Packet] = field(default_factory=list)
    connections: int = 0
    cut_off: int = 0
    """Requests that ended in the middle"""
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while packet := await read_packet(reader):
                self.seen.append(packet)
                await self.reply(packet, reader, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.cut_off += 1
        finally:
            writer.close()


def answering(*raw: bytes) -> Reply:
    """Answer with the next of *raw*, and from then on with the last: status line, headers and body."""
    left = list(raw)

    async def reply(_seen: Packet, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])

    return reply


def json_answer(body: bytes, status: bytes = b"200 OK", *more: bytes) -> bytes:
    """A whole answer with a JSON body, and lines of *more* headers."""
    head = [b"HTTP/1.1 " + status, b"Content-Type: application/json; charset=UTF-8", *more]
    return b"\r\n".join([*head, b"Content-Length: %d" % len(body), b"", b""]) + body


@asynccontextmanager
async def upstream(reply: Reply) -> AsyncIterator[Upstream]:
    """An upstream on this machine."""
    running = Upstream(reply)
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0, limit=1 << 16)
    running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield running
    finally:
        server.close()


async def read_packet(reader: asyncio.StreamReader, *, has_body: bool = True) -> Packet | None:
    """The next request or answer; None at the end."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n"))[:-4]
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    line, *lines = head.split(b"\r\n")
    headers = [(name, value.strip()) for each in lines for name, _, value in [each.partition(b":")]]
    body, length, digest = bytearray(), 0, hashlib.sha256()
    async for piece in _pieces(reader, headers if has_body else []):
        length += len(piece)
        digest.update(piece)
        if length <= KEPT_BYTES:
            body += piece
    return Packet(line, headers, bytes(body), length, digest.hexdigest())


async def _pieces(reader: asyncio.StreamReader, headers: Headers) -> AsyncIterator[bytes]:
    named = {name.lower(): value for name, value in headers}
    if b"chunked" in named.get(b"transfer-encoding", b""):
        while size := int(await reader.readline(), 16):
            yield await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return
    left = int(named.get(b"content-length", b"0"))
    while left:
        piece = await reader.read(min(left, 1 << 16))
        if not piece:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(piece)
        yield piece
