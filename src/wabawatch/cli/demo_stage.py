"""The stage of the demo: a whole installation in a folder, served over HTTP, and the simulator in front of it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from wabawatch.app import System
from wabawatch.cli.serving import listen, serving, url_of
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
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.storage.copying import must_be_empty

CALLBACK = "/webhooks/whatsapp"
CONCURRENCY = 32


@dataclass(frozen=True, slots=True)
class Play:
    """What is played: how much of what, and from when on."""

    messages: int
    seed: int
    numbers: int
    is_nasty: bool
    start_at: Millis
    period_ms: int

    @property
    def mix(self) -> Mix:
        """How unpleasant it is."""
        return Mix.nasty() if self.is_nasty else Mix.plain()


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


@asynccontextmanager
async def staged(play: Play, venue: Venue) -> AsyncIterator[Stage]:
    """Open an installation at *venue* with fresh secrets, serve it, subscribe the simulator to it, start monitoring.

    Raises BadRequest when the port is taken or the database is not empty.
    """
    listener = listen(venue.port)
    keys = _Keys(*(secrets.token_urlsafe(24) for _ in range(3)))
    clock = StoryClock(play.start_at)
    system = System(_settings(venue, keys), clock)
    must_be_empty(system.database)
    url = url_of(listener)
    simulation = Simulation(
        play.seed,
        play.messages,
        play.start_at,
        play.period_ms,
        play.mix,
        play.numbers,
        secret=keys.app_secret.encode(),
    )
    courier = Courier(clock, lambda _: url + CALLBACK, concurrency=CONCURRENCY)
    driver = Driver(courier, Clerk(url, keys.api_token, concurrency=CONCURRENCY))
    async with serving(system.site(system.supervisor()), listener):
        await _subscribe(url, keys.verify_token)
        system.cycle.control(Wanted.START, "demo")
        yield Stage(system, simulation, clock, driver, url, keys.api_token)


def back_from_now(hours: float) -> Millis:
    """The time so many hours ago."""
    return real_now() - int(hours * HOUR_MS)


def _settings(venue: Venue, keys: _Keys) -> Settings:
    """The settings of the demo alone: what the environment says about a real installation must not reach it."""
    told = {
        "WABAWATCH_DATA_DIR": str(venue.folder),
        "DATABASE_URL": venue.database_url,
        "WABAWATCH_FREE_SPACE_RESERVE": 0,
        "WABAWATCH_APP_SECRET": keys.app_secret,
        "WEBHOOK_VERIFY_TOKEN": keys.verify_token,
        "WABAWATCH_API_TOKEN": keys.api_token,
        "WABAWATCH_API_RATE_LIMIT": 0,
        "WABAWATCH_UPTIME": False,  # the clock of the story is not that of the network
    }
    return load({}, None, told)


async def _subscribe(url: str, verify_token: str) -> None:
    """Shake hands as Meta does before it sends the first webhook."""
    challenge = secrets.token_hex(8)
    query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
    async with aiohttp.ClientSession() as session, session.get(url + CALLBACK, params=query) as answer:
        said = await answer.text()
    if said != challenge:
        raise Trouble(f"the callback URL was not verified: {answer.status} {said}")
