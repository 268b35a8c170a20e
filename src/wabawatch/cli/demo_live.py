"""The demo to look at: two hours of history at once, then traffic in real time, shown until it is stopped."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from wabawatch.cli.common import err, progress_bar
from wabawatch.cli.demo_stage import Play, Stage, Venue, back_from_now, staged
from wabawatch.cli.demo_view import View, view_of
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import HOUR_MS
from wabawatch.simulator.clock import real_now
from wabawatch.simulator.driving import tell
from wabawatch.simulator.incidents import Incident, IncidentKind

HISTORY_H = 2
NEAR_MS = 1_000
"""So close to the real time the story counts as caught up."""
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

    messages: int
    """In the two hours of history"""
    rate: float
    """Messages a second from then on"""
    seed: int
    numbers: int
    is_nasty: bool
    breakage: Breakage | None
    as_json: bool


async def live(scene: Scene, venue: Venue) -> None:
    """Play for ever. To be cancelled."""
    start_at = back_from_now(HISTORY_H)
    play = Play(scene.messages, scene.seed, scene.numbers, scene.is_nasty, start_at, HISTORY_H * HOUR_MS)
    async with staged(play, venue) as stage:
        _say_where(stage)
        stage.simulation.go_on(1000 / scene.rate)

        async def story() -> None:
            await _catch_up(stage, start_at)
            if scene.breakage:
                stage.simulation.command(_incident(scene.breakage))
            with view_of(stage, as_json=scene.as_json) as view:
                await _go_on(stage, view)

        await stage.driver.run(story)


async def _catch_up(stage: Stage, start_at: Millis) -> None:
    """Tell everything up to now, and what has come to be meanwhile."""
    with progress_bar() as bar:
        history = bar.add_task("minutes of history", total=HISTORY_H * 60)

        def heed(now: Millis) -> None:
            bar.update(history, completed=(now - start_at) // 60_000)

        while real_now() - stage.clock.now() > NEAR_MS:
            now = real_now()
            await tell(stage.simulation.due(now), stage.clock, stage.driver, heed)
            stage.clock.turn_to(now)
    stage.clock.become_real()


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
    if (link := stage.system.access.desk.first_link("demo")) is not None:
        err.print(f"console  {stage.url}{link.path}   makes the first admin, once", markup=False)
    err.print(f"health   {stage.url}/healthz")
    err.print(f"metrics  {stage.url}/metrics")
