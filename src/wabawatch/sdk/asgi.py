"""ASGI middleware for an application that keeps its own webhook: wabawatch gets a copy, and how it was answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, TypeAlias

from wabawatch.sdk.copying import SIGNATURE, Copies, Copy, HasKeeper

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGE_BYTES = 1 << 18
"""A larger copy is written in a thread, so that the event loop does not wait for it"""
_SIGNATURE = SIGNATURE.lower().encode()


class WebhookWatch:
    """Everything passes through as it is. The copy is kept once the response is complete, and sent in the background.

    The answer time is that from the request's arrival here until the last byte of the response was handed over. What
    goes wrong with a copy is in the log and in `health_check`; the application never sees it, `strict` or not.
    """

    def __init__(
        self,
        app: App,
        client: HasKeeper,
        paths: str | Mapping[str, str] = "/webhook",
        app_secrets: Sequence[str] = (),
    ) -> None:
        """*paths*: the path of the webhook; with several Meta apps, the app's name in wabawatch for each path.

        With *app_secrets*, what none of them signed is not copied.
        """
        self._app = app
        self._copies = Copies(client, paths, app_secrets)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or one lifespan or connection of another kind, by the application."""
        copy = self._begin(scope) if scope["type"] == "http" else None
        if copy is None:
            await self._app(scope, receive, send)
        else:
            await _Watched(self._copies, copy, receive, send).run(self._app, scope)

    def _begin(self, scope: Scope) -> Copy | None:
        found = [value for name, value in scope["headers"] if name.lower() == _SIGNATURE]
        signature = found[0].decode("latin-1") if found else ""
        return self._copies.begin(scope["method"], scope["path"], signature, time.time_ns() // 1_000_000)


class _Watched:
    """One webhook on its way through the application."""

    def __init__(self, copies: Copies, copy: Copy, receive: Receive, send: Send) -> None:
        self._copies = copies
        self._copy = copy
        self._receive = receive
        self._send = send
        self._began = time.perf_counter()
        self._status = 0
        self._is_done = False

    async def run(self, app: App, scope: Scope) -> None:
        try:
            await app(scope, self.receive, self.send)
        except Exception:
            self._status = self._status or 500  # what the server makes of it
            raise
        finally:
            if not self._is_done:
                self._is_done = True
                self._copies.end(self._copy, self._status, self._ms())

    async def receive(self) -> MutableMapping[str, Any]:
        message = await self._receive()
        if message["type"] == "http.request":
            self._copy.add(message.get("body", b""))
            self._copy.is_whole = not message.get("more_body", False)
        return message

    async def send(self, message: MutableMapping[str, Any]) -> None:
        await self._send(message)
        if message["type"] == "http.response.start":
            self._status = message["status"]
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if is_last and self._copy.is_whole and not self._is_done:
            self._is_done = True
            ms = self._ms()
            if len(self._copy.body or b"") > LARGE_BYTES:
                await asyncio.to_thread(self._copies.end, self._copy, self._status, ms)
            else:
                self._copies.end(self._copy, self._status, ms)

    def _ms(self) -> float:
        return (time.perf_counter() - self._began) * 1000
