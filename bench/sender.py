"""The load: a process of its own that posts signed webhooks over keep-alive connections, one at a time on each.

Closed loop (no rate): each connection asks again as soon as it is answered. Open loop: requests fall due at a fixed
rate, whatever the server does, and their answer time counts from that moment. As Meta does, it sends again what was
not answered with 2xx, until it is or patience ends.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from itertools import cycle, islice
from typing import cast

import msgspec
import uvloop

from bench.bodies import Traffic
from bench.latency import Latencies

HOST = "127.0.0.1"
_TICK_S = 0.001
_TELL_S = 0.5
_RECONNECT_S = 0.02
_AGAIN_S = 0.05
_LAST_S = 30.0
"""How long answers on their way are waited for when patience has ended"""


class Plan(msgspec.Struct, frozen=True):
    """What to send, how fast and for how long."""

    port: int
    secret: str
    seconds: float = 0.0
    """How long new requests are begun; 0: until *count* are"""
    count: int = 0
    rate: float = 0.0
    """Requests per second; 0: as fast as the answers come"""
    connections: int = 64
    token: str = ""
    """With one, sends are recorded over the API, one for three webhooks"""
    contacts: int = 100_000
    delivered_after: int = 500
    read_after: int = 2_500
    seed: int = 1
    ring: int = 0
    """Make so many requests beforehand and send them round and round; 0: each is new"""
    warm_up_s: float = 0.0
    """Answers of this first part do not count in *measured* and *latencies*"""
    patience_s: float = 120.0


class Sent(msgspec.Struct):
    """What came of it."""

    answered: int
    """Different requests that were answered with 2xx"""
    measured: int
    """... of these, after the warm-up and before the end"""
    measured_s: float
    again: int
    """Requests sent again, because no 2xx came"""
    unanswered: int
    """Requests that never got a 2xx, or were due and never begun, so long did the server take"""
    refused: dict[str, int]
    """Other answers, by HTTP status"""
    truth: dict[str, int]
    latencies: dict[int, int]
    cpu_s: float
    wall_s: float

    @property
    def per_second(self) -> float:
        """Answers per second of the measured time."""
        return self.measured / self.measured_s

    @property
    def cores(self) -> float:
        """How much of a core the sender itself took."""
        return self.cpu_s / self.wall_s

    def quantile_ms(self, share: float) -> float:
        """The answer time that *share* (0-1) of the measured requests did not exceed."""
        return Latencies(self.latencies).quantile_ms(share)


class Told(msgspec.Struct):
    """A line of the sender's: how far it is, or (at the end) what came of it."""

    answered: int
    at_s: float
    sent: Sent | None = None


