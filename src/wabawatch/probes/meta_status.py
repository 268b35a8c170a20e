"""What Meta itself says about the WhatsApp Business Platform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wabawatch.domain.checks import Failure, Outcome, Plan, Seen
from wabawatch.meta.status_feed import read_outages
from wabawatch.net import Guard
from wabawatch.ports import Clock
from wabawatch.probes.asking import Asked, Request, ask
from wabawatch.probes.verdicts import unknown, well

SHOWN = 3


@dataclass(frozen=True, slots=True)
class MetaStatus:
    """Reads the status feed. That it cannot be read says nothing about the platform."""

    url: str
    guard: Guard
    clock: Clock
    ask: Callable[[Request, Guard | None, float], Asked] = ask

    def __call__(self, plan: Plan) -> Seen:
        """Look once."""
        asked, now = self.ask(Request("GET", self.url), self.guard, plan.timeout_ms / 1000), self.clock.now()
        if not asked.status:
            return unknown(plan, self.clock, f"the status feed cannot be read: {asked.words}", asked.failure)
        found = read_outages(asked.body, now) if asked.status == 200 else None
        if found is None:
            words = f"the status feed cannot be read: HTTP {asked.status}" + (", no RSS" if asked.status == 200 else "")
            return unknown(plan, self.clock, words, Failure.ANSWER)
        if not found:
            return well(plan, self.clock, asked.latency_ms)
        titles = "; ".join(outage.title for outage in found[:SHOWN])
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        words = f"Meta reports: {titles}{more}"
        return Seen(plan.name, now, Outcome.FAILED, Failure.SAID, words, asked.latency_ms, float(len(found)), found)
