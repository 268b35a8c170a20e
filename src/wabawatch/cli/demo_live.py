"""The demo to look at: days of history first, then traffic in real time, shown until it is stopped."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass

from wabawatch.app import System
from wabawatch.cli.common import err, progress_bar
from wabawatch.cli.demo_past import Past
from wabawatch.cli.demo_people import YOU
from wabawatch.cli.demo_stage import Play, Stage, Venue, staged
from wabawatch.cli.demo_view import View, view_of
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS, HOUR_MS
from wabawatch.simulator.clock import StoryClock, real_now
from wabawatch.simulator.incidents import Incident, IncidentKind
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.pattern import Pattern
from wabawatch.simulator.simulation import Simulation

LEAST_MS = 2 * HOUR_MS
"""Of history, however few days are asked for"""
USUAL = Mix(
    refused=0.004, failed=0.016, undelivered=0.005, slow=0.004, template_trouble=0.05, free_form=0.1, inbound=0.15,
    unrecorded=0.01, played=0.6, marked_read=0.5,
)  # fmt: skip
"""An ordinary business, where little is unpleasant"""
GLANCE_MS = 20
INCIDENT_MS = 180_000
INCIDENT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Breakage:
    """Trouble that is to come."""

    kind: IncidentKind
    after_s: int
    """Seconds of real-time traffic before it"""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the live demo shows."""

    days: int
    """Of history"""
    messages: int
    """In all of it"""
    rate: float
    """Messages a second from then on"""
    seed: int
    numbers: int
    is_nasty: bool
    breakage: Breakage | None
    as_json: bool


async def live(scene: Scene, venue: Venue) -> None:
    """Play for ever. To be cancelled."""
    now = real_now()
    length_ms = max(scene.days * DAY_MS, LEAST_MS)
    mix = Mix.nasty() if scene.is_nasty else USUAL
    play = Play(scene.messages, scene.seed, scene.numbers, mix, now - length_ms, length_ms, Pattern())

    def past(system: System, simulation: Simulation, clock: StoryClock, token: str) -> None:
        if scene.days:
            err.print(f"telling {scene.days} days of history first, in a minute or two")
        with progress_bar() as bar:
            history = bar.add_task("days of history", total=length_ms / DAY_MS)

            def heed(at: Millis) -> bool:
                bar.update(history, completed=(at - now + length_ms) / DAY_MS)
                return not is_over.is_set()

            Past(system, simulation, clock, token, now).tell(heed)
        clock.become_real()  # before anybody is served: no look and no loop spans the leap

    is_over = threading.Event()
    try:
        async with staged(play, venue, past) as stage:
            await stage.driver.run(lambda: _live(stage, scene))
    finally:
        is_over.set()  # a history that is still being told, in its thread, ends too


async def _live(stage: Stage, scene: Scene) -> None:
    _say_where(stage)
    stage.simulation.go_on(1000 / scene.rate)
    if scene.breakage:
        stage.simulation.command(_incident(scene.breakage))
    with view_of(stage, as_json=scene.as_json) as view:
        await _go_on(stage, view)


async def _go_on(stage: Stage, view: View) -> None:
    shown_at = 0.0
    while True:
        for step in stage.simulation.due(stage.clock.now()):
            await stage.driver.take(step)
        if time.monotonic() - shown_at >= view.every_s:
            await asyncio.to_thread(view.show)
            shown_at = time.monotonic()
        await stage.clock.nap(stage.clock.now() + GLANCE_MS)


def _incident(breakage: Breakage) -> Incident:
    at = real_now() + breakage.after_s * 1000
    return Incident(breakage.kind, at, INCIDENT_MS, share=INCIDENT_SHARE)


def _say_where(stage: Stage) -> None:
    """The demo's own token is made for this run alone; still it goes to stderr, not into a pipe."""
    err.print(f"API      {stage.url}/api/v1/status   with the header")
    err.print(f"         Authorization: Bearer {stage.api_token}", markup=False)
    link = stage.system.access.desk.password_link(YOU, "demo")
    err.print(f"console  {stage.url}{link.path}   where you, {YOU}, choose a password", markup=False)
    err.print(f"health   {stage.url}/healthz")
    err.print(f"metrics  {stage.url}/metrics")
