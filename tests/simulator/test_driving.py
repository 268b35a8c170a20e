"""A story told to a server as fast as it answers, and the clock that follows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web
from tests.simulator.scenes import START, simulation

from wabawatch.simulator.clerk import Clerk
from wabawatch.simulator.clock import StoryClock, real_now
from wabawatch.simulator.deliver import Courier
from wabawatch.simulator.driving import STRIDE_MS, Driver, tell
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.steps import LogSend, LogStatus, PostWebhook


def told(made: Simulation, answer: Callable[[int], int] = lambda _: 200) -> tuple[Driver, list[tuple[str, int]]]:
    """Tell *made* to the end; gives what was called when, by the story's clock. *answer*: to the n-th webhook."""
    clock, calls = StoryClock(START), list[tuple[str, int]]()

    async def hook(_: web.Request) -> web.Response:
        calls.append(("hook", clock.now()))
        return web.Response(status=answer(sum(place == "hook" for place, _ in calls)))

    async def api(_: web.Request) -> web.Response:
        calls.append(("api", clock.now()))
        return web.Response(status=202)

    async def scene() -> Driver:
        app = web.Application()
        app.router.add_post("/hook", hook)
        app.router.add_post("/api/v1/{rest:.*}", api)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        driver = Driver(Courier(clock, lambda _: f"{url}/hook", least_pause_s=0), Clerk(url, "token"))
        await driver.run(lambda: tell(made.steps(), clock, driver, lambda _: None))
        await runner.cleanup()
        return driver

    return asyncio.run(scene()), calls


def test_every_webhook_and_record_becomes_a_call() -> None:
    made = simulation(messages=60)
    steps = list(simulation(messages=60).steps())

    driver, calls = told(made)

    assert [place for place, _ in calls].count("hook") == sum(isinstance(step, PostWebhook) for step in steps)
    assert [place for place, _ in calls].count("api") == sum(isinstance(step, LogSend | LogStatus) for step in steps)
    assert (driver.backlog, driver.refusals.count, made.is_told) == (0, 0, True)


def test_calls_are_made_close_to_their_time() -> None:
    due = sorted(step.at for step in simulation(messages=60).steps() if isinstance(step, PostWebhook))

    _, calls = told(simulation(messages=60))

    received = sorted(at for place, at in calls if place == "hook")
    assert all(0 <= at - wanted <= STRIDE_MS for at, wanted in zip(received, due, strict=True))


def test_a_webhook_that_is_not_taken_comes_again_before_the_story_goes_on() -> None:
    driver, calls = told(simulation(messages=20), answer=lambda n: 503 if n == 1 else 200)

    tally = driver.courier.tally
    assert (tally.attempts, tally.delivered, tally.lost) == (tally.delivered + 1, len(calls) - _records(calls) - 1, 0)


def _records(calls: list[tuple[str, int]]) -> int:
    return [place for place, _ in calls].count("api")


def test_a_story_clock_never_goes_back() -> None:
    clock = StoryClock(START)

    clock.turn_to(START + 5)
    clock.turn_to(START)

    assert clock.now() == START + 5


def test_a_story_clock_leaps_until_it_becomes_real() -> None:
    clock = StoryClock(START)

    asyncio.run(clock.nap(START + 1_000))
    leapt_to = clock.now()
    before = real_now()
    clock.become_real()

    assert leapt_to == START + 1_000
    assert before <= clock.now() <= real_now()


def test_a_clock_ahead_of_the_real_time_waits_for_it() -> None:
    ahead = real_now() + 3_600_000
    clock = StoryClock(ahead)

    clock.become_real()

    assert clock.now() == ahead
