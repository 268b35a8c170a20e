"""The client for asyncio: logging does not wait for anything, and what does wait does so in a thread."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self, Unpack

from wabawatch.domain.facts import Status
from wabawatch.sdk.client import CLOSE_S, Client
from wabawatch.sdk.items import MetaError, Moment, MoreOfAction, MoreOfInbound, MoreOfSend
from wabawatch.sdk.keeping import Keeper


class AsyncWabawatch:
    """`Wabawatch(url, token)` for asyncio: the same methods, arguments and results, each a coroutine."""

    def __init__(self, url: str, token: str, **more: Any) -> None:
        """As `Wabawatch`: *more* are its `strict`, `spool`, `spool_bytes` and `timeout_s`."""
        self._client = Client(url, token, **more)

    @property
    def keeper(self) -> Keeper:
        """What keeps the records."""
        return self._client.keeper

    async def log_outbound_message(
        self,
        phone_number: str | None,
        template_name: str | None = None,
        template_language: str | None = None,
        user_id: str | None = None,
        lead_id: str | None = None,
        message_id: str | None = None,
        **more: Unpack[MoreOfSend],
    ) -> str:
        """Log a send and give its id: as `Wabawatch.log_outbound_message`."""
        # A write of some hundred bytes to the page cache, without a sync: a thread would take longer.
        return self._client.log_outbound_message(
            phone_number, template_name, template_language, user_id, lead_id, message_id, **more
        )

    async def log_inbound_message(
        self, phone_number: str | None, message_id: str, **more: Unpack[MoreOfInbound]
    ) -> str:
        """Log a message that a person wrote: as `Wabawatch.log_inbound_message`."""
        return self._client.log_inbound_message(phone_number, message_id, **more)

    async def update_delivery_status(
        self,
        message_id: str,
        status: Status | str,
        wamid: str | None = None,
        at: Moment = None,
        error: MetaError = None,
    ) -> None:
        """Tell what became of a message: as `Wabawatch.update_delivery_status`."""
        self._client.update_delivery_status(message_id, status, wamid, at, error)

    async def log_agent_interaction(
        self, agent_id: str, action: str, phone_number: str | None = None, **more: Unpack[MoreOfAction]
    ) -> str:
        """Log what an agent did in a conversation: as `Wabawatch.log_agent_interaction`."""
        return self._client.log_agent_interaction(agent_id, action, phone_number, **more)

    async def get_system_status(self, hours: int = 24) -> dict[str, Any]:
        """The state of the last *hours*: as `Wabawatch.get_system_status`."""
        return await asyncio.to_thread(self._client.get_system_status, hours)

    async def get_recent_metrics(self, hours: int = 24) -> list[dict[str, Any]]:
        """The figures of the last *hours*: as `Wabawatch.get_recent_metrics`."""
        return await asyncio.to_thread(self._client.get_recent_metrics, hours)

    async def generate_compliance_report(
        self, start: datetime | date | str, end: datetime | date | str | None = None, scope: str = "all"
    ) -> dict[str, Any]:
        """The compliance report of a period: as `Wabawatch.generate_compliance_report`."""
        return await asyncio.to_thread(self._client.generate_compliance_report, start, end, scope)

    async def start_monitoring(self) -> bool:
        """Start monitoring: as `Wabawatch.start_monitoring`."""
        return await asyncio.to_thread(self._client.start_monitoring)

    async def stop_monitoring(self) -> bool:
        """Stop monitoring: as `Wabawatch.stop_monitoring`."""
        return await asyncio.to_thread(self._client.stop_monitoring)

    async def restart_monitoring(self) -> bool:
        """Begin monitoring anew: as `Wabawatch.restart_monitoring`."""
        return await asyncio.to_thread(self._client.restart_monitoring)

    async def health_check(self) -> dict[str, Any]:
        """How server and spool are doing: as `Wabawatch.health_check`."""
        return await asyncio.to_thread(self._client.health_check)

    async def flush(self, timeout_s: float = CLOSE_S) -> bool:
        """Wait until the server has all that was logged here. False: it had not in time."""
        return await asyncio.to_thread(self._client.flush, timeout_s)

    async def close(self) -> None:
        """Send what waits, for up to 5 s, and give everything back. Repeatable."""
        await asyncio.to_thread(self._client.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
