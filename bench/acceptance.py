"""How fast webhooks are accepted durably, beside a bare ASGI app that only answers 200, in one run.

    python -m bench.acceptance [--seconds 10] [--connections 64]

The server is one uvicorn process (uvloop, httptools); this process makes the load over keep-alive connections. Aim
(SPEC.md section 12): at least 0.2 of the bare app. Both share the machine's cores with whatever else runs there.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, cast

import uvicorn
import uvloop

from wabawatch.meta.signature import sign

if TYPE_CHECKING:
    from wabawatch.storage.inbox import SqliteInbox
    from wabawatch.web.webhook import Receiver

PATH = "/webhooks/whatsapp"
SECRET = b"bench secret"
BODY_BYTES = 612
AIM = 0.2
_BODIES = 5_000
_WARM_UP_S = 1.0

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Result:
    """What one server did under load."""

    name: str
    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int
    answered: int
    resident_mib: float
    peak_mib: float


class SystemClock:
    """The clock of this machine."""

    def now(self) -> int:
        """Milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000


def main() -> int:
    """Run both servers, print their figures; 1 when the aim is missed or a body is lost."""
    asked = _arguments()
    if asked.serve:
        _serve(asked.serve, Path(asked.folder), asked.fd)
        return 0
    with tempfile.TemporaryDirectory() as name:
        bare, receiver = (_measure(kind, Path(name), asked) for kind in ("bare", "receiver"))
        kept = _kept(Path(name))
    _print(bare, receiver, kept)
    return int(receiver.per_second < AIM * bare.per_second or kept < receiver.answered or receiver.failed > 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the load on each server")
    parser.add_argument("--connections", type=int, default=64)
    for hidden in ("--serve", "--folder", "--fd"):
        parser.add_argument(hidden, type=int if hidden == "--fd" else str, help=argparse.SUPPRESS)
    return parser.parse_args()


async def answer_200(scope: MutableMapping[str, Any], receive: object, send: Send) -> None:
    """The bare app."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def _serve(kind: str, folder: Path, fd: int) -> None:
    if kind == "bare":
        _run(answer_200, fd)
        return
    inbox = _inbox(folder)
    try:
        _run(_receiver(inbox), fd)
    finally:
        inbox.close()


# What only the receiver needs is imported here, so that it does not count as memory of the bare app.
def _inbox(folder: Path) -> SqliteInbox:
    from wabawatch.storage.inbox import SqliteInbox
    from wabawatch.storage.sealed import load_or_create

    return SqliteInbox(folder / "inbox.sqlite", load_or_create(folder / "keys.json"), reserve_bytes=0)


def _receiver(inbox: SqliteInbox) -> Receiver:
    from wabawatch.flows.ingest import Acks, AppSecrets
    from wabawatch.web.webhook import make_receiver

    return make_receiver(
        apps={"": AppSecrets("", (SECRET,))},
        inbox=inbox,
        clock=SystemClock(),
        acks=Acks(),
        max_body_bytes=4 << 20,
        allow_unsigned=False,
    )


def _run(app: Any, fd: int) -> None:
    config = uvicorn.Config(app, loop="uvloop", http="httptools", lifespan="off", access_log=False, log_level="warning")
    # Not by uvicorn's own `fd`: it takes that for a Unix socket, TCP_NODELAY stays off, and each answer waits 40 ms.
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=fd)])


def _measure(kind: str, folder: Path, asked: argparse.Namespace) -> Result:
    with _server(kind, folder) as (process, port):
        load = Load(port, asked.connections)
        uvloop.run(load.run(asked.seconds))
        return Result(
            kind,
            load.measured / asked.seconds,
            load.quantile_ms(0.50),
            load.quantile_ms(0.99),
            load.failed,
            load.answered,
            _memory_mib(process.pid, "VmRSS"),
            _memory_mib(process.pid, "VmHWM"),
        )


@contextmanager
def _server(kind: str, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server that listens already: the socket is made here and handed over."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        fd = listening.fileno()
        command = [sys.executable, "-m", "bench.acceptance", "--serve", kind, "--folder", str(folder), "--fd", str(fd)]
        process = subprocess.Popen(command, pass_fds=[fd])
        try:
            yield process, listening.getsockname()[1]
        finally:
            process.terminate()
            process.wait(30)


def _memory_mib(pid: int, key: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{key}:"))


def _kept(folder: Path) -> int:
    inbox = _inbox(folder)
    try:
        return inbox.waiting(0)
    finally:
        inbox.close()


class Load:
    """Requests over so many connections, each of which asks again as soon as it is answered."""

    def __init__(self, port: int, connections: int) -> None:
        self.failed = self.answered = self.measured = 0
        self.is_over = False
        self.from_s = 0.0
        self._port = port
        self._connections = connections
        self._requests = cycle(requests())
        self._times_s: list[float] = []

    async def run(self, seconds: float) -> None:
        """Load the server: a warm-up, then *seconds* that count."""
        loop = asyncio.get_running_loop()
        self.from_s = time.perf_counter() + _WARM_UP_S
        callers = [Caller(self, loop.create_future()) for _ in range(self._connections)]
        for caller in callers:
            await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", self._port)  # type: ignore[misc]
        await asyncio.sleep(_WARM_UP_S + seconds)
        self.is_over = True
        await asyncio.wait_for(asyncio.gather(*(caller.done for caller in callers)), 30)

    def next_request(self) -> bytes:
        """Bytes to write."""
        return next(self._requests)

    def note(self, status: bytes, began_s: float) -> None:
        """Count an answer."""
        now = time.perf_counter()
        if status != b"200":
            self.failed += 1
            return
        self.answered += 1
        if now >= self.from_s and not self.is_over:
            self.measured += 1
            self._times_s.append(now - began_s)

    def quantile_ms(self, share: float) -> float:
        """The answer time that *share* of the requests did not exceed."""
        ranked = sorted(self._times_s)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] * 1000


class Caller(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, load: Load, done: asyncio.Future[None]) -> None:
        self.done = done
        self._load = load
        self._answer = b""
        self._began_s = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no class of asyncio.
        self._transport = cast(asyncio.Transport, transport)
        self._ask(self._transport)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0]):
            return
        self._load.note(self._answer[9:12], self._began_s)
        assert self._transport
        if self._load.is_over:
            self._transport.close()
        else:
            self._ask(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._load.is_over:
            self._load.failed += 1
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self, transport: asyncio.Transport) -> None:
        self._answer = b""
        self._began_s = time.perf_counter()
        transport.write(self._load.next_request())


def requests() -> list[bytes]:
    """Whole HTTP requests, each with a body of its own of `BODY_BYTES`, signed beforehand."""
    chance = Random(612)
    return [_request(_body(chance)) for _ in range(_BODIES)]


def _request(body: bytes) -> bytes:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: bench.example\r\nAccept: */*\r\nUser-Agent: bench\r\n"
        f"Content-Type: application/json\r\nX-Hub-Signature-256: {sign(body, SECRET)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _body(chance: Random) -> bytes:
    phone = f"1555{chance.randrange(10**7):07}"
    number = f"10{chance.randrange(50):013}"
    wamid = f"wamid.{chance.randbytes(24).hex().upper()}"
    status = (
        f'{{"id":"{wamid}","status":"delivered","timestamp":"1790{chance.randrange(10**6):06}",'
        f'"recipient_id":"{phone}","recipient_user_id":"US.{chance.randrange(10**16):016}",'
        f'"conversation":{{"id":"{chance.randbytes(16).hex()}","origin":{{"type":"utility"}}}},'
        f'"pricing":{{"billable":true,"pricing_model":"PMP","category":"utility","type":"regular"}}}}'
    )
    metadata = f'{{"display_phone_number":"{phone}","phone_number_id":"{number}"}}'
    value = f'{{"messaging_product":"whatsapp","metadata":{metadata},"statuses":[{status}]}}'
    body = (
        f'{{"object":"whatsapp_business_account","entry":[{{"id":"{number}",'
        f'"changes":[{{"value":{value},"field":"messages"}}]}}]}}'
    ).encode()
    return body.ljust(BODY_BYTES)  # JSON may end in spaces


def _print(bare: Result, receiver: Result, kept: int) -> None:
    print(f"{'':10}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'RSS MiB':>9}{'peak MiB':>10}{'failed':>8}")
    for each in (bare, receiver):
        print(
            f"{each.name:10}{each.per_second:12,.0f}{each.p50_ms:9.2f}{each.p99_ms:9.2f}"
            f"{each.resident_mib:9.1f}{each.peak_mib:10.1f}{each.failed:8}"
        )
    ratio = receiver.per_second / bare.per_second
    print(f"ratio {ratio:.2f} (aim {AIM}); {receiver.answered:,} answered with 200, {kept:,} kept")


if __name__ == "__main__":
    sys.exit(main())
