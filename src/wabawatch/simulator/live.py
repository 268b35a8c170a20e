"""A simulation let run on a clock of its own, step by step as each falls due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from wabawatch.simulator.clock import Clock, sleep_until
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.steps import Step

_GLANCE_MS = 20


async def play(simulation: Simulation, clock: Clock, take: Callable[[Step], Awaitable[None]]) -> None:
    """Hand every step to *take* at its time, until all has been told."""
    for step in simulation.steps():
        await sleep_until(clock, step.at)
        await take(step)


async def attend(simulation: Simulation, clock: Clock, take: Callable[[Step], Awaitable[None]]) -> None:
    """Hand steps to *take* as they fall due, for ever: also those of sends that arrive meanwhile. End by cancelling."""
    while True:
        for step in simulation.due(clock.now()):
            await take(step)
        await clock.nap(clock.now() + _GLANCE_MS)
