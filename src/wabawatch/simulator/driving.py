"""A simulation driven against a real server: every step becomes a call over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from wabawatch.domain.facts import Millis
from wabawatch.simulator.clerk import Clerk, Refusals
from wabawatch.simulator.clock import StoryClock
from wabawatch.simulator.deliver import Courier
from wabawatch.simulator.steps import CallGraph, LogSend, LogStatus, PostWebhook, Step

STRIDE_MS = 10_000
"""How far the clock of a story may run ahead of what has been answered."""
_GLANCE_S = 0.001


class Driver:
    """Hands webhooks to the courier and records to the clerk."""

    def __init__(self, courier: Courier, clerk: Clerk | None = None) -> None:
        """Without *clerk* nothing is written down."""
        self.courier = courier
        self.clerk = clerk

    @property
    def backlog(self) -> int:
        """Calls that have not been answered as they should be."""
        return self.courier.backlog + (self.clerk.backlog if self.clerk else 0)

    @property
    def refusals(self) -> Refusals:
        """The records that were not taken."""
        return self.clerk.refusals if self.clerk else Refusals()

    async def take(self, step: Step) -> None:
        """Set off what *step* asks for. A Graph call that is no send has nowhere to go: there is no gateway."""
        match step:
            case PostWebhook():
                self.courier.put(step)
            case LogSend() | LogStatus():
                if self.clerk:
                    self.clerk.put(step)
            case CallGraph():
                pass

    async def settled(self) -> None:
        """Wait until everything has been answered."""
        while self.backlog:
            await asyncio.sleep(_GLANCE_S)

    async def run(self, story: Callable[[], Awaitable[None]]) -> None:
        """Let *story* take its steps, and come back when it has ended and everything is answered."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.courier.run())
            if self.clerk:
                group.create_task(self.clerk.run())
            await story()
            self.courier.close()
            if self.clerk:
                self.clerk.close()


async def tell(steps: Iterable[Step], clock: StoryClock, driver: Driver, heed: Callable[[Millis], None]) -> None:
    """Take *steps* as fast as they can be taken; the clock follows them. *heed* hears now and then what time it is.

    What happens within a few simulated seconds is done at once; before the clock goes on, all of it is answered.
    """
    edge = clock.now()
    for step in steps:
        if step.at > edge:
            await driver.settled()
            heed(step.at)
            edge = step.at + STRIDE_MS
        clock.turn_to(step.at)
        await driver.take(step)
    await driver.settled()
