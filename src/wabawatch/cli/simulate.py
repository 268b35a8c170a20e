"""`wabawatch simulate`: the simulator alone, as a stand-in for Meta in front of a receiver that runs elsewhere."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass, replace
from pathlib import Path
from socket import socket
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from cyclopts import Parameter, validators

from wabawatch.app_places import unsealing
from wabawatch.cli.common import Command, err
from wabawatch.cli.main import WELL
from wabawatch.cli.serving import Stopped, listen, run_until_stopped, serving, url_of
from wabawatch.domain.facts import Millis
from wabawatch.settings import load_process
from wabawatch.simulator.clock import PacedClock, real_now
from wabawatch.simulator.deliver import Courier
from wabawatch.simulator.driving import Driver
from wabawatch.simulator.graph import build_graph
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import SECRET, Simulation

app = Command()

DEFAULT_CALLBACK = "http://127.0.0.1:8080/webhooks/whatsapp"
DEFAULT_TOKEN = "simulated-token"
GLANCE_MS = 20
NEWS_EVERY_S = 10.0


def _is_near(host: str) -> bool:
    """Whether *host* is this machine, as far as it can be told without asking anybody."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_of(url: str) -> str:
    """The host in *url*; "" when it is no address to post to."""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and parts.port != 0  # a port beyond 65535 raises
    except ValueError:
        return ""
    return parts.hostname or "" if is_usable else ""


def _is_sound(**given: Any) -> None:
    """Raises ValueError when the webhooks would go where they must not, or the truth nowhere."""
    url = given.get("webhook_url", DEFAULT_CALLBACK)
    host = _host_of(url)
    if not host:
        raise ValueError(f"--webhook-url: {url!r} is no http(s) address")
    if not given.get("allow_remote", False) and not _is_near(host):
        raise ValueError(
            f"--webhook-url: {host} is not this machine; add --allow-remote if simulated webhooks are welcome there"
        )
    truth = given.get("truth")
    if truth is not None and not truth.parent.is_dir():
        raise ValueError(f"--truth: there is no folder {truth.parent}")


@Parameter(name="*")
@dataclass(frozen=True)
class Traffic:
    """What the simulated application sends."""

    messages: Annotated[
        int | None,
        Parameter(
            validator=validators.Number(gte=0),
            help="How many messages it sends; 0: only what comes in through the Graph endpoints. Without it: no end.",
        ),
    ] = None
    rate: Annotated[
        float, Parameter(validator=validators.Number(gt=0, lte=1_000), help="How many of them a simulated second.")
    ] = 1.0
    speed: Annotated[
        float,
        Parameter(
            validator=validators.Number(gt=0, lte=10_000),
            help="Simulated seconds a second. Above 1, the times in webhooks run ahead of this machine's clock.",
        ),
    ] = 1.0
    seed: Annotated[int, Parameter(help="Another seed, another play.")] = 1
    nasty: Annotated[bool, Parameter(help="Everything unpleasant that Meta's platform is known for, often.")] = False
    numbers: Annotated[
        int, Parameter(validator=validators.Number(gte=1, lte=1_000), help="How many business phone numbers send.")
    ] = 5

    def begin(self, start_at: Millis, secret: str) -> Simulation:
        """The simulation of it, from *start_at* on."""
        # Nobody writes the sends down: there is no API to do it through. So all is known from webhooks alone.
        mix = replace(Mix.nasty() if self.nasty else Mix.plain(), unrecorded=1.0)
        planned, gap_ms = self.messages or 0, 1_000 / self.rate
        period_ms = round(planned * gap_ms)
        made = Simulation(self.seed, planned, start_at, period_ms, mix, self.numbers, secret=secret.encode())
        if self.messages is None:
            made.go_on(gap_ms)
        return made


ENDLESS = Traffic()


@app.default(validator=_is_sound)
def simulate(
    *,
    port: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=65_535))] = 9090,
    webhook_url: str = DEFAULT_CALLBACK,
    allow_remote: bool = False,
    app_secret: str | None = None,
    token: str = DEFAULT_TOKEN,
    recorded: bool = False,
    truth: Annotated[Path | None, Parameter(validator=validators.Path(dir_okay=False))] = None,
    traffic: Traffic = ENDLESS,
) -> int:
    """Run until all messages are through, or until Ctrl-C.

    Parameters
    ----------
    port
        Port of the Graph endpoints, of /truth and of /control/...; 0 takes a free one.
    webhook_url
        Where the webhooks go.
    allow_remote
        Let them go to another machine.
    app_secret
        What they are signed with; without it WABAWATCH_APP_SECRET, and where that is not set `simulated-app-secret`.
    token
        The token that the Graph endpoints take.
    recorded
        Sends reach it through somebody who writes them down, such as the gateway: the truth says so.
    truth
        A file for what is true of every message, as JSON, written at the end.
    """
    told = load_process(unsealing=unsealing).webhook.app_secret
    secret = app_secret or (told[0].reveal() if told else SECRET.decode())
    player = _Player(traffic, listen(port), webhook_url, secret, token, is_recorded=recorded)
    try:
        run_until_stopped(player.play())
    except Stopped:
        err.print("stopped")
    if truth is not None:
        truth.write_bytes(msgspec.json.encode(player.truth()))
        err.print(f"the truth is in {truth}", markup=False)
    return WELL


class _Player:
    """One run of the simulator."""

    def __init__(
        self, traffic: Traffic, listener: socket, callback: str, secret: str, token: str, *, is_recorded: bool
    ) -> None:
        self._is_finite = bool(traffic.messages)
        self._listener = listener
        self._callback = callback
        self._token = token
        self._is_recorded = is_recorded
        start_at = real_now()
        self._simulation = traffic.begin(start_at, secret)
        self._simulation.standing.app.callback = callback
        self._clock = PacedClock(start_at, traffic.speed)

    async def play(self) -> None:
        """Serve and send until all is through."""
        driver = Driver(Courier(self._clock, lambda _: self._callback))
        graph = build_graph(self._simulation, self._clock, self._token, is_recorded=self._is_recorded)
        async with serving(graph, self._listener):
            self._say_where()
            await driver.run(lambda: self._send(driver))

    def truth(self) -> dict[str, object]:
        """What is true now."""
        return self._simulation.published(self._clock.now())

    async def _send(self, driver: Driver) -> None:
        said_at = time.monotonic()
        while not (self._is_finite and self._simulation.is_told and not driver.backlog):
            for step in self._simulation.due(self._clock.now()):
                await driver.take(step)
            if time.monotonic() - said_at >= NEWS_EVERY_S:
                said_at = time.monotonic()
                self._say_news(driver.courier)
            await self._clock.nap(self._clock.now() + GLANCE_MS)
        self._say_news(driver.courier)

    def _say_where(self) -> None:
        url = url_of(self._listener)
        shown = self._token if self._token == DEFAULT_TOKEN else "the token given"
        err.print(f"Graph     {url}/v25.0/...   Authorization: Bearer {shown}", markup=False)
        err.print(f"truth     {url}/truth")
        err.print(f"commands  POST {url}/control/...   (docs/simulator.md)")
        err.print(f"webhooks  to {self._callback}", markup=False)
        for number in self._simulation.world.numbers:
            err.print(f"number    {number.id}  {number.display}", markup=False)

    def _say_news(self, courier: Courier) -> None:
        tally = courier.tally
        err.print(
            f"{tally.delivered:,} webhooks delivered in {tally.attempts:,} attempts, {courier.backlog:,} under way"
        )
