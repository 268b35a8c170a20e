"""Media pass through the gateway without being held: 100 MB up and down, in little memory."""

from __future__ import annotations

import asyncio
import hashlib
import tracemalloc
from pathlib import Path

from tests.support.gateway import Stage, hang_up, request, stage
from tests.support.upstream import Packet, json_answer, read_packet

PIECE = bytes(range(256)) * 256
PIECES = 1_600
SIZE = len(PIECE) * PIECES
DIGEST = hashlib.sha256(PIECE * PIECES).hexdigest()
LITTLE = 24 << 20
"""Buffers of four sockets, and what the test itself keeps of two bodies"""


async def upload(found: Stage) -> Packet:
    reader, writer = await found.open()
    head = request("POST /graph/v25.0/1/media", b"", "Content-Type: video/mp4", f"Content-Length: {SIZE}")
    writer.write(head)
    for _ in range(PIECES):
        writer.write(PIECE)
        await writer.drain()
    answer = await read_packet(reader)
    await hang_up(writer)
    assert answer is not None
    return answer


async def large(seen: Packet, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if seen.line.startswith(b"POST"):
        writer.write(json_answer(b'{"id":"1"}'))
        return
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: %d\r\n\r\n" % SIZE)
    for _ in range(PIECES):
        writer.write(PIECE)
        await writer.drain()


def test_100_mb_up_and_down_are_streamed(tmp_path: Path) -> None:
    async def run() -> tuple[Packet, Packet, Packet]:
        async with stage(large, tmp_path, read_s=60.0) as found:
            up = await upload(found)
            down = await found.ask(request("GET /graph/v25.0/2"))
            return up, found.meta.seen[0], down

    tracemalloc.start()
    up, seen, down = asyncio.run(run())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert up.body == b'{"id":"1"}'
    assert (seen.length, seen.digest) == (down.length, down.digest) == (SIZE, DIGEST)
    assert peak < LITTLE


def test_an_upload_slower_than_the_patience_with_meta_is_no_silence_of_metas(tmp_path: Path) -> None:
    async def run() -> Packet:
        async with stage(large, tmp_path, read_s=0.2) as found:
            reader, writer = await found.open()
            writer.write(request("POST /graph/v25.0/1/media", b"", "Content-Length: 8"))
            for _ in range(8):
                await asyncio.sleep(0.1)
                writer.write(b"x")
            answer = await read_packet(reader)
            await hang_up(writer)
            assert answer is not None
            return answer

    assert asyncio.run(run()).body == b'{"id":"1"}'
