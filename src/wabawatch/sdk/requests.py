"""The requests that the SDK makes of a server, as values. No I/O."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from urllib.parse import quote, urlsplit

from wabawatch.domain.errors import BadRequest

HEALTH = "/healthz"


@dataclass(frozen=True, slots=True)
class Request:
    """One request, below the server's address."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


def base_of(url: str) -> str:
    """The address of a server, without a slash at the end. Raises BadRequest when it is none."""
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
    except ValueError:
        is_good = False
    if not is_good:
        raise BadRequest(f"url: {url!r} is no address of a server; give one such as https://wabawatch.example.com")
    return url.rstrip("/")


def bearer(token: str) -> dict[str, str]:
    """The header with *token*. Raises BadRequest when it cannot stand in one."""
    if not token or not token.isprintable() or not token.isascii():
        raise BadRequest("token: not a token of this server; make one with `wabawatch tokens`")
    return {"authorization": f"Bearer {token}"}


def place_of(base: str) -> str:
    """The name of the folder with the spool for a server: what is meant for one never goes to another."""
    return blake2b(base.encode(), digest_size=6).hexdigest()


def batch(records: Sequence[bytes]) -> Request:
    """Log many records, each JSON of a `wire.Item`."""
    return Request("POST", "/api/v1/batches", content=b'{"records":[' + b",".join(records) + b"]}")


def status(hours: int) -> Request:
    """The state of the last *hours*."""
    return Request("GET", "/api/v1/status", {"hours": str(hours)})


def metrics(hours: int) -> Request:
    """The figures of the last *hours*."""
    return Request("GET", "/api/v1/metrics", {"hours": str(hours)})


def make_report(start: str, end: str | None, scope: str) -> Request:
    """Make the compliance report of a period."""
    asked = {"from": start, **({"to": end} if end else {}), "scope": scope}
    return Request("POST", "/api/v1/reports", content=json.dumps(asked).encode())


def report_file(id: str, revision: int) -> Request:
    """A revision of a compliance report as JSON."""
    return Request("GET", f"/api/v1/reports/{quote(id, safe='')}/file", {"revision": str(revision)})


def control(wanted: str) -> Request:
    """Start, stop or restart monitoring."""
    return Request("POST", f"/api/v1/monitoring/{wanted}")
