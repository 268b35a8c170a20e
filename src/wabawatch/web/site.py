"""Everything that is served: the webhook receiver in front, raw, and all else behind it through Starlette."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Mount

from wabawatch.domain.errors import Refusal, Trouble
from wabawatch.web.api import PREFIX, Api
from wabawatch.web.problems import refused, unavailable, unheard, unroutable
from wabawatch.web.webhook import Receive, Receiver, Scope, Send

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


class Site:
    """The ASGI app of the server."""

    def __init__(self, receiver: Receiver, api: Api, others: Sequence[BaseRoute], lifespan: Lifespan) -> None:
        self.api = api
        self._receiver = receiver
        self._rest = Starlette(
            routes=[Mount(PREFIX, routes=api.routes()), *others],
            exception_handlers={
                Refusal: refused,
                Trouble: unavailable,
                HTTPException: unroutable,
                ClientDisconnect: unheard,
            },
            lifespan=lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._receiver.matches(scope["path"]):
            await self._receiver(scope, receive, send)
        else:
            await self._rest(scope, receive, send)
