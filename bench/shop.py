"""The application behind a forward target: a process of its own that counts what it gets, and answers 200 or late.

    python -m bench.shop --fd N [--delay-s 0]

`GET /` gives how many bodies came, and when the first and the last did.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, cast

import uvloop

HOST = "127.0.0.1"
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Got(NamedTuple):
    """What came."""

    bodies: int
    first_s: float
    """By the monotonic clock"""
    last_s: float


class _Shop:
    def __init__(self, delay_s: float) -> None:
        self.delay_s = delay_s
        self.bodies = 0
        self.first_s = self.last_s = 0.0

    def note(self) -> None:
        self.last_s = time.monotonic()
        self.first_s = self.first_s or self.last_s
        self.bodies += 1


class _Connection(asyncio.Protocol):
    def __init__(self, shop: _Shop) -> None:
        self._shop = shop
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are of no class of asyncio

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, found, body = self._came.partition(b"\r\n\r\n")
        if not found:
            return
        if head.startswith(b"GET"):
            said = json.dumps([self._shop.bodies, self._shop.first_s, self._shop.last_s]).encode()
            self._answer(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(said), said))
            self._transport.close()
        elif len(body) >= int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            self._came = b""
            self._shop.note()
            if self._shop.delay_s:
                asyncio.get_running_loop().call_later(self._shop.delay_s, self._answer, _OK)
            else:
                self._answer(_OK)

    def _answer(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


@contextmanager
def shop(delay_s: float = 0.0) -> Iterator[int]:
    """Serve one; gives its port."""
    with socket.create_server((HOST, 0), backlog=1024) as listening:
        fd = listening.fileno()
        command = [sys.executable, "-m", "bench.shop", "--fd", str(fd), "--delay-s", str(delay_s)]
        process = subprocess.Popen(command, pass_fds=[fd], start_new_session=True)
        try:
            yield listening.getsockname()[1]
        finally:
            process.kill()
            process.wait()


def got(port: int) -> Got:
    """What came to the one on *port*."""
    with urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=10) as answer:
        return Got(*json.loads(answer.read()))


async def _serve(fd: int, delay_s: float) -> None:
    counting = _Shop(delay_s)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(counting), sock=socket.socket(fileno=fd))
    await server.serve_forever()


def main() -> None:
    """Serve on a socket that somebody else has opened."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--delay-s", type=float, default=0.0)
    asked = parser.parse_args()
    uvloop.run(_serve(asked.fd, asked.delay_s))


if __name__ == "__main__":
    main()
