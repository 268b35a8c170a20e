"""Everything that is served: gateway and webhook receiver in front, raw, all else behind them through Starlette."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Mount

from wabawatch.asked_from import asked_from
from wabawatch.domain.errors import Refusal, Trouble
from wabawatch.web.api import PREFIX, Api, taking_anything
from wabawatch.web.gateway import Gateway
from wabawatch.web.problems import not_done, unheard
from wabawatch.web.webhook import Message, Receive, Receiver, Scope, Send

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


class Site:
    """The ASGI app of the server."""

    def __init__(
        self, receiver: Receiver, gateway: Gateway, api: Api, others: Sequence[BaseRoute], lifespan: Lifespan
    ) -> None:
        self.api = api
        self._receiver = receiver
        self._gateway = gateway
        self._rest = Starlette(
            routes=[taking_anything(Mount(PREFIX, routes=api.routes())), *others],
            exception_handlers={
                Refusal: not_done,
                Trouble: not_done,
                HTTPException: not_done,
                ClientDisconnect: unheard,
            },
            lifespan=lifespan,
        )

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """Every route behind gateway and receiver."""
        return self._rest.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_http = scope["type"] == "http"
        if is_http and self._gateway.matches(scope["path"]):
            await self._gateway(scope, receive, send)
        elif is_http and self._receiver.matches(scope["path"]):
            await self._receiver(scope, receive, _dated(send))
        elif is_http:
            with asked_from((scope.get("client") or ("",))[0]):
                await self._rest(scope, receive, _dated(send))
        else:
            await self._rest(scope, receive, send)


def _dated(send: Send) -> Send:
    """As *send*, with the header Date. The server adds none by itself: what Meta answers has Meta's."""

    async def send_dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"date", _date(int(time.time())))]
        await send(message)

    return send_dated


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()
