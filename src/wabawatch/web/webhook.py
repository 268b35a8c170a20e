"""The webhook receiver: raw ASGI for `/webhooks/whatsapp` and `/webhooks/whatsapp/{app}`. 200 means durably kept."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.handshakes import Handshake
from wabawatch.flows.ingest import Acks, Admission, Handshakes, Registry, admit, shake_hands
from wabawatch.meta.signature import is_genuine
from wabawatch.ports import OUR_CHALLENGE, Body, BodyKind, BodySource, Clock, Inbox

# Shapes that ASGI gives; Any, because a scope and a message hold values of many types.
Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
_Headers: TypeAlias = Iterable[tuple[bytes, bytes]]

PATH = "/webhooks/whatsapp"
RETRY_AFTER_S = 30

_CLOSE = ((b"connection", b"close"),)
_ANSWERS: dict[Admission, tuple[int, bytes, _Headers]] = {
    Admission.ACCEPTED: (200, b"ok", ()),
    Admission.SYNTHETIC: (200, b"ok", ()),
    Admission.UNKNOWN_APP: (404, b"no such app", ()),
    Admission.UNSIGNED: (401, b"signature missing", ()),
    Admission.BAD_SIGNATURE: (401, b"signature wrong", ()),
    Admission.PROBED: (401, b"signature wrong", ()),
    Admission.NO_SECRET: (401, b"no app secret to check it with", ()),
    Admission.TOO_LARGE: (413, b"body too large", _CLOSE),
    Admission.TOO_SLOW: (408, b"body too slow", _CLOSE),
    Admission.UNAVAILABLE: (503, b"cannot be kept now", ((b"retry-after", b"%d" % RETRY_AFTER_S),)),
    Admission.FAILED: (500, b"internal error", ()),
}
"""How a POST is answered. A sender that broke off gets no answer."""

_SAID_ELSEWHERE = {Admission.UNAVAILABLE, Admission.FAILED, Admission.BROKEN_OFF, Admission.PROBED}
"""What is logged where it is found, with more to say, or is nobody's mistake."""

_LONGEST_SIZE = 19
"""Digits of a content-length that are believed; with more of them the bytes are counted as they come."""

_DRAIN_S = 2.0
_DRAIN_BYTES = 16 << 20
"""So long, and so much of it, the rest of a body that is too large is read and thrown away."""

_log = logging.getLogger(__name__)


def app_at(path: str) -> str | None:
    """The name of the app whose callback path this is ("" is the default app); None when it is no callback path."""
    if not path.startswith(PATH):
        return None
    rest = path[len(PATH) :].removesuffix("/")
    if not rest:
        return ""
    name = rest[1:]
    return name if rest[0] == "/" and name and "/" not in name else None


def make_receiver(
    *,
    apps: Registry,
    inbox: Inbox,
    clock: Clock,
    acks: Acks,
    max_body_bytes: int,
    allow_unsigned: bool,
    is_synthetic: Callable[[bytes], bool] = lambda _body: False,
    handshakes: Handshakes | None = None,
    timer: Callable[[], float] = time.perf_counter,
    read_timeout_s: float = 20.0,
) -> Receiver:
    """Build the receiver. *is_synthetic* knows our own test events.

    *allow_unsigned* must be False in production. *timer* counts seconds and never goes back. A body that takes longer
    than *read_timeout_s* to arrive is given up.
    """
    return Receiver(
        apps, inbox, clock, acks, max_body_bytes, allow_unsigned, is_synthetic, handshakes or Handshakes(), timer,
        read_timeout_s, RateLimitedLog(timer),
    )  # fmt: skip


class RateLimitedLog:
    """Writes one line per cause in ten seconds, with the number of cases since the line before."""

    def __init__(self, timer: Callable[[], float], every_s: float = 10.0) -> None:
        self._timer = timer
        self._every_s = every_s
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._due_at: dict[tuple[str, str, str], float] = {}

    def note(self, level: int, action: str, reason: str, app: str, detail: str = "") -> None:
        """Count a case, and write a line if it is time to. *detail* may be another each time."""
        cause, now = (action, reason, app), self._timer()
        self._counts[cause] += 1
        if now < self._due_at.get(cause, now):
            return
        self._due_at[cause] = now + self._every_s
        count = self._counts.pop(cause)
        extra = {"action": action, "reason": reason, "app": app, "count": count}
        _log.log(level, "%s: %s %s(app %r, %d since the last line)", action, reason, detail, app, count, extra=extra)


