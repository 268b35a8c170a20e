"""The gateway on a real server in this process, in front of an upstream, with an inbox that can be away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.books import EmptyInbox, HandClock
from tests.support.upstream import Packet, Reply, Upstream, answering, read_packet, upstream
from wabawatch.cli.serving import listen, serving, url_of
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.facts import CallAnswered
from wabawatch.flows.recording import facts_of
from wabawatch.net import HttpClient, Timeouts
from wabawatch.ports import Body, BodyId
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.spool import Spool
from wabawatch.web.call_log import CallLog
from wabawatch.web.gateway import Gateway
from wabawatch.web.gateway_door import Door

NOW = 1_764_000_000_000

WAMID = "wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA"
TEXT = b'{"messaging_product":"whatsapp","to":"15551234567","type":"text","text":{"body":"hello"}}'
ACCEPTED = (
    b'{"messaging_product":"whatsapp","contacts":[{"input":"15551234567","wa_id":"15551234567"}],'
    b'"messages":[{"id":"%s","message_status":"accepted"}]}' % WAMID.encode()
)
SEND = "POST /graph/v25.0/106540352242922/messages"
TOKEN = "Authorization: Bearer EAAcaller"


class FickleInbox(EmptyInbox):
    """Keeps bodies in memory, unless it is away."""

    def __init__(self) -> None:
        self.bodies: list[Body] = []
        self.is_away = False

    async def append(self, body: Body) -> BodyId:
        return self.append_all([body])[0]

    def append_all(self, bodies: Sequence[Body]) -> list[BodyId]:
        if self.is_away:
            raise StoreUnavailable("away")
        self.bodies += bodies
        return list(range(len(bodies)))


@dataclass(slots=True)
class Stage:
    """A gateway that is being served, and what is around it."""

    url: str
    meta: Upstream
    gateway: Gateway
    inbox: FickleInbox
    spool: Spool

    async def ask(self, raw: bytes, *, has_body: bool = True) -> Packet:
        """Send the bytes of one request; gives the answer as it came."""
        reader, writer = await self.open()
        try:
            writer.write(raw)
            answer = await read_packet(reader, has_body=has_body)
        finally:
            await hang_up(writer)
        assert answer is not None
        return answer

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the gateway."""
        place = urlsplit(self.url)
        return await asyncio.open_connection(place.hostname, place.port, limit=1 << 16)

    async def calls(self, n: int) -> list[CallAnswered]:
        """The calls that were recorded, once there are *n*."""
        while len(self.inbox.bodies) < n:
            await asyncio.sleep(0.001)
        facts = [fact for body in self.inbox.bodies for fact in facts_of(body.content, body.received_at)]
        return [fact for fact in facts if isinstance(fact, CallAnswered)]


@dataclass(slots=True)
class _Site:
    gateway: Gateway
    lifespans: list[str] = field(default_factory=list)

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await self.gateway(scope, receive, send)


@asynccontextmanager
async def stage(
    reply: Reply,
    folder: Path,
    door: Door | None = None,
    read_s: float = 10.0,
    base: str = "",
    *,
    is_one_app: bool = True,
) -> AsyncIterator[Stage]:
    """A gateway in front of an upstream that answers by *reply*. *base*: another address than its.
    *is_one_app*: as `Gateway` has it."""
    async with upstream(reply) as meta:
        inbox, clock, spool = FickleInbox(), HandClock(NOW), Spool(folder, Keyring.generate())
        client = HttpClient(None, Timeouts(total=None, connect=2.0, read=read_s), connections=0, decompress=False)
        gateway = Gateway(
            base or meta.url, client, CallLog(inbox, spool, clock), clock, door or Door(), is_one_app=is_one_app
        )
        listener = listen(0)
        async with serving(_Site(gateway), listener):
            yield Stage(url_of(listener), meta, gateway, inbox, spool)
        await gateway.close()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


def request(line: str, body: bytes = b"", *headers: str) -> bytes:
    """The bytes of one request."""
    lines = [f"{line} HTTP/1.1", "Host: gateway", *headers, *([f"Content-Length: {len(body)}"] if body else []), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def play(folder: Path, reply: Reply, act: Callable[[Stage], Awaitable[Any]], **options: Any) -> Any:
    """Run *act* against a gateway whose upstream answers by *reply*."""

    async def run() -> Any:
        async with stage(reply, folder, **options) as found:
            return await act(found)

    return asyncio.run(run())


def exchange(folder: Path, raw: bytes, answer: bytes, *, has_body: bool = True) -> tuple[Packet, Packet]:
    """One request through the gateway: what Meta saw, and what came back."""

    async def act(stage: Stage) -> tuple[Packet, Packet]:
        back = await stage.ask(raw, has_body=has_body)
        return stage.meta.seen[0], back

    found: tuple[Packet, Packet] = play(folder, answering(answer), act)
    return found
