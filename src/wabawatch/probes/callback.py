"""The way in: our receiver on this machine, the public callback URL, and an event that must come out of the digest."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from wabawatch.domain.checks import Failure, Plan, Seen
from wabawatch.domain.synthetic import make_event
from wabawatch.net import Guard
from wabawatch.ports import OUR_CHALLENGE, Clock
from wabawatch.probes.asking import Asked, Request, ask
from wabawatch.probes.verdicts import failing, unanswered, well

_PAUSES_S = (0.1, 0.2, 0.3, 0.4, 0.5)
"""Between two looks for the event; the last goes on."""

Asker = Callable[[Request, Guard | None, float], Asked]


@dataclass(frozen=True, slots=True)
class Handshake:
    """Verifies a callback URL as Meta does."""

    url: str
    verify_token: str
    guard: Guard | None
    clock: Clock
    ask: Asker = ask

    def __call__(self, plan: Plan) -> Seen:
        """Look once."""
        challenge = OUR_CHALLENGE + secrets.token_hex(8)
        query = {"hub.mode": "subscribe", "hub.verify_token": self.verify_token, "hub.challenge": challenge}
        url = f"{self.url}{'&' if '?' in self.url else '?'}{urlencode(query)}"
        asked = self.ask(Request("GET", url), self.guard, plan.timeout_ms / 1000)
        if not asked.status:
            return unanswered(plan, self.clock, asked)
        if asked.status == 200 and asked.body.decode("utf-8", "replace").strip() == challenge:
            return well(plan, self.clock, asked.latency_ms)
        said = f"HTTP {asked.status}" + (" without the challenge" if asked.status == 200 else "")
        words = f"it answers a handshake with {said}: it does not lead to this receiver, or the verify token differs"
        return failing(plan, self.clock, Failure.ANSWER, words, latency_ms=asked.latency_ms)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Sends an event of our own through a callback URL, and waits until the books have it."""

    url: str
    key: bytes
    """Of this installation"""
    sign: Callable[[bytes], Mapping[str, str]]
    """The headers that make a body genuine"""
    has_arrived: Callable[[bytes], bool]
    """Whether the books have that body"""
    guard: Guard | None
    clock: Clock
    ask: Asker = ask
    sleep: Callable[[float], None] = time.sleep
    timer: Callable[[], float] = time.perf_counter

    def __call__(self, plan: Plan) -> Seen:
        """Look once. The latency is the time from the first byte sent until the event was found in the books."""
        body, began = make_event(self.key, secrets.token_hex(16), self.clock.now()), self.timer()
        headers = {"Content-Type": "application/json", **self.sign(body)}
        asked = self.ask(Request("POST", self.url, headers, body), self.guard, plan.timeout_ms / 1000)
        if not asked.status:
            return unanswered(plan, self.clock, asked)
        if asked.status != 200:
            words = f"it answers a signed event with HTTP {asked.status}"
            return failing(plan, self.clock, Failure.ANSWER, words, latency_ms=asked.latency_ms)
        turn = 0
        while not self.has_arrived(body):
            if self.timer() - began > plan.timeout_ms / 1000:
                words = (
                    f"an event was accepted, and had not come through the digest {plan.timeout_ms / 1000:.0f} s later: "
                    "the queue stands still, or the URL leads to another installation"
                )
                return failing(plan, self.clock, Failure.INSIDE, words)
            self.sleep(_PAUSES_S[min(turn, len(_PAUSES_S) - 1)])
            turn += 1
        return well(plan, self.clock, (self.timer() - began) * 1000)
