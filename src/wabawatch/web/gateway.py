"""The Graph gateway: raw ASGI for `/graph/{version}/…`. Calls pass through byte for byte; what was sent is recorded.

The answer has left before the record is kept, so that keeping it delays nobody.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import quote

import aiohttp
from yarl import URL

from wabawatch.access_tokens import AccessTokens
from wabawatch.domain.calls import TOKEN_REFUSED, is_refused_token
from wabawatch.domain.errors import Forbidden, NotAllowed, StoreUnavailable
from wabawatch.domain.facts import CallKind
from wabawatch.flows.access import Doorkeeper
from wabawatch.flows.sending import Target, Tokens, may_send, recognise, target_of
from wabawatch.meta.sends import Asked, read_answer, read_request
from wabawatch.net import HttpClient, Timeouts, told
from wabawatch.ports import Clock
from wabawatch.settings import Settings
from wabawatch.web.call_log import CallLog
from wabawatch.web.gateway_door import Door
from wabawatch.web.gateway_headers import Incoming, answer_headers, read_headers
from wabawatch.web.gateway_records import Passed, RawHeaders, message_of, record_of
from wabawatch.web.webhook import Receive, Scope, Send
from wabawatch.wire import write

PREFIX = "/graph/"
MAX_SEND_BYTES = 1 << 20
"""A larger body to a path of sends is passed on like any other, and not looked into: it is no send that Meta takes."""
NOT_PERMITTED = 10
"""The code with which the Graph API refuses what a good token does not allow"""
MAX_ANSWER_BYTES = 256 << 10
"""So much of an answer is read for the record, packed or not"""

_Pieces: TypeAlias = AsyncIterator[bytes]
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Counted:
    """What went through since the process started."""

    calls: int = 0
    failed: int = 0
    """Answered by us, because no answer came"""
    refused: int = 0
    """Turned away at the door"""


@dataclass(frozen=True, slots=True)
class Gateway:
    """The ASGI app. *base* is the address of the Graph API without a version."""

    base: str
    client: HttpClient
    log: CallLog
    clock: Clock
    door: Door = field(default_factory=Door)
    timer: Callable[[], float] = time.perf_counter
    is_one_app: bool = True
    """Whether callers, whoever's token they show, are the app that we ask Meta as ourselves"""
    tokens: Tokens = field(default_factory=Tokens, repr=False)
    counted: Counted = field(default_factory=Counted)

    def matches(self, path: str) -> bool:
        """Whether requests for *path* belong here."""
        return path.startswith(PREFIX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one call on, and its answer back."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        incoming = read_headers(scope["headers"])
        target = target_of(scope["path"][len(PREFIX) - 1 :])
        try:
            await self.door.admit(scope["method"], target, incoming)
        except NotAllowed as error:
            self.counted.refused += 1
            status, code = (403, NOT_PERMITTED) if isinstance(error, Forbidden) else (401, TOKEN_REFUSED)
            await _refuse(send, status, error.message, code)
            return
        except StoreUnavailable as error:
            self.counted.failed += 1
            await _refuse(send, 503, f"whether the token is good cannot be looked up now: {error}")
            return
        self.counted.calls += 1
        call = _Call(self, scope, incoming, target, send)
        if may_send(scope["method"], target):
            await call.run_send(receive)
        else:
            await call.run(receive)

    async def close(self) -> None:
        """Close the connections to Meta."""
        await self.client.close()

    def url(self, scope: Scope) -> URL:
        """Where a call goes: path and query as the client wrote them, byte for byte."""
        raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
        path = raw[raw.index(b"/", 1) :].decode("latin-1")
        query: str = scope["query_string"].decode("latin-1")
        written = self.base + path + (f"?{query}" if query else "")
        return URL(written if written.isascii() else quote(written, safe=_ASCII, encoding="latin-1"), encoded=True)


_ASCII = "".join(map(chr, range(33, 127)))


def make_gateway(settings: Settings, log: CallLog, callers: Doorkeeper, own: AccessTokens) -> Gateway:
    """Build the gateway. *callers* knows the tokens that wabawatch gave out, *own* are our tokens of Meta's."""
    # No limit for the whole of a call: media may take long. The operator's own address may be anywhere.
    client = HttpClient(
        None,
        Timeouts(total=None, connect=10.0, read=float(settings.gateway.timeout_s)),
        connections=0,
        decompress=False,
    )
    closing = [each.reveal().encode() for each in settings.gateway.token]
    door = Door(closing, own, callers)
    return Gateway(settings.graph.url.base, client, log, log.clock, door, is_one_app=settings.is_one_app)


@dataclass(slots=True)
class _Call:
    """One call on its way."""

    gateway: Gateway
    scope: Scope
    incoming: Incoming
    target: Target
    send: Send
    passed: Passed | None = None
    """How it ended; None as long as it has not"""

    async def run_send(self, receive: Receive) -> None:
        """A call that may ask for a message. Once it is passed on it is not cancelled: Meta has it already."""
        body = _Body(receive)
        head, is_whole = await body.read(MAX_SEND_BYTES)
        if body.is_cut_off:
            return
        asked = read_request(head, self.incoming.content_type, self.scope["query_string"]) if is_whole else Asked()
        kind = recognise(
            self.scope["method"], self.target, has_recipient=asked.has_recipient, has_status=asked.has_status
        )
        if kind is CallKind.SEND:
            self.incoming.offer_readable()
        try:
            await self._relay(body, head if is_whole else body.pieces(head))
        finally:  # also when the server is going down: then nobody knows how it was answered
            if not body.is_cut_off:
                await self._keep(asked, kind)

    async def run(self, receive: Receive) -> None:
        """Any other call: streamed, and given up when the client goes away."""
        body = _Body(receive, is_read=not self.incoming.has_body)
        relay = asyncio.create_task(self._relay(body, body.pieces() if self.incoming.has_body else None))
        gone = asyncio.create_task(body.gone())
        try:
            await asyncio.wait({relay, gone}, return_when=asyncio.FIRST_COMPLETED)
            is_given_up = body.is_cut_off or not relay.done()
        finally:
            for task in (relay, gone):
                task.cancel()
            await asyncio.wait({relay, gone})
        if not relay.cancelled():
            relay.result()
        if not is_given_up:
            await self._keep(Asked(), CallKind.OTHER)

    async def _relay(self, body: _Body, data: bytes | _Pieces | None) -> None:
        gateway, began_at, began = self.gateway, self.gateway.clock.now(), self.gateway.timer()
        status, answered = 0, bytearray()
        headers: RawHeaders = ()
        url = gateway.url(self.scope)
        method: str = self.scope["method"]
        try:
            async with gateway.client.request(method, url, headers=self.incoming.outgoing, data=data) as answer:
                status, headers = answer.status, answer.raw_headers
                await self._hand_back(answer, answered)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if not body.is_cut_off:
                await self._fail(error, is_started=status != 0)
            status = 0  # half an answer is none
            answered.clear()
        finally:
            latency_ms = (gateway.timer() - began) * 1000
            self.passed = Passed(began_at, latency_ms, status, bytes(answered), headers)

    async def _hand_back(self, answer: aiohttp.ClientResponse, answered: bytearray) -> None:
        headers = answer_headers(answer.raw_headers, answer.status)
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})
        is_over = False
        while not is_over:
            piece = await answer.content.readany()
            is_over = answer.content.at_eof()
            if len(answered) < MAX_ANSWER_BYTES:
                answered += piece
            await self.send({"type": "http.response.body", "body": piece, "more_body": not is_over})

    async def _fail(self, error: Exception, *, is_started: bool) -> None:
        """Say that no answer came. One that has begun is left unfinished: the server closes the connection, as Meta's
        did."""
        self.gateway.counted.failed += 1
        _log.warning("gateway.failed: %s", told(error), extra={"action": "gateway.failed"})
        if not is_started:
            status = 504 if isinstance(error, TimeoutError) else 502
            await _refuse(self.send, status, f"the Graph API was not reached: {told(error)}")

    async def _keep(self, asked: Asked, kind: CallKind) -> None:
        if (passed := self.passed) is None:
            return
        answered = read_answer(passed.http_status, passed.plain_answer(MAX_ANSWER_BYTES))
        codes = [error.code for error in answered.errors]
        token = self.incoming.authorization.encode() or self.scope["query_string"]
        if passed.http_status:
            is_refused = is_refused_token(passed.http_status, codes)
            self.gateway.door.learn(self.incoming.bearer, is_refused=is_refused)
        record = record_of(
            self.scope["method"],
            self.target,
            passed,
            answered,
            message=message_of(kind, self.target, asked, answered, self.incoming),
            is_ours=self.gateway.is_one_app or self.gateway.door.is_own(self.incoming.bearer),
            is_token_known=self.gateway.tokens.learn(token, passed.http_status, codes),
        )
        await self.gateway.log.keep(record)


