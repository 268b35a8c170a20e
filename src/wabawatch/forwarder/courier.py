"""The way out of the machine: one webhook posted to somebody's server, and what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from wabawatch.domain.forwarding import Outcome, Target, outcome_of
from wabawatch.flows.forwarding import Parcel, headers_of
from wabawatch.forwarder.means import Answer
from wabawatch.net import Forbidden, HttpClient, told
from wabawatch.ports import BodyId

_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Courier:
    """Posts over HTTP, as Meta would: no redirect is followed, and no private address reached unless it is allowed."""

    client: HttpClient

    async def __call__(self, target: Target, parcel: Parcel, body_id: BodyId) -> Answer:
        """Post *parcel* to *target*."""
        headers = headers_of(parcel, body_id)
        try:
            async with asyncio.timeout(target.timeout_s):
                try:
                    status = await self._ask(target.url, headers, parcel.content)
                except (aiohttp.ServerDisconnectedError, ConnectionResetError):
                    # Mostly a connection that was kept for a while, and that the server closed just now.
                    status = await self._ask(target.url, headers, parcel.content)
        except TimeoutError:
            return Outcome.TIMED_OUT, f"no answer within {target.timeout_s:g} s"
        except Exception as error:  # the boundary: whatever a server does, the other bodies go out
            return _outcome_of_error(error), told(error)
        return outcome_of(status), f"HTTP {status}"

    async def _ask(self, url: str, headers: Mapping[str, str], content: bytes) -> int:
        async with self.client.request("POST", url, headers=headers, data=content) as answer:
            # Whatever it says is read, up to a limit, so that the connection can be used again.
            if len(await answer.content.read(_ANSWER_BYTES)) == _ANSWER_BYTES:
                answer.close()
            return answer.status


def _outcome_of_error(error: Exception) -> Outcome:
    if isinstance(error, Forbidden):
        return Outcome.FORBIDDEN
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.InvalidURL):
        return Outcome.UNREACHABLE
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError | OSError):
        return Outcome.BROKEN_OFF
    return Outcome.FAILED
