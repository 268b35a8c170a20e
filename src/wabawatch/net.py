"""The one guarded HTTP client: time-outs, no redirects, no private addresses behind URLs that users give, no secrets in
what errors say."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class Forbidden(aiohttp.ClientConnectionError):
    """The URL leads to an address on a private network, and nobody allowed that."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Which addresses may be reached: public ones, and what is allowed besides."""

    hosts: frozenset[str] = frozenset()
    """Names, in lower case and without a final dot, that may lead anywhere"""
    networks: tuple[Network, ...] = ()

    def admits(self, host: str, address: str) -> bool:
        """Whether *address* may be reached, being where *host* leads."""
        found = ipaddress.ip_address(address.partition("%")[0])
        return host.lower().rstrip(".") in self.hosts or is_public(found) or any(found in net for net in self.networks)

    def check(self, host: str, address: str) -> None:
        """Raises Forbidden when *address* may not be reached."""
        if not self.admits(host, address):
            raise Forbidden(
                f"{host} leads to the private address {address}; allow it with WABAWATCH_ALLOW_PRIVATE_URLS"
            )


def guard_of(allowed: Iterable[str]) -> Guard:
    """The guard that lets through public addresses and *allowed*: names of hosts, addresses, networks (10.0.0.0/8)."""
    hosts: set[str] = set()
    networks: list[Network] = []
    for each in allowed:
        try:
            networks.append(ipaddress.ip_network(each.strip("[]"), strict=False))
        except ValueError:
            hosts.add(each.lower().rstrip("."))
    return Guard(frozenset(hosts), tuple(networks))


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_MORE_PRIVATE = tuple(map(ipaddress.ip_network, ("64:ff9b:1::/48", "2002::/16", "2001::/32", "192.88.99.0/24")))
"""Tunnels, by which an IPv6 address reaches an IPv4 one; not private by themselves"""


def is_public(address: Address) -> bool:
    """Whether *address* belongs to the Internet: not private, loopback, link-local, reserved, multicast or a tunnel."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None)
        if inner is not None:
            return is_public(inner)
    if any(address in net for net in _MORE_PRIVATE):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


class _GuardedResolver(AbstractResolver):
    """Gives only addresses that the guard admits. The connection is made to what it gives: a name that later leads
    elsewhere (DNS rebinding) is looked up, and checked, again."""

    def __init__(self, guard: Guard, inner: AbstractResolver) -> None:
        self._guard = guard
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for each in found:
            self._guard.check(host, each["host"])
        return found

    async def close(self) -> None:
        await self._inner.close()


class _GuardedConnector(aiohttp.TCPConnector):
    """Checks addresses that stand in the URL itself, for which no resolver is asked."""

    def __init__(self, guard: Guard, inner: AbstractResolver, **options: Any) -> None:
        super().__init__(resolver=_GuardedResolver(guard, inner), **options)
        self._guard = guard

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> Any:  # aiohttp's own type for it is private
        host = (req.url.raw_host or "").partition("%")[0]
        try:
            ipaddress.ip_address(host)
        except ValueError:
            pass  # a name
        else:
            self._guard.check(host, host)
        return await super().connect(req, traces, timeout)


NO_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""What aiohttp adds by itself"""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds. None: no limit."""

    total: float | None = 30.0
    connect: float | None = 10.0
    """Until there is a connection, the wait for a free one included"""
    read: float | None = 30.0
    """Between two pieces of an answer"""


class HttpClient:
    """A pool of connections, made at the first call inside a running loop. It follows no redirect, keeps no cookie,
    reads no environment, and adds no header that nobody gave.

    *guard* None: for addresses that the operator himself has set, which may be anywhere. *decompress*: whether answers
    come unpacked.
    """

    def __init__(
        self,
        guard: Guard | None,
        timeouts: Timeouts,
        *,
        connections: int = 100,
        decompress: bool = True,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._guard = guard
        self._timeouts = aiohttp.ClientTimeout(
            total=timeouts.total, connect=timeouts.connect, sock_connect=timeouts.connect, sock_read=timeouts.read
        )
        self._connections = connections
        self._decompress = decompress
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    def request(
        self,
        method: str,
        url: Any,
        *,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        data: Any = None,
        timeouts: aiohttp.ClientTimeout | None = None,
    ) -> aiohttp.client._RequestContextManager:
        """Ask *url* (a text or a yarl.URL); an async context manager that gives the answer, of whatever status.

        Raises aiohttp.ClientError, TimeoutError or Forbidden; `told` says why in words that may be shown.
        """
        return self._opened().request(
            method,
            url,
            headers=headers,
            data=data,
            timeout=timeouts or self._timeouts,
            allow_redirects=False,
            raise_for_status=False,
        )

    async def close(self) -> None:
        """Close every connection. Repeatable; a later call opens anew."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            inner = self._resolver or ThreadedResolver()
            limits = {"limit": self._connections, "ttl_dns_cache": 30}
            connector = (
                aiohttp.TCPConnector(resolver=inner, **limits)  # type: ignore[arg-type]
                if self._guard is None
                else _GuardedConnector(self._guard, inner, **limits)
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=self._decompress,
                skip_auto_headers=NO_HEADERS,
                trust_env=False,
            )
        return self._session


def place(url: str) -> str:
    """*url* without what may be secret: user, password, path and query. Such as `https://hooks.example.com/…`."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "an address that cannot be read"
    host = f"[{host}]" if ":" in host else host
    rest = "/…" if parts.path.strip("/") or parts.query else ""
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{rest}"


_SECRETS = (
    (re.compile(r"(?i)\b(https?://)[^\s/@\"']*@"), r"\1"),
    (re.compile(r"(?i)(https?://[^\s?\"'<>]*)\?[^\s\"'<>]*"), r"\1?…"),
    (re.compile(r"(?i)\b(bearer|basic|oauth)\s+[\w.~+/|%=-]+"), r"\1 …"),
    (
        re.compile(
            r"(?i)\b(access_token|appsecret_proof|client_secret|password|token|secret)([\"']?\s*[=:]\s*[\"']?)[^\s&\"',]+"
        ),
        r"\1\2…",
    ),
    (re.compile(r"\bEAA[A-Za-z0-9]{16,}"), "EAA…"),
)


def redact(text: str) -> str:
    """*text* without user parts and queries of URLs, bearer tokens, and values that are called tokens or secrets."""
    for pattern, put in _SECRETS:
        text = pattern.sub(put, text)
    return text


def told(error: BaseException) -> str:
    """Why a call failed, in words for a person: never a header, a query or a secret."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return f"the name {error.host} cannot be looked up"
        case aiohttp.ClientConnectorCertificateError() | ssl.SSLCertVerificationError():
            return "its certificate is not accepted"
        case aiohttp.ClientConnectorError():
            return f"no connection: {error.os_error.strerror or 'refused'}"
        case Forbidden():
            return str(error)
        case aiohttp.ServerDisconnectedError() | ConnectionResetError():
            return "the connection was closed before the answer was whole"
        case TimeoutError() | asyncio.TimeoutError():
            return "no answer in time"
        case aiohttp.InvalidURL():
            return "the address cannot be read"
        case aiohttp.ClientPayloadError():
            return "the answer broke off"
        case _:
            return redact(f"{type(error).__name__}: {error}")
