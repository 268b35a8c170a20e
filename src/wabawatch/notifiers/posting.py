"""One POST through the guarded client, from a worker thread."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import aiohttp

from wabawatch.domain.notices import Delivered
from wabawatch.net import Forbidden, Guard, HttpClient, Timeouts, told
from wabawatch.notifiers.answers import refused, retry, seconds_of, without

MOST_READ = 256 * 1024
"""Bytes of an answer; Slack echoes the whole message"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered."""

    status: int
    said: str
    """The beginning of its body, without secrets"""
    raw: bytes
    """The same as it came"""
    retry_after_s: float | None


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts to services outside."""

    guard: Guard
    timeout_s: float = 15.0
    """For the whole call"""

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], secrets: Collection[str]
    ) -> Answer | Delivered:
        """Post *content* to *url*; a Delivered where there was no answer. Nothing of *secrets* is in what it gives.

        Call it in a thread that runs no event loop: it runs one of its own for as long as it takes.
        """
        try:
            status, retry_after, body = asyncio.run(self._post(url, content, headers))
        except (Forbidden, aiohttp.InvalidURL) as error:
            return refused(without(secrets, told(error)))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return retry(without(secrets, told(error)))
        said = without(secrets, body.decode("utf-8", "replace"))
        return Answer(status, said, body, seconds_of(retry_after, datetime.now(UTC)))

    async def _post(self, url: str, content: bytes, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        client = HttpClient(self.guard, Timeouts(self.timeout_s, self.timeout_s, self.timeout_s), connections=1)
        usual = {"Content-Type": "application/json", "User-Agent": f"wabawatch/{version('wabawatch')}", "Accept": "*/*"}
        try:
            async with client.request("POST", url, headers={**usual, **headers}, data=content) as answer:
                body = b""
                while len(body) < MOST_READ and (piece := await answer.content.read(MOST_READ - len(body))):
                    body += piece
                return answer.status, answer.headers.get("Retry-After", ""), body
        finally:
            await client.close()
