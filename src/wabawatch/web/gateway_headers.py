"""Headers of calls that pass through the gateway: what goes on, what stays here, and what is read on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from multidict import CIMultiDict

from wabawatch.meta.reading import text
from wabawatch.web.gateway_coding import readable

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Headers that belong to one connection (RFC 9110, 7.6.1)"""

_OURS = frozenset({b"host", b"expect"})
"""Made anew for our own connection; the server has already answered an `Expect`."""

_BEARERS = ("bearer ", "oauth ")


@dataclass(slots=True)
class Incoming:
    """The headers of a call. `repr` shows none of them."""

    outgoing: CIMultiDict[str] = field(default_factory=CIMultiDict, repr=False)
    """What goes on to Meta, in the order in which it came"""
    authorization: str = field(default="", repr=False)
    gateway_token: bytes = field(default=b"", repr=False)
    content_type: str = ""
    has_body: bool = False
    user: str = field(default="", repr=False)
    lead: str = field(default="", repr=False)
    conversation: str = field(default="", repr=False)

    @property
    def bearer(self) -> bytes:
        """The token in the header Authorization; empty without one."""
        is_bearer = self.authorization.lower().startswith(_BEARERS)
        return self.authorization.partition(" ")[2].strip().encode() if is_bearer else b""

    def offer_readable(self) -> None:
        """Ask Meta for an answer that can be read here, too: of what the caller offered, only such codings."""
        offered = ", ".join(self.outgoing.getall("Accept-Encoding", []))
        if (kept := readable(offered)) != offered:
            self.outgoing["Accept-Encoding"] = kept

    def replace_bearer(self, token: bytes) -> None:
        """Call Meta with *token* instead of what the caller showed."""
        self.authorization = f"Bearer {token.decode()}"
        self.outgoing["Authorization"] = self.authorization


def read_headers(headers: Iterable[tuple[bytes, bytes]]) -> Incoming:
    """Sort out *headers*, whose names are in small letters."""
    given = list(headers)
    left_out = HOP_BY_HOP | _OURS | _named_by_connection(given)
    incoming = Incoming()
    for name, value in given:
        match name:
            case b"x-wabawatch-user":
                incoming.user = text(_decoded(value))
            case b"x-wabawatch-lead":
                incoming.lead = text(_decoded(value))
            case b"x-wabawatch-conversation":
                incoming.conversation = text(_decoded(value))
            case b"x-wabawatch-token":
                incoming.gateway_token = value
            case b"transfer-encoding":
                incoming.has_body = True
            case _ if name not in left_out:
                incoming.outgoing.add(name.decode("latin-1"), _decoded(value))
                _notice(incoming, name, value)
    return incoming


def answer_headers(headers: Iterable[tuple[bytes, bytes]], status: int) -> list[tuple[bytes, bytes]]:
    """The headers of Meta's answer that go back to the caller, in order."""
    given = [(name.lower(), value) for name, value in headers]
    left_out = HOP_BY_HOP | _named_by_connection(given)
    if status in (204, 304):
        # It says how long a body would be that is not there; servers take it for a promise.
        left_out |= {b"content-length"}
    return [(name, value) for name, value in given if name not in left_out]


def _notice(incoming: Incoming, name: bytes, value: bytes) -> None:
    if name == b"authorization":
        incoming.authorization = _decoded(value)
    elif name == b"content-type":
        incoming.content_type = value.decode("latin-1")
    elif name == b"content-length":
        incoming.has_body = incoming.has_body or value.strip() != b"0"


def _named_by_connection(headers: Iterable[tuple[bytes, bytes]]) -> set[bytes]:
    """The headers that `Connection` says belong to this connection."""
    named = {part.strip().lower() for name, value in headers if name == b"connection" for part in value.split(b",")}
    return named - {b"content-length", b"content-type", b"authorization", b"host"}


def _decoded(value: bytes) -> str:
    """As aiohttp writes it again: UTF-8, whatever it was meant to be; what is none is taken for Latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
