"""Real requests and answers of the Graph API through the gateway: what comes out is what went in, byte for byte."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.gateway import request, stage
from tests.support.upstream import Headers, Packet, json_answer

PATHS = ("GET /graph/v25.0/106540352242922", "POST /graph/v25.0/106540352242922/messages", "DELETE /graph/v19.0/1/x")
GIVEN = ["Authorization: Bearer EAA", "Content-Type: application/json", "User-Agent: a/1", "X-A: 1", "X-A: 2"]
ADDED = (b"connection", b"host", b"content-length")
"""What each connection has of its own, and the length, which is compared as such"""


def without_added(headers: Headers) -> Headers:
    return [(name.lower(), value) for name, value in headers if name.lower() not in ADDED]


def test_every_known_request_and_answer_passes_unchanged(shared_corpus: Path, tmp_path: Path) -> None:
    files = sorted((shared_corpus.parent / "graph").rglob("*.json"))
    bodies = [path.read_bytes() for path in files]
    usage = [body for path, body in zip(files, bodies, strict=True) if path.parent.name == "usage_headers"]
    more = [b"X-App-Usage: " + usage[0], *(b"X-Business-Use-Case-Usage: " + value for value in usage[1:])]

    async def echo(seen: Packet, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        [status] = seen.named(b"x-status")
        writer.write(json_answer(bodies[int(seen.named(b"x-file")[0])], status, *more))

    async def run() -> None:
        async with stage(echo, tmp_path) as found:
            for number, body in enumerate(bodies):
                given = [*GIVEN, f"X-Status: {'200' if number % 2 else '400'} X", f"X-File: {number}"]
                back = await found.ask(request(PATHS[number % 3], body, *given))
                seen = found.meta.seen[-1]
                assert (seen.body, back.body) == (body, body), files[number]
                assert without_added(seen.headers) == [
                    (name.lower().encode(), value.encode()) for name, _, value in (h.partition(": ") for h in given)
                ]
                assert without_added(back.headers) == [
                    (b"content-type", b"application/json; charset=UTF-8"),
                    *((name.lower(), value) for name, _, value in (h.partition(b": ") for h in more)),
                ]
            assert len(await found.calls(len(bodies))) == len(bodies)

    assert len(bodies) > 100
    asyncio.run(run())
