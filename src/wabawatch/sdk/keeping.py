"""How a record is kept without ever disturbing the sender."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

from wabawatch.domain.errors import Trouble
from wabawatch.domain.facts import Millis
from wabawatch.records import Item
from wabawatch.sdk.items import id_of
from wabawatch.wire import uuid7

log = logging.getLogger(__name__)

COMPLAIN_S = 10.0
"""No more than one line of the log in so many seconds says that records are lost"""


class Backend(Protocol):
    """Where records go and figures come from: a server, or an installation in this process."""

    def keep(self, item: Item) -> None:
        """Keep *item*. Raises Refusal, Trouble."""

    def status(self, hours: int) -> dict[str, Any]:
        """The state of the last *hours*, as `status --json` prints it."""

    def recent(self, hours: int) -> list[dict[str, Any]]:
        """The figures of the closed buckets of the last *hours*."""

    def report(self, start: str, end: str | None, scope: str) -> dict[str, Any]:
        """The compliance report of a period, as its file of JSON holds it."""

    def control(self, wanted: str) -> bool:
        """Start, stop or restart monitoring. Gives whether it is wanted now."""

    def health(self) -> dict[str, Any]:
        """How everything is doing; `status` says it in a word. Does not raise."""

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was kept has arrived. False: it had not in time."""

    def close(self, timeout_s: float) -> None:
        """Let go, after waiting as long as `flush`. Repeatable."""


class Keeper:
    """Keeps records in *backend*; what goes wrong raises only if *is_strict*, else it is logged and counted."""

    def __init__(self, backend: Backend, is_strict: bool) -> None:
        self.backend = backend
        self.is_strict = is_strict
        self.lost = 0
        """Records that could not be kept"""
        self._complained_at = float("-inf")

    def keep(self, make: Callable[[Millis], Item], id_: str | None = None) -> str:
        """Keep what *make* makes of the time now; gives its id, also when it could not be kept (*id_*, or a new one).

        Raises Refusal, Trouble if strict.
        """
        try:
            item = make(time.time_ns() // 1_000_000)
            id_ = id_of(item)
            self.backend.keep(item)
        except Exception as error:
            if self.is_strict:
                raise
            self.lost += 1
            self._complain(error)
        return id_ or uuid7()

    def health(self) -> dict[str, Any]:
        """As the backend's, with how many records were lost since the process started; the status is `degraded` where
        all is well but for them, or for those that the server refused."""
        found = self.backend.health()
        is_less = self.lost > 0 or found.get("spool", {}).get("refused", 0) > 0
        status = "degraded" if is_less and found["status"] == "ok" else found["status"]
        return found | {"status": status, "lost": self.lost}

    def _complain(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._complained_at < COMPLAIN_S:
            return
        self._complained_at = now
        # Of a refusal only our own words: the record itself may name a person.
        said = f"{type(error).__name__}: {error}"
        if isinstance(error, Trouble):
            log.error("a record for wabawatch is lost, and %d before it: %s", self.lost - 1, said)
        else:
            log.error("a record for wabawatch is wrong and was not kept (%d so far): %s", self.lost, said)