class _Body:
    """The body of a request, piece by piece as it comes, and the end of the client."""

    def __init__(self, receive: Receive, *, is_read: bool = False) -> None:
        self.is_cut_off = False
        """The client went away before its request was whole"""
        self._receive = receive
        self._read = asyncio.Event()
        if is_read:
            self._read.set()

    async def read(self, limit: int) -> tuple[bytes, bool]:
        """The body, or of one that is longer than *limit* the beginning, and whether it is whole."""
        body = bytearray()
        while not self._read.is_set() and not self.is_cut_off and len(body) <= limit:
            body += await self._next()
        return bytes(body), self._read.is_set()

    async def pieces(self, head: bytes = b"") -> _Pieces:
        """*head*, and all that is still to come. Raises ConnectionResetError when the client goes away."""
        if head:
            yield head
        while not self._read.is_set():
            piece = await self._next()
            if self.is_cut_off:
                raise ConnectionResetError
            if piece:
                yield piece

    async def gone(self) -> None:
        """Wait until the client has gone away, once its request is whole."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] != "http.request":
            self.is_cut_off = True
            return b""
        if not message.get("more_body", False):
            self._read.set()
        body: bytes = message.get("body", b"")
        return body


async def _refuse(send: Send, status: int, why: str, code: int = 2) -> None:
    """Answer in Meta's shape, so that libraries understand it, and say who speaks. Code 2: try again later."""
    error: dict[str, Any] = {
        "message": f"wabawatch: {why}",
        "type": "WabawatchGatewayException",
        "code": code,
        "is_transient": status >= 500,
        "fbtrace_id": "",
    }
    body = write({"error": error})
    headers = [
        (b"content-type", b"application/json; charset=UTF-8"),
        (b"content-length", b"%d" % len(body)),
        (b"x-wabawatch", b"gateway"),
    ]
    with suppress(Exception):  # servers raise what they like for a client that is gone
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
