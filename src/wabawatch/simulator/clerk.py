"""The application's own records brought over HTTP: its sends, and the statuses that it tells."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp

from wabawatch.simulator.steps import LogSend, LogStatus

_TRIES = 3
_PAUSE_S = 0.2


@dataclass(slots=True)
class Refusals:
    """What was not taken."""

    count: int = 0
    last: str = ""
    """How the last one was answered."""


class Clerk:
    """Writes down what the application asks for, several at once, through `/api/v1/messages`.

    A call without an answer is repeated: the id in it is the application's own. Run it beside whoever puts records in.
    """

    def __init__(self, base_url: str, token: str, *, concurrency: int = 16, timeout_s: float = 20.0) -> None:
        self.refusals = Refusals()
        self._messages = f"{base_url}/api/v1/messages"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._concurrency = concurrency
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._waiting: asyncio.Queue[LogSend | LogStatus | None] = asyncio.Queue()
        self._open = 0

    @property
    def backlog(self) -> int:
        """Records that have not been answered yet."""
        return self._open

    def put(self, record: LogSend | LogStatus) -> None:
        """Take a record to be written down at once."""
        self._open += 1
        self._waiting.put_nowait(record)

    def close(self) -> None:
        """No more records will come: `run` returns once all have been answered."""
        for _ in range(self._concurrency):
            self._waiting.put_nowait(None)

    async def run(self) -> None:
        """Write records down until closed and empty."""
        async with aiohttp.ClientSession(timeout=self._timeout, headers=self._headers) as session:
            await asyncio.gather(*(self._work(session) for _ in range(self._concurrency)))

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while (record := await self._waiting.get()) is not None:
            try:
                await self._write(session, record)
            finally:
                self._open -= 1

    async def _write(self, session: aiohttp.ClientSession, record: LogSend | LogStatus) -> None:
        url = self._messages if isinstance(record, LogSend) else f"{self._messages}/{quote(record.id, safe='')}/status"
        answer = ""
        for _ in range(_TRIES):
            status, answer = await _post(session, url, record.payload)
            if status == 202:
                return
            if 400 <= status < 500:
                break
            await asyncio.sleep(_PAUSE_S)
        self.refusals.count += 1
        self.refusals.last = answer


async def _post(session: aiohttp.ClientSession, url: str, payload: object) -> tuple[int, str]:
    """The status (0: none came) and, unless it was taken, what was said."""
    try:
        async with session.post(url, json=payload) as answer:
            said = await answer.text()
            return answer.status, f"{answer.status} {said[:200]}"
    except (aiohttp.ClientError, TimeoutError) as error:
        return 0, f"no answer: {type(error).__name__}"