class Load:
    """One run of a plan. Create it, then run it once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.is_over = False
        self.began_s = 0.0
        self.answered = self._measured = self._again = self._begun = self._given_up = 0
        self.refused: Counter[str] = Counter()
        self._traffic = Traffic(
            plan.secret.encode(), plan.token.encode(), plan.contacts, plan.delivered_after, plan.read_after, plan.seed
        )
        self._requests: Iterator[bytes] = self._traffic.requests()
        if plan.ring:
            self._requests = cycle(list(islice(self._requests, plan.ring)))
        self._latencies = Latencies()
        self._due: deque[float] = deque()
        self._unanswered: deque[bytes] = deque()
        self._idle: list[Caller] = []
        self._in_flight = 0
        self._ended_s = 0.0

    async def run(self) -> Sent:
        """Send everything, telling on stdout how far it is."""
        loop = asyncio.get_running_loop()
        self.began_s = time.perf_counter()
        for _ in range(self.plan.connections):
            caller = Caller(self)
            await loop.create_connection(lambda caller=caller: caller, HOST, self.plan.port)  # type: ignore[misc]
        telling = loop.create_task(self._tell())
        await self._beat()
        await self._last_answers()
        telling.cancel()
        return self._result()

    def next(self) -> tuple[float, bytes] | None:
        """The next request and since when it is due; None when there is none now."""
        if self._unanswered:
            self._again += 1
            self._in_flight += 1
            return time.perf_counter(), self._unanswered.popleft()
        if self.plan.rate:
            if not self._due:
                return None
            due = self._due.popleft()
        else:
            if self._is_enough(due := time.perf_counter()):
                return None
            self._begun += 1
        self._in_flight += 1
        return due, next(self._requests)

    def rest(self, caller: Caller) -> None:
        """Keep *caller* until there is something to send."""
        self._idle.append(caller)

    def note(self, due_s: float) -> None:
        """Count an answer."""
        now = time.perf_counter()
        self._in_flight -= 1
        self.answered += 1
        if now - self.began_s >= self.plan.warm_up_s and not self.is_over:
            self._measured += 1
            self._latencies.note(now - due_s)

    def refuse(self, status: str, request: bytes) -> None:
        """An answer that is not 2xx. A 4xx would come again and again, so it is not tried again."""
        self.refused[status] += 1
        if status.startswith("4"):
            self._in_flight -= 1
            self._given_up += 1
        else:
            self.take_back(request)

    def take_back(self, request: bytes) -> None:
        """A request that must be sent again."""
        self._in_flight -= 1
        self._unanswered.append(request)

    def _is_enough(self, now: float) -> bool:
        plan = self.plan
        return bool(
            (plan.count and self._begun >= plan.count)
            or (plan.seconds and now - self.began_s >= plan.warm_up_s + plan.seconds)
        )

    async def _beat(self) -> None:
        """Let requests fall due until there are enough of them."""
        while not self._is_enough(now := time.perf_counter()):
            if self.plan.rate:
                wanted = int((now - self.began_s) * self.plan.rate)
                wanted = min(wanted, self.plan.count) if self.plan.count else wanted
                for n in range(self._begun, wanted):
                    self._due.append(self.began_s + n / self.plan.rate)
                self._begun = max(self._begun, wanted)
            self._wake()
            await asyncio.sleep(_TICK_S if self.plan.rate else 0.01)
        self._ended_s = time.perf_counter()
        self.is_over = not self.plan.count

    async def _last_answers(self) -> None:
        give_up_s = time.perf_counter() + self.plan.patience_s
        while (self._in_flight or self._due or self._unanswered) and time.perf_counter() < give_up_s:
            self._wake()
            await asyncio.sleep(0.005)
        self._given_up += len(self._due)  # never begun
        self._due.clear()
        while self._in_flight and time.perf_counter() < give_up_s + _LAST_S:
            await asyncio.sleep(0.005)
        if self.plan.count:  # the measured time ends with the last answer
            self._ended_s = time.perf_counter()
        self.is_over = True

    def _wake(self) -> None:
        while self._idle and (self._unanswered or self._due):
            self._idle.pop().go()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(_TELL_S)
            _say(Told(self.answered, time.perf_counter() - self.began_s))

    def _result(self) -> Sent:
        return Sent(
            answered=self.answered,
            measured=self._measured,
            measured_s=self._ended_s - self.began_s - self.plan.warm_up_s,
            again=self._again,
            unanswered=self._given_up + self._in_flight + len(self._unanswered),
            refused=dict(self.refused),
            truth=self._traffic.truth(),
            latencies=dict(self._latencies.counts),
            cpu_s=time.process_time(),
            wall_s=time.perf_counter() - self.began_s,
        )


class Caller(asyncio.Protocol):
    """One connection, opened again when it is lost."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._request = b""
        self._answer = b""
        self._due_s = 0.0

    def go(self) -> None:
        """Send the next request, or rest."""
        if self._transport is None or self._request:  # woken, but lost meanwhile, or busy again
            return
        found = self._load.next()
        if found is None:
            self._load.rest(self)
            return
        self._due_s, self._request = found
        self._transport.write(self._request)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no class of asyncio.
        self._transport = cast(asyncio.Transport, transport)
        self.go()

    def data_received(self, data: bytes) -> None:
        answer = self._answer + data if self._answer else data
        head, found, body = answer.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0]):
            self._answer = answer
            return
        self._answer = b""
        request, self._request = self._request, b""
        if head[9:10] == b"2":
            self._load.note(self._due_s)
            self.go()
        else:
            self._load.refuse(head[9:12].decode("latin-1"), request)
            asyncio.get_running_loop().call_later(_AGAIN_S, self.go)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self._answer = None, b""
        if self._request:
            self._load.take_back(self._request)
            self._request = b""
        self._reconnect()

    def _reconnect(self) -> None:
        if not self._load.is_over:
            asyncio.get_running_loop().call_later(_RECONNECT_S, self._connect)

    def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        self._opening = loop.create_task(self._open())

    async def _open(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: self, HOST, self._load.plan.port)
        except OSError:
            self._reconnect()


def _say(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Run the plan that stands on stdin, as JSON."""
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan)
    load = Load(plan)
    sent = uvloop.run(load.run())
    _say(Told(sent.answered, sent.wall_s, sent))


if __name__ == "__main__":
    main()
