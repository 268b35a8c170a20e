"""A Graph API that accepts every send after a given time, and a caller that sends: each a process of its own.

python -m bench.graph serve --fd SOCKET --delay-ms MS
python -m bench.graph call --port PORT --path PATH --at-once N --seconds S
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from itertools import count
from statistics import median
from typing import Any, NamedTuple

import uvicorn
import uvloop

from bench.receivers import Send

HOST = "127.0.0.1"
NUMBER = "106540352242922"
_WARM_UP_S = 0.5
_STAGGER_S = 0.003
"""So long after one another connections begin: callers are strangers to each other, and do not send in step"""

_wamids = count(10**15)


class Graph:
    """The ASGI app."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Send) -> None:
        """Accept a send."""
        while (await receive()).get("more_body", False):
            pass
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        body = (
            b'{"messaging_product":"whatsapp","contacts":[{"input":"15551234567","wa_id":"15551234567"}],'
            b'"messages":[{"id":"wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBI%d","message_status":"accepted"}]}' % next(_wamids)
        )
        headers = [(b"content-type", b"application/json; charset=UTF-8"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@contextmanager
def graph(delay_ms: float) -> Iterator[int]:
    """The Graph API in a process of its own: its port."""
    with socket.create_server((HOST, 0), backlog=1024) as listening:
        fd = listening.fileno()
        command = [sys.executable, "-m", "bench.graph", "serve", "--fd", str(fd), "--delay-ms", str(delay_ms)]
        process = subprocess.Popen(command, pass_fds=[fd], start_new_session=True)
        try:
            yield listening.getsockname()[1]
        finally:
            process.kill()
            process.wait()


class Called(NamedTuple):
    """What came of sends."""

    sends: int
    per_second: float
    median_ms: float
    """Exact: a bucket of 4 % would be wider than what is looked for"""


def call(port: int, prefix: str, at_once: int, seconds: float) -> Called:
    """Send over *at_once* connections, on each again once it is answered."""
    path = f"{prefix}/v25.0/{NUMBER}/messages"
    options = ["--port", str(port), "--path", path, "--at-once", str(at_once), "--seconds", str(seconds)]
    said = subprocess.run([sys.executable, "-m", "bench.graph", "call", *options], check=True, capture_output=True)
    return Called(*json.loads(said.stdout))


async def _call(port: int, path: str, at_once: int, seconds: float) -> Called:
    took_s: list[float] = []
    until = time.perf_counter() + _WARM_UP_S + seconds
    await asyncio.gather(*(_line(port, path, n, until, seconds, took_s) for n in range(at_once)))
    return Called(len(took_s), len(took_s) / seconds, median(took_s) * 1000)


async def _line(port: int, path: str, line: int, until: float, seconds: float, took_s: list[float]) -> None:
    await asyncio.sleep(line * _STAGGER_S)
    reader, writer = await asyncio.open_connection(HOST, port)
    for number in count():
        body = (
            b'{"messaging_product":"whatsapp","to":"1555%02d%07d","type":"template",'
            b'"template":{"name":"order_update","language":{"code":"en_US"}}}' % (line, number)
        )
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer EAA\r\nContent-Type: application/json\r\n"
        began = time.perf_counter()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answered = await reader.readuntil(b"\r\n\r\n")
        if not answered.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answered.decode())
        length = int(answered.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        now = time.perf_counter()
        if began > until - seconds:
            took_s.append(now - began)
        if now > until:
            writer.close()
            return


def main() -> None:
    """Serve, or call."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["serve", "call"])
    parser.add_argument("--fd", type=int)
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--port", type=int)
    parser.add_argument("--path", default="")
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0)
    asked = parser.parse_args()
    if asked.what == "call":
        print(json.dumps(uvloop.run(_call(asked.port, asked.path, asked.at_once, asked.seconds))))
        return
    config = uvicorn.Config(Graph(asked.delay_ms / 1000), lifespan="off", access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=asked.fd)])


if __name__ == "__main__":
    main()
