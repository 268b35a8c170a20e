"""The client: what an application tells wabawatch and asks it, the same against a server and in process."""

from __future__ import annotations

import atexit
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

from wabawatch.domain.facts import Status
from wabawatch.sdk import items
from wabawatch.sdk.items import MetaError, Moment, MoreOfAction, MoreOfInbound, MoreOfSend
from wabawatch.sdk.keeping import Backend, Keeper
from wabawatch.sdk.remote import SPOOL, SPOOL_BYTES, Remote

CLOSE_S = 5.0
"""So long `close`, and the end of the process, wait for the server"""


class Client:
    """What the clients of every kind have in common: each method, on whatever keeps the records."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        strict: bool = False,
        spool: Path | str = SPOOL,
        spool_bytes: int = SPOOL_BYTES,
        timeout_s: float = 10.0,
    ) -> None:
        """The server at *url*, for *token* (scope `write`; `read` and `admin` for what needs them).

        *spool* is the folder of the spool, of at most *spool_bytes*; several processes may share it.
        Raises BadRequest for an address, token or folder that cannot be right.
        """
        remote = Remote(url, token, spool=Path(spool), spool_bytes=spool_bytes, timeout_s=timeout_s)
        self._use(remote, is_strict=strict)

    def _use(self, backend: Backend, *, is_strict: bool) -> None:
        self.keeper = Keeper(backend, is_strict)
        atexit.register(self.close)

    def log_outbound_message(
        self,
        phone_number: str | None,
        template_name: str | None = None,
        template_language: str | None = None,
        user_id: str | None = None,
        lead_id: str | None = None,
        message_id: str | None = None,
        **more: Unpack[MoreOfSend],
    ) -> str:
        """Log a send and give its id, a UUIDv7. *message_id* is the wamid, if it is known already.

        Without a wamid the send stays `unlinked` until a status tells one. Raises BadRequest, Trouble if strict.
        """
        words = {
            "phone_number": phone_number,
            "template_name": template_name,
            "template_language": template_language,
            "user_id": user_id,
            "lead_id": lead_id,
            "message_id": message_id,
        }
        return self.keeper.keep(lambda now: items.outbound(now, words, more))

    def log_inbound_message(self, phone_number: str | None, message_id: str, **more: Unpack[MoreOfInbound]) -> str:
        """Log a message that a person wrote, known by its wamid. Raises BadRequest, Trouble if strict."""
        words = {"phone_number": phone_number, "message_id": message_id}
        return self.keeper.keep(lambda now: items.inbound(now, words, more))

    def update_delivery_status(
        self,
        message_id: str,
        status: Status | str,
        wamid: str | None = None,
        at: Moment = None,
        error: MetaError = None,
    ) -> None:
        """Tell what became of a message. *message_id* is our id or the wamid; with *wamid* the two are linked.

        Raises BadRequest, Trouble if strict.
        """
        self.keeper.keep(lambda now: items.status_told(now, message_id, status, wamid, at, error))

    def log_agent_interaction(
        self, agent_id: str, action: str, phone_number: str | None = None, **more: Unpack[MoreOfAction]
    ) -> str:
        """Log what an agent, a person or a program, did in a conversation; gives its id.

        *action* is a word of yours, such as `assigned`, `replied`, `handed_over` or `closed`. Raises BadRequest,
        Trouble if strict.
        """
        words = {"agent_id": agent_id, "action": action, "phone_number": phone_number}
        return self.keeper.keep(lambda now: items.action(now, words, more))

    def get_system_status(self, hours: int = 24) -> dict[str, Any]:
        """The state of the last *hours* (0: everything), as `status --json` prints it. Raises Refusal, Trouble."""
        return self.keeper.backend.status(hours)

    def get_recent_metrics(self, hours: int = 24) -> list[dict[str, Any]]:
        """The figures of the closed buckets of the last *hours* (0: everything), for everything, WABAs and numbers.

        `[{at, scope, metric, value, n, interval}]`: every five minutes for up to 6 hours, every hour for up to 31
        days, every day beyond. Raises Refusal, Trouble.
        """
        return self.keeper.backend.recent(hours)

    def generate_compliance_report(
        self, start: datetime | date | str, end: datetime | date | str | None = None, scope: str = "all"
    ) -> dict[str, Any]:
        """The compliance report of a period, signed and kept: `{"report", "sha256", "signature"}`, as docs/reports.md
        describes it.

        A day is its beginning (UTC); a month such as `"2026-10"` without an *end* is the whole month; no *end* is now.
        *scope* is `all`, `waba:ID` or `number:ID`. Raises BadRequest, Refusal, Trouble.
        """
        return self.keeper.backend.report(items.day_or_moment(start), items.day_or_moment(end) if end else None, scope)

    def start_monitoring(self) -> bool:
        """Start monitoring, also for the time after a restart. Gives whether it is wanted now."""
        return self.keeper.backend.control("start")

    def stop_monitoring(self) -> bool:
        """Stop monitoring until it is started again. Receiving and digesting go on."""
        return self.keeper.backend.control("stop")

    def restart_monitoring(self) -> bool:
        """Begin monitoring anew."""
        return self.keeper.backend.control("restart")

    def health_check(self) -> dict[str, Any]:
        """How everything is doing: `status` is `ok`, `failing`, or `degraded`: all is well now, but records were lost
        since the process started. `lost` counts those that could not be kept; of a server there are also `server` and
        `spool`, in process `loops`. Does not raise."""
        return self.keeper.health()

    def flush(self, timeout_s: float = CLOSE_S) -> bool:
        """Wait until the server has all that was logged here. False: it had not in time."""
        return self.keeper.backend.flush(timeout_s)

    def close(self) -> None:
        """Send what waits, for up to 5 s, and give everything back. What was logged is kept. Repeatable."""
        atexit.unregister(self.close)
        self.keeper.backend.close(CLOSE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
