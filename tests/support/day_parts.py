"""Parts of a day by hand that reach nobody: checks that ask the simulated Meta in this process, and a channel that
keeps what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from wabawatch.app import System
from wabawatch.domain.checks import CheckKind, Plan, Seen
from wabawatch.domain.notices import Delivered, Notice, Outcome
from wabawatch.kinds import GraphUrl, Secret
from wabawatch.net import Guard
from wabawatch.ports import Clock
from wabawatch.probes.asking import Asked, Request
from wabawatch.probes.crew import Look
from wabawatch.probes.graph_api import GraphApi, TokenCheck

CHANNEL = "slack"
"""The channel whose notices are kept"""


@dataclass(frozen=True, slots=True)
class InProcess:
    """`probes.asking.ask` for what a transport answers."""

    transport: httpx.BaseTransport

    def __call__(self, request: Request, guard: Guard | None, timeout_s: float) -> Asked:
        headers = dict(request.headers or {})
        answer = self.transport.handle_request(httpx.Request(request.method, request.url, headers=headers))
        return Asked(answer.status_code, answer.read(), 20.0)


@dataclass(frozen=True, slots=True)
class OneAfterTheOther:
    """`uptime_ports.Crew` without threads."""

    looks: dict[str, Look]

    def look(self, plans: Sequence[Plan]) -> list[Seen]:
        return [self.looks[plan.name](plan) for plan in plans]


@dataclass(slots=True)
class Kept:
    """`notifying_ports.Notifier`: keeps what it is told."""

    notices: list[Notice] = field(default_factory=list)

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        self.notices.append(notice)
        return Delivered(Outcome.SENT)


def look_in_process(system: System, url: GraphUrl, token: str, transport: httpx.BaseTransport, clock: Clock) -> None:
    """Have *system* look at Meta through *transport*, by *clock*, and at nothing else."""
    assert system.graph is not None
    ask = InProcess(transport)
    looks: dict[CheckKind, Look] = {
        CheckKind.GRAPH: GraphApi(url, Secret(token), lambda: "me", clock, ask),
        CheckKind.TOKEN: TokenCheck(system.graph, clock),
    }
    probing = system.uptime.probing
    probing.plans = [plan for plan in probing.plans if plan.kind in looks]
    probing.crew = OneAfterTheOther({plan.name: looks[plan.kind] for plan in probing.plans})
    probing.jitter = lambda _every: 0
    probing.timer = lambda: clock.now() / 1000
