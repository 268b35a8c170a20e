"""A simulation on a clock of its own."""

from __future__ import annotations

import asyncio

from tests.simulator.scenes import START, simulation

from wabawatch.simulator.clock import LeapingClock, PacedClock, sleep_until
from wabawatch.simulator.live import attend, play
from wabawatch.simulator.steps import Step


def test_play_hands_out_every_step_at_its_time() -> None:
    clock, seen = LeapingClock(START), list[tuple[int, Step]]()

    async def take(step: Step) -> None:
        seen.append((clock.now(), step))

    asyncio.run(play(simulation(), clock, take))

    assert [step for _, step in seen] == list(simulation().steps())
    assert all(now == step.at for now, step in seen)


def test_attend_hands_out_steps_until_it_is_cancelled() -> None:
    expected = list(simulation().steps())
    seen: list[Step] = []

    async def scene() -> None:
        enough = asyncio.Event()

        async def take(step: Step) -> None:
            seen.append(step)
            if len(seen) == len(expected):
                enough.set()

        attending = asyncio.create_task(attend(simulation(), PacedClock(START, speed=1e6), take))
        await enough.wait()
        attending.cancel()

    asyncio.run(scene())

    assert seen == expected


def test_a_fast_clock_runs_ahead() -> None:
    clock = PacedClock(START, speed=1e6)

    asyncio.run(sleep_until(clock, START + 60_000))

    assert clock.now() >= START + 60_000
