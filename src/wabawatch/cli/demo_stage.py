"""The stage of the demo: a whole installation in a folder, served over HTTP, and the simulator in front of it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from wabawatch.app import System
from wabawatch.cli.demo_neighbours import neighbours, settings_of
from wabawatch.cli.serving import HOST, listen, serving, url_of
from wabawatch.domain.errors import Trouble
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import HOUR_MS
from wabawatch.flows.cycle import Wanted
from wabawatch.ports import SWEPT
from wabawatch.settings import Settings, load
from wabawatch.simulator.clerk import Clerk
from wabawatch.simulator.clock import StoryClock, real_now
from wabawatch.simulator.deliver import Courier
from wabawatch.simulator.driving import Driver
from wabawatch.simulator.graph import build_graph
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.pattern import Pattern
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.standing import APP_ID
from wabawatch.storage.copying import must_be_empty

CALLBACK = "/webhooks/whatsapp"
CONCURRENCY = 32
CHECKED_EVERY_S = 300
"""As seldom as the figures are judged: so two weeks of looks can be told in a minute"""


@dataclass(frozen=True, slots=True)
class Play:
    """What is played: how much of what, and from when on."""

    messages: int
    seed: int
    numbers: int
    mix: Mix
    start_at: Millis
    period_ms: int
    pattern: Pattern | None = None
    """How it is spread over the day; None: evenly"""


@dataclass(frozen=True, slots=True)
class Venue:
    """Where it is played."""

    folder: Path
    port: int
    database_url: str | None = None
    """An empty database instead of SQLite files in the folder"""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that plays a part, opened and running."""

    system: System
    simulation: Simulation
    clock: StoryClock
    driver: Driver
    url: str
    api_token: str

    async def status(self, hours: int) -> dict[str, Any]:
        """`GET /api/v1/status`."""
        headers = {"Authorization": f"Bearer {self.api_token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{self.url}/api/v1/status", params={"hours": hours}) as answer,
        ):
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found

    def finish(self) -> None:
        """Process all that waits, sweep, and judge, up to the time it is now."""
        self.system.drain()
        while self.system.expiry.step():
            pass
        while self.system.cycle.step():
            pass

    @property
    def swept_until(self) -> Millis:
        """The time as of which messages are known to have expired."""
        return self.system.figures.mark(SWEPT)


@dataclass(frozen=True, slots=True)
class _Keys:
    app_secret: str
    verify_token: str
    api_token: str
    meta_token: str
    channel_secret: str


@dataclass(frozen=True, slots=True)
class _Others:
    """Where those are that stand around the installation."""

    meta: str
    around: str


Prologue = Callable[[System, Simulation, StoryClock, str], None]
"""Of an installation and its Meta, with their clock and the token that Meta takes"""


@asynccontextmanager
async def staged(play: Play, venue: Venue, prologue: Prologue | None = None) -> AsyncIterator[Stage]:
    """Open an installation at *venue* with fresh secrets, serve it, subscribe the simulator to it, start monitoring.

    *prologue* happens before anybody is served, in a thread. With one, Meta is simulated to its whole extent: it also
    answers questions, and checks look at it. Raises BadRequest when the port is taken or the database is not empty.
    """
    listener, meta, around = listen(venue.port), listen(0) if prologue else None, listen(0) if prologue else None
    keys = _Keys(*(secrets.token_urlsafe(24) for _ in range(5)))
    clock = StoryClock(play.start_at)
    url = url_of(listener)
    others = _Others(url_of(meta), url_of(around)) if meta and around else None
    system = System(_settings(venue, keys, url, others), clock)
    must_be_empty(system.database)
    simulation = Simulation(
        play.seed,
        play.messages,
        play.start_at,
        play.period_ms,
        play.mix,
        play.numbers,
        secret=keys.app_secret.encode(),
        pattern=play.pattern,
    )
    simulation.standing.app.callback = url + CALLBACK
    courier = Courier(clock, lambda _: url + CALLBACK, concurrency=CONCURRENCY)
    driver = Driver(courier, Clerk(url, keys.api_token, concurrency=CONCURRENCY))
    async with AsyncExitStack() as served:
        if prologue and meta and around:
            await served.enter_async_context(serving(neighbours(), around))
            await asyncio.to_thread(prologue, system, simulation, clock, keys.meta_token)
            await served.enter_async_context(serving(build_graph(simulation, clock, keys.meta_token), meta))
        await served.enter_async_context(serving(system.site(system.supervisor()), listener))
        await _subscribe(url, keys.verify_token)
        system.cycle.control(Wanted.START, "demo")
        yield Stage(system, simulation, clock, driver, url, keys.api_token)


def back_from_now(hours: float) -> Millis:
    """The time so many hours ago."""
    return real_now() - int(hours * HOUR_MS)


def _settings(venue: Venue, keys: _Keys, url: str, others: _Others | None) -> Settings:
    """The settings of the demo alone: what the environment says about a real installation must not reach it."""
    told: dict[str, object] = {
        "WABAWATCH_DATA_DIR": str(venue.folder),
        "DATABASE_URL": venue.database_url,
        "WABAWATCH_FREE_SPACE_RESERVE": 0,
        "WABAWATCH_APP_SECRET": keys.app_secret,
        "WEBHOOK_VERIFY_TOKEN": keys.verify_token,
        "WABAWATCH_API_TOKEN": keys.api_token,
        "WABAWATCH_API_RATE_LIMIT": 0,
        "WABAWATCH_PUBLIC_URL": url,
    }
    if others is None:
        return load({}, None, told | {"WABAWATCH_UPTIME": False})  # the clock of the story is not that of the network
    simulated = {
        "WABAWATCH_PORT": int(url.rpartition(":")[2]),
        "WABAWATCH_CALLBACK_URL": url + CALLBACK,
        "WABAWATCH_ALLOW_PRIVATE_URLS": HOST,
        "WABAWATCH_APP_ID": APP_ID,
        "WABAWATCH_CHECK_INTERVAL": CHECKED_EVERY_S,
        "WABAWATCH_REPORTS_SCHEDULE": "0 6 * * MON",  # so that some are there to look at
        "WHATSAPP_API_URL": others.meta,
        "WHATSAPP_TOKEN": keys.meta_token,
        "WABAWATCH_STATUS_FEED_URL": f"{others.meta}/status.rss",
    }
    return load({}, None, told | simulated | dict(settings_of(others.around, keys.channel_secret)))


async def _subscribe(url: str, verify_token: str) -> None:
    """Shake hands as Meta does before it sends the first webhook."""
    challenge = secrets.token_hex(8)
    query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
    async with aiohttp.ClientSession() as session, session.get(url + CALLBACK, params=query) as answer:
        said = await answer.text()
    if said != challenge:
        raise Trouble(f"the callback URL was not verified: {answer.status} {said}")
