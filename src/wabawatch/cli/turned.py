"""An installation whose loops are stepped by hand while somebody turns its clock: weeks pass in minutes.

The loops are those of the supervisor, each stepped in its own rhythm; only what is named in `without` is left out.
Meta is simulated in this process, and asked without a network."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

import httpx

from wabawatch.access_tokens import AccessTokens
from wabawatch.app import System
from wabawatch.domain.checks import CheckKind, Plan, Seen
from wabawatch.flows.recording import body_of, record_message, record_status
from wabawatch.kinds import GraphUrl, Secret
from wabawatch.loops import Group, Loop
from wabawatch.net import Guard
from wabawatch.ports import DIGESTED, Body, BodyKind, Clock
from wabawatch.probes.asking import Asked, Request
from wabawatch.probes.crew import Look
from wabawatch.probes.graph_api import GraphApi, TokenCheck
from wabawatch.simulator.steps import LogSend, LogStatus, PostWebhook, Step
from wabawatch.wire import MessageIn, StatusIn, read, write

T = TypeVar("T")

SECOND = 1_000
MINUTE = 60 * SECOND
HOUSEKEEPING = frozenset({"pack", "drop", "storage", "spool", "answers", "partitions", "checkpoint"})
"""Loops that have nothing to do with what is told of a day."""
OUTSIDE = frozenset({"heartbeat"})
"""Loops that reach for the network."""
BEATS = frozenset({"leading", "pulse", "probing", "cycle", "polling"})
"""Loops whose silence itself is news: they run also between the steps of a day that goes by fast."""
TIMES = {"polling": 4}
"""Loops that do one small thing in each of their steps, of which there are many in a minute."""
SELDOM = {"reach": 15 * MINUTE}
"""Loops that cost much and change slowly: stepped so often, and no oftener."""


class Turned:
    """One process whose loops are stepped by hand, over an installation that may have several."""

    def __init__(
        self,
        system: System,
        without: Collection[str] = HOUSEKEEPING | OUTSIDE,
        instead: Mapping[str, Callable[[], bool]] = MappingProxyType({}),
        *,
        is_server: bool = True,
    ) -> None:
        """*instead*: steps that are taken in place of those of loops by these names. *is_server*: as of
        `System.loops`."""
        self.system = system
        loops = system.loops(is_server=is_server)
        self.supervisor = system.watchman.supervise(loops)
        wanted = [loop for loop in loops if loop.name not in without]
        self.loops = [replace(loop, step=instead[loop.name]) if loop.name in instead else loop for loop in wanted]
        self._due = {loop.name: 0 for loop in self.loops}
        self.is_paused = False
        self.took: dict[str, int] = {}
        """How often each loop was stepped"""

    def step(self, now: int, only: Collection[str] | None = None) -> None:
        """Step every loop whose time has come: first those that never stop, then those of monitoring if it leads.

        *only*: none but these.
        """
        if self.is_paused:
            return
        for group in (Group.CORE, Group.MONITORING):
            for loop in self.loops:
                leads = group is Group.CORE or self.system.watchman.leading.is_leading
                is_wanted = loop.group is group and leads and (only is None or loop.name in only)
                if is_wanted and now >= self._due[loop.name]:
                    self._due[loop.name] = now + SELDOM.get(loop.name, int(loop.rhythm_s * SECOND))
                    for _ in range(TIMES.get(loop.name, 1)):
                        self._take(loop)

    def _take(self, loop: Loop) -> None:
        while True:
            self.took[loop.name] = self.took.get(loop.name, 0) + 1
            outcome = loop.step()
            if inspect.isawaitable(outcome):
                raise AssertionError(f"{loop.name} belongs to an event loop: name it in `without`")
            if not outcome and not (loop.name == "digest" and self._has_waiting()):
                return

    def _has_waiting(self) -> bool:
        """Whether bodies wait, which in life would be digested a moment later."""
        return self.system.inbox.waiting(self.system.figures.mark(DIGESTED)) > 0


class Direct(httpx.BaseTransport):
    """Hands each request straight to an ASGI app."""

    def __init__(self, app: object) -> None:
        self._inner = httpx.ASGITransport(app)  # type: ignore[arg-type]
        self._runner = asyncio.Runner()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._runner.run(self._answer(request))

    def close(self) -> None:
        self._runner.close()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        found = await self._inner.handle_async_request(request)
        return httpx.Response(found.status_code, headers=found.headers, content=await found.aread())


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


def look_in_process(system: System, url: GraphUrl, token: str, transport: httpx.BaseTransport, clock: Clock) -> None:
    """Have *system* look at Meta through *transport*, by *clock*, and at nothing else."""
    assert system.graph is not None
    ask = InProcess(transport)
    looks: dict[CheckKind, Look] = {
        CheckKind.GRAPH: GraphApi(url, AccessTokens(Secret(token)), lambda: "me", clock, ask),
        CheckKind.TOKEN: TokenCheck(system.graph, clock),
    }
    probing = system.uptime.probing
    probing.plans = [plan for plan in probing.plans if plan.kind in looks]
    probing.crew = OneAfterTheOther({plan.name: looks[plan.kind] for plan in probing.plans})
    probing.jitter = lambda _every: 0
    probing.timer = lambda: clock.now() / 1000


def brought(step: Step, at: int) -> Body | None:
    """What reaches the inbox by *step*, at that time; None: nothing."""
    match step:
        case PostWebhook():
            return Body(BodyKind.WEBHOOK, at, step.body, "", signature=step.signature)
        case LogSend():
            return body_of(record_message(_typed(MessageIn, step.payload), at), at)
        case LogStatus():
            return body_of(record_status(step.id, _typed(StatusIn, step.payload), at), at)
        case _:
            return None


def _typed(kind: type[T], payload: object) -> T:
    """*payload* as the API reads it."""
    return read(kind, write(payload))
