"""Webhook bodies brought over HTTP, as stubbornly as Meta does: until the answer is 200, for days."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

import aiohttp

from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.simulator.clock import Clock
from wabawatch.simulator.steps import PostWebhook

_GIVE_UP_AFTER_MS = 7 * DAY_MS
_FIRST_PAUSE_MS = 5_000
_LONGEST_PAUSE_MS = 3_600_000
_IDLE_S = 0.02


def pause_after(attempts: int) -> int:
    """Simulated milliseconds until the next attempt: each pause is three times the one before, up to an hour."""
    return min(_LONGEST_PAUSE_MS, _FIRST_PAUSE_MS * int(3 ** min(attempts - 1, 10)))


@dataclass(frozen=True, slots=True, order=True)
class _Parcel:
    due: Millis
    order: int
    webhook: PostWebhook = field(compare=False)
    attempts: int = field(default=0, compare=False)


@dataclass(slots=True)
class Tally:
    """What the courier has done so far."""

    attempts: int = 0
    delivered: int = 0
    """Bodies answered with 200."""
    lost: int = 0
    """Bodies given up after a week of simulated time."""


class Courier:
    """Brings bodies in the order of their due time, several at once, and again until each is answered with 200.

    Every attempt carries the same bytes. Run it beside whoever puts bodies in: ``gather(courier.run(), drive())``.
    """

    def __init__(
        self,
        clock: Clock,
        url_of: Callable[[str], str],
        *,
        concurrency: int = 8,
        timeout_s: float = 20.0,
        least_pause_s: float = 0.05,
    ) -> None:
        """*url_of* gives the callback URL of an app; *least_pause_s*: real seconds a failed attempt costs at least."""
        self.tally = Tally()
        self._clock = clock
        self._url_of = url_of
        self._concurrency = concurrency
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._least_pause_s = least_pause_s
        self._waiting: list[_Parcel] = []
        self._in_flight = 0
        self._order = count()
        self._is_closed = False
        # One token for each parcel that nobody has claimed, and at the very end one for each worker.
        self._tokens = asyncio.Semaphore(0)

    @property
    def backlog(self) -> int:
        """Bodies that have not been answered with 200 yet."""
        return len(self._waiting) + self._in_flight

    def put(self, webhook: PostWebhook) -> None:
        """Take a body to be brought at its time."""
        self._shelve(_Parcel(webhook.at, next(self._order), webhook))

    async def room(self, limit: int = 1_000) -> None:
        """Wait until fewer than *limit* bodies are under way."""
        while self.backlog >= limit:
            await asyncio.sleep(_IDLE_S)

    def close(self) -> None:
        """No more bodies will come: `run` returns once all have been delivered or given up."""
        self._is_closed = True
        self._send_home()

    async def run(self) -> None:
        """Bring bodies until closed and empty. Safe to cancel: what was not answered is not counted."""
        async with aiohttp.ClientSession(timeout=self._timeout) as session:
            await asyncio.gather(*(self._work(session) for _ in range(self._concurrency)))

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            parcel = await self._claim()
            if parcel is None:
                return
            self._in_flight += 1
            try:
                await self._try(session, parcel)
            finally:
                self._in_flight -= 1
            self._send_home()

    async def _claim(self) -> _Parcel | None:
        """The next parcel, once it is due; None at the end."""
        await self._tokens.acquire()
        while self._waiting:
            if self._waiting[0].due <= self._clock.now():
                return heappop(self._waiting)
            await self._clock.nap(self._waiting[0].due)
        return None

    def _shelve(self, parcel: _Parcel) -> None:
        heappush(self._waiting, parcel)
        self._tokens.release()

    def _send_home(self) -> None:
        """Let every worker end if nothing is left to do."""
        if self._is_closed and not self.backlog:
            for _ in range(self._concurrency):
                self._tokens.release()

    async def _try(self, session: aiohttp.ClientSession, parcel: _Parcel) -> None:
        self.tally.attempts += 1
        if await self._is_taken(session, parcel.webhook):
            self.tally.delivered += 1
            return
        await asyncio.sleep(self._least_pause_s)
        attempts = parcel.attempts + 1
        due = self._clock.now() + pause_after(attempts)
        if due - parcel.webhook.at > _GIVE_UP_AFTER_MS:
            self.tally.lost += 1
        else:
            self._shelve(_Parcel(due, next(self._order), parcel.webhook, attempts))

    async def _is_taken(self, session: aiohttp.ClientSession, webhook: PostWebhook) -> bool:
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": webhook.signature}
        try:
            async with session.post(self._url_of(webhook.app), data=webhook.body, headers=headers) as answer:
                await answer.read()
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False