@dataclass(frozen=True, slots=True)
class Receiver:
    """The ASGI app. It never raises, whatever the request; cancellation goes through."""

    apps: Registry
    inbox: Inbox
    clock: Clock
    acks: Acks
    max_body_bytes: int
    allow_unsigned: bool
    is_synthetic: Callable[[bytes], bool]
    handshakes: Handshakes
    timer: Callable[[], float]
    read_timeout_s: float
    log: RateLimitedLog = field(repr=False)

    def matches(self, path: str) -> bool:
        """Whether requests for *path* belong here."""
        return app_at(path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1000})
            return
        app = app_at(scope["path"])
        if app is None:
            await _answer(send, 404, b"not found")
        elif scope["method"] == "POST":
            await self._post(app, scope, receive, send)
        elif scope["method"] == "GET":
            await self._get(app, scope, send)
        else:
            body = b"" if scope["method"] == "HEAD" else b"method not allowed"
            await _answer(send, 405, body, ((b"allow", b"GET, POST"),))

    async def _get(self, app: str, scope: Scope, send: Send) -> None:
        # Bytes that are not ASCII come from no server of Meta, but must not break anything.
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        handshake, challenge = shake_hands(self.apps, app, query)
        is_ours = any(value.startswith(OUR_CHALLENGE) for _, value in query)
        if handshake is not Handshake.UNKNOWN_APP and not is_ours:
            self.handshakes.note(app, self.clock.now(), handshake)
        match handshake:
            case Handshake.CONFIRMED:
                level = logging.DEBUG if is_ours else logging.INFO
                _log.log(level, "webhook.verified: app %r", app, extra={"action": "webhook.verified", "app": app})
                await _answer(send, 200, challenge.encode(), ((b"x-content-type-options", b"nosniff"),))
            case Handshake.UNKNOWN_APP:
                await _answer(send, 404, b"no such app")
            case Handshake.REFUSED:
                self.log.note(logging.WARNING, "webhook.handshake", handshake, app)
                await _answer(send, 403, b"verify token wrong")

    async def _post(self, app: str, scope: Scope, receive: Receive, send: Send) -> None:
        began = self.timer()
        try:
            admission = await self._take(app, scope, receive)
        except Exception:  # the boundary: the log gets the traceback, Meta an answer
            _log.exception("webhook.bug", extra={"action": "webhook.bug"})
            admission = Admission.FAILED
        # Counted before the answer leaves: it is kept, even if the sender does not wait to hear of it.
        self._count(app, admission, (self.timer() - began) * 1000)
        if admission is Admission.BROKEN_OFF:
            return
        drain = partial(_drain, receive) if admission is Admission.TOO_LARGE else None
        await _answer(send, *_ANSWERS[admission], drain)

    async def _take(self, app: str, scope: Scope, receive: Receive) -> Admission:
        """Read the body, decide on it, keep it."""
        declared, signature = _size_and_signature(scope)
        if declared > self.max_body_bytes:
            return Admission.TOO_LARGE
        body = await self._read(receive)
        if isinstance(body, Admission):
            return body
        admission = admit(self.apps, app, body, signature, is_genuine=is_genuine, allow_unsigned=self.allow_unsigned)
        if admission is Admission.ACCEPTED:
            return await self._keep(app, body, signature)
        return admission

    async def _read(self, receive: Receive) -> bytes | Admission:
        try:
            async with asyncio.timeout(self.read_timeout_s):
                return await _whole_body(receive, self.max_body_bytes)
        except TimeoutError:
            return Admission.TOO_SLOW

    async def _keep(self, app: str, content: bytes, signature: bytes | None) -> Admission:
        header = (signature or b"").decode("latin-1")
        is_ours = self.is_synthetic(content)
        source = BodySource.SYNTHETIC if is_ours else BodySource.LIVE
        try:
            await self.inbox.append(Body(BodyKind.WEBHOOK, self.clock.now(), content, app, source, header))
        except StoreUnavailable as error:
            self.log.note(logging.ERROR, "webhook.refused", Admission.UNAVAILABLE, app, f"{error} ")
            return Admission.UNAVAILABLE
        return Admission.SYNTHETIC if is_ours else Admission.ACCEPTED

    def _count(self, app: str, admission: Admission, ack_ms: float) -> None:
        if admission is Admission.ACCEPTED:
            self.acks.accepted(app, self.clock.now(), ack_ms)
            return
        if admission is Admission.SYNTHETIC:
            return
        # A name that somebody made up is neither counted nor logged: there is no end to them.
        known = app if app in self.apps else ""
        self.acks.refused(known, self.clock.now(), admission)
        if admission not in _SAID_ELSEWHERE:
            self.log.note(logging.WARNING, "webhook.refused", admission, known)


def _size_and_signature(scope: Scope) -> tuple[int, bytes | None]:
    """The declared size of the body (0: not told in a way that can be believed) and the signature header."""
    size, signature = 0, None
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < _LONGEST_SIZE:
            size = int(value)
        elif name == b"x-hub-signature-256" and signature is None:
            signature = value
    return size, signature


async def _whole_body(receive: Receive, max_bytes: int) -> bytes | Admission:
    body = bytearray()  # not a list: a body may come byte by byte
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return Admission.BROKEN_OFF
        body += message.get("body", b"")
        if len(body) > max_bytes:
            return Admission.TOO_LARGE
        more = message.get("more_body", False)
    return bytes(body)


async def _drain(receive: Receive) -> None:
    """Throw away what still comes, within limits: a socket closed on unread data resets, and the answer is lost."""
    left = _DRAIN_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            while left > 0:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))


async def _answer(
    send: Send,
    status: int,
    text: bytes,
    headers: _Headers = (),
    drain: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Send a whole answer; *drain* runs when the client has it, before the connection may close."""
    usual = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(text))]
    try:
        await send({"type": "http.response.start", "status": status, "headers": [*usual, *headers]})
        await send({"type": "http.response.body", "body": text, "more_body": drain is not None})
        if drain:
            await drain()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
    except Exception as error:  # servers raise what they like for a client that is gone
        _log.debug("webhook.unheard: %r", error, extra={"action": "webhook.unheard"})
