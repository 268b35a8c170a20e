"""A whole installation with a day of traffic in it, served in a thread, and somebody who is signed in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.pages import stage_platform
from tests.support.books import HandClock
from tests.support.checks import Watch
from tests.support.console import ADMIN, SECRET, Somebody
from tests.support.system import bodies_of
from wabawatch.app import System
from wabawatch.app_console import Console
from wabawatch.app_places import SystemClock
from wabawatch.cli.serving import listen, serving, url_of
from wabawatch.domain.checks import Failure
from wabawatch.domain.histograms import index_of
from wabawatch.domain.standing import HOUR_MS, MINUTE_MS
from wabawatch.flows.cycle import Wanted
from wabawatch.flows.uptime import UptimeDesk
from wabawatch.simulator.incidents import Incident, IncidentKind
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.web.visitors import Visitor

MIX = Mix(refused=0.006, failed=0.02, undelivered=0.004, inbound=0.2, unrecorded=0.01, template_trouble=0.02)
HOURS = 44
"""So that there is a period before the last day"""


def fill(system: System, messages: int = 2_000, numbers: int = 6) -> Simulation:
    """Two days of traffic up to now, the last three hours of which go badly for one client."""
    now = SystemClock().now()
    start = now - HOURS * HOUR_MS
    simulation = Simulation(7, messages, start, HOURS * HOUR_MS - MINUTE_MS, MIX, numbers, secret=SECRET.encode())
    waba = simulation.world.wabas[0].id
    simulation.command(
        Incident(IncidentKind.FAILURES, now - 3 * HOUR_MS, 3 * HOUR_MS, share=0.9, code=131049, waba=waba)
    )
    bodies = [body for body in bodies_of(simulation) if body.received_at <= now]
    system.inbox.append_all(bodies)
    system.figures.keep_answers(
        {(start + i * 5 * MINUTE_MS, index_of(20 + 9 * (i % 40))): 3 for i in range(HOURS * 12)}
    )
    system.drain()
    stage_platform.tell(system, simulation)
    while system.expiry.step():
        pass
    system.cycle.control(Wanted.START, "test")
    system.cycle.step()
    for _ in range(3):
        system.alerts.alerting.step()
    return simulation


def watch(system: System) -> None:
    """Two hours of checks, one of which failed for a while; the console shows them."""
    now = SystemClock().now()
    looking = Watch(system.database, HandClock(now - 2 * HOUR_MS))
    looking.run(HOUR_MS, 60_000)
    looking.crew.failing["shop"] = Failure.TIMEOUT
    looking.run(20 * MINUTE_MS, 60_000)
    looking.crew.failing.clear()
    looking.run(39 * MINUTE_MS, 60_000)
    books = system.alerts.figures, system.alerts.book, system.watchman.runs
    desk = system.uptime.desk = UptimeDesk(looking.books, system.clock)
    door, account, public_url, outside = system.access.people
    system.console = Console(
        system.database,
        system.figures,
        system.browsing,
        system.tailing,
        *books,
        desk,
        system.rules,
        system.clock,
        door,
        account,
        public_url,
        outside,
        system.archive.shown,
    )


@contextmanager
def served(system: System, visitor: Visitor | None = ADMIN, *, by_cookie: bool = False) -> Iterator[str]:
    """Serve *system* to *visitor*, or to who signs in; gives its address."""
    if not by_cookie:
        system.console.visitors = Somebody(visitor)
    listener = listen(0)
    ready, over = threading.Event(), threading.Event()

    async def main() -> None:
        async with serving(system.site(system.supervisor()), listener):
            ready.set()
            await asyncio.to_thread(over.wait)
            system.console.live.end()

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    try:
        assert ready.wait(60), "the server did not start"
        yield url_of(listener)
    finally:
        over.set()
        thread.join(60)
