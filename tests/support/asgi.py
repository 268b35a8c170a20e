"""A hand-made ASGI client: one request to an app in this process, chunk by chunk, and what came back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Message = MutableMapping[str, Any]
App = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app sent. `status` is 0 when it sent nothing."""

    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""
    is_complete: bool = False
    unread: int = 0
    """How many chunks of the request the app never asked for"""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `chunks` are the pieces in which its body comes."""

    method: str
    path: str
    chunks: tuple[bytes, ...] = (b"",)
    headers: tuple[tuple[bytes, bytes], ...] = ()
    query: bytes = b""
    breaks_off: bool = False
    """The client goes away after the last chunk, before the body is whole"""
    hangs: bool = False
    """After the last chunk nothing comes any more, for ever"""
    kind: str = "http"

    def scope(self) -> dict[str, Any]:
        return {
            "type": self.kind,
            "method": self.method,
            "path": self.path,
            "query_string": self.query,
            "headers": list(self.headers),
        }


def ask(app: App, request: Request) -> Answer:
    """Send *request* and wait for the app to finish."""
    return asyncio.run(converse(app, request))


async def converse(app: App, request: Request) -> Answer:
    """Send *request* inside a running loop."""
    waiting = deque(_messages(request))
    sent: list[Message] = []

    async def receive() -> Message:
        if not waiting and request.hangs:
            await asyncio.Event().wait()
        return waiting.popleft() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(request.scope(), receive, send)
    return _answer(sent, sum(message["type"] == "http.request" for message in waiting))


def _messages(request: Request) -> Iterable[Message]:
    last = len(request.chunks) - 1
    for index, chunk in enumerate(request.chunks):
        is_open = index < last or request.breaks_off or request.hangs
        yield {"type": "http.request", "body": chunk, "more_body": is_open}


def _answer(sent: list[Message], unread: int) -> Answer:
    if not sent or sent[0]["type"] != "http.response.start":
        return Answer(unread=unread)
    start, *bodies = sent
    assert all(message["type"] == "http.response.body" for message in bodies)
    return Answer(
        start["status"],
        dict(start["headers"]),
        b"".join(message.get("body", b"") for message in bodies),
        bool(bodies) and not bodies[-1].get("more_body", False),
        unread,
    )
