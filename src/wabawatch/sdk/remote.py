"""A wabawatch server, reached over HTTP: what is logged goes through the spool, what is asked goes straight."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wabawatch.domain.errors import BadRequest, NotAllowed, Refusal, ServerUnavailable
from wabawatch.records import Item
from wabawatch.sdk import requests
from wabawatch.sdk.requests import Request
from wabawatch.sdk.shipping import Answer, Shipper
from wabawatch.sdk.spool import Spool
from wabawatch.wire import write

if TYPE_CHECKING:
    import httpx

SPOOL = Path("wabawatch-spool")
SPOOL_BYTES = 64 << 20


class Remote:
    """`client.Backend` over HTTP. Connects to nothing until there is something to say."""

    def __init__(self, url: str, token: str, *, spool: Path, spool_bytes: int, timeout_s: float) -> None:
        self._base = requests.base_of(url)
        self._headers = requests.bearer(token)
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._shipper = Shipper(Spool(spool / requests.place_of(self._base), spool_bytes), self._post)
        self._shipper.start()  # what an earlier process left behind goes first
        os.register_at_fork(after_in_child=partial(_after_fork, weakref.ref(self)))

    def keep(self, item: Item) -> None:
        """Put *item* into the spool. Raises SpoolFull, StoreUnavailable."""
        self._shipper.keep(write(item))

    def status(self, hours: int) -> dict[str, Any]:
        """The state of the last *hours*. Raises Refusal, ServerUnavailable, as the next three do."""
        found: dict[str, Any] = self._ask(requests.status(hours))
        return found

    def recent(self, hours: int) -> list[dict[str, Any]]:
        """The figures of the last *hours*."""
        found: list[dict[str, Any]] = self._ask(requests.metrics(hours))
        return found

    def report(self, start: str, end: str | None, scope: str) -> dict[str, Any]:
        """The compliance report of a period, made and signed by the server."""
        made = self._ask(requests.make_report(start, end, scope))
        found: dict[str, Any] = self._ask(requests.report_file(made["id"], made["revision"]))
        return found

    def control(self, wanted: str) -> bool:
        """Start, stop or restart monitoring. Gives whether it is wanted now."""
        return bool(self._ask(requests.control(wanted))["wanted"])

    def health(self) -> dict[str, Any]:
        """How server and spool are doing. Does not raise."""
        spool, shipper = self._shipper.spool, self._shipper
        try:
            answer = self._send(Request("GET", requests.HEALTH))
            server = str(answer.json()["status"])
        except (ServerUnavailable, ValueError, TypeError, KeyError) as error:
            server = f"unavailable: {error}" if isinstance(error, ServerUnavailable) else "no wabawatch server"
        is_well = server in ("ok", "degraded") and not spool.is_full and not shipper.last_error
        return {
            "status": "ok" if is_well else "failing",
            "server": server,
            "spool": {
                "waiting_bytes": spool.waiting_bytes,
                "max_bytes": spool.max_bytes,
                "is_full": spool.is_full,
                "sent": shipper.sent,
                "refused": shipper.refused,
                "dropped": shipper.dropped,
                "last_error": shipper.last_error,
            },
        }

    def flush(self, timeout_s: float) -> bool:
        """Wait until the server has all that was logged here. False: it had not in time."""
        return self._shipper.flush(timeout_s)

    def close(self, timeout_s: float) -> None:
        """Send what waits, as far as the time allows, and let go. The rest stays in the spool. Repeatable."""
        self._shipper.close(timeout_s)
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def after_fork(self) -> None:
        """Begin anew in a process that was forked: threads, files and connections stay with the one before."""
        self._lock = threading.Lock()
        self._client = None
        self._shipper.after_fork()

    def _post(self, records: Sequence[bytes]) -> Answer:
        try:
            answer = self._send(requests.batch(records))
        except ServerUnavailable as error:
            return Answer(0, detail=str(error))
        is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
        after = answer.headers.get("retry-after", "")
        return Answer(
            answer.status_code,
            is_problem,
            "" if answer.is_success else _detail(answer),
            float(after) if after.isascii() and after.isdigit() else None,
        )

    def _ask(self, request: Request) -> Any:
        answer = self._send(request)
        if answer.is_success:
            return answer.json()
        if answer.status_code in (401, 403):
            raise NotAllowed(_detail(answer))
        if answer.status_code in (400, 422):
            raise BadRequest(_detail(answer))
        if 400 <= answer.status_code < 500 and answer.status_code not in (408, 429):
            raise Refusal(_detail(answer))
        raise ServerUnavailable(_detail(answer))

    def _send(self, request: Request) -> httpx.Response:
        import httpx  # not before it is needed: it takes longer to import than all the rest

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(headers=self._headers, timeout=self._timeout_s, follow_redirects=False)
            client = self._client
        headers = {"content-type": "application/json"} if request.content else None
        try:
            return client.request(
                request.method,
                self._base + request.path,
                params=request.query or None,
                content=request.content or None,
                headers=headers,
            )
        except (httpx.HTTPError, RuntimeError) as error:  # RuntimeError: closed meanwhile
            raise ServerUnavailable(f"{self._base} does not answer: {type(error).__name__}") from error


def _after_fork(known: weakref.ref[Remote]) -> None:
    remote = known()
    if remote is not None:
        remote.after_fork()


def _detail(answer: httpx.Response) -> str:
    """What the server says is wrong."""
    try:
        said = answer.json()["detail"]
    except (ValueError, TypeError, KeyError):
        said = ""
    return f"HTTP {answer.status_code}{f': {said}' if said else ''}"
