"""What becomes of the record of a call: into the inbox, or, while that takes nothing, into the spool."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.flows.recording import body_of
from wabawatch.ports import Clock, Inbox, Spool
from wabawatch.wire import CallRecord

PATIENCE_S = 5.0
"""So long the inbox may take; then the record is spooled as well. Kept twice it counts once."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallLog:
    """Keeps records of calls. Nobody waits for it but the call itself, which has been answered before."""

    inbox: Inbox
    spool: Spool
    clock: Clock

    async def keep(self, record: CallRecord) -> None:
        """Keep *record*. On return, and also when it is cancelled, a crash cannot lose it."""
        body = body_of(record, self.clock.now())
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.inbox.append(body)
        except (StoreUnavailable, TimeoutError) as error:
            _log.debug("gateway.spooled: %s", error, extra={"action": "gateway.spooled"})
            await asyncio.to_thread(self.spool.keep, body)
        except asyncio.CancelledError:  # the server is going down
            self.spool.keep(body)
            raise
