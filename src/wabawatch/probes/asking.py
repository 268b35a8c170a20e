"""One HTTP request of a check: over the guarded client, with whatever goes wrong as a value."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from wabawatch.domain.checks import Failure
from wabawatch.net import Forbidden, Guard, HttpClient, Timeouts, told

MOST_BYTES = 1 << 20
"""More of an answer is not read."""
USER_AGENT = {"User-Agent": "wabawatch"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What came back, or why nothing did."""

    status: int = 0
    """0: there was no answer"""
    body: bytes = b""
    latency_ms: float | None = None
    """Until the answer was whole; None: there was none"""
    failure: Failure = Failure.NONE
    words: str = ""
    """Why there was no answer, fit to be shown"""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked."""

    method: str
    url: str
    headers: Mapping[str, str] | None = None
    body: bytes | None = None


def ask(request: Request, guard: Guard | None, timeout_s: float) -> Asked:
    """Ask, over a connection of its own: a check must see what a newcomer sees. Call it in a worker thread.

    *guard* None: for addresses that the operator himself has set, which may be anywhere.
    """
    return asyncio.run(_ask(request, guard, timeout_s))


async def _ask(request: Request, guard: Guard | None, timeout_s: float) -> Asked:
    client = HttpClient(guard, Timeouts(timeout_s, timeout_s, timeout_s), connections=1)
    began = time.perf_counter()
    try:
        headers = {**USER_AGENT, **(request.headers or {})}
        async with client.request(request.method, request.url, headers=headers, data=request.body) as answer:
            body = await _body(answer)
            return Asked(answer.status, body, (time.perf_counter() - began) * 1000)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        return Asked(failure=failure_of(error), words=told(error))
    finally:
        await client.close()


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in answer.content.iter_chunked(1 << 16):
        body += piece
        if len(body) >= MOST_BYTES:
            break
    return bytes(body[:MOST_BYTES])


def failure_of(error: BaseException) -> Failure:
    """In which way a call failed that had no answer."""
    match error:
        case Forbidden() | aiohttp.InvalidURL():
            return Failure.FORBIDDEN
        case aiohttp.ClientConnectorDNSError():
            return Failure.NAME
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError() | ssl.SSLError():
            return Failure.CERTIFICATE
        case TimeoutError():
            return Failure.TIMEOUT
        case _:
            return Failure.CONNECTION
