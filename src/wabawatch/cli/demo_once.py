"""The demo as a proof: so many messages through the whole system, and every count held against the truth."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from wabawatch.cli.common import err, print_json, progress_bar
from wabawatch.cli.comparing import differences, differences_table, shown_counts, wanted_counts
from wabawatch.cli.demo_stage import Play, Stage, Venue, back_from_now, staged
from wabawatch.cli.main import FAILED, WELL
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import MINUTE_MS
from wabawatch.simulator.driving import tell
from wabawatch.simulator.mix import Mix

BACK_H = 2.0
NASTY_BACK_H = 11.0
"""Long enough ago for the latest of all late statuses to come before the real now."""
PERIOD_MS = 90 * MINUTE_MS
"""The sends are spread over this. In a plain mix the last status comes at most 29 minutes after its send."""


async def once(messages: int, seed: int, numbers: int, is_nasty: bool, venue: Venue) -> int:
    """Send all, wait for all, print the status as JSON, compare it with the truth. Gives the exit code."""
    start_at = back_from_now(NASTY_BACK_H if is_nasty else BACK_H)
    began = time.monotonic()
    mix = Mix.nasty() if is_nasty else Mix.plain()
    async with staged(Play(messages, seed, numbers, mix, start_at, PERIOD_MS), venue) as stage:
        await _play(stage, messages, start_at)
        status = await stage.status(hours=0)
        wanted = wanted_counts(stage.simulation.totals(stage.swept_until), stage.simulation.brought())
        tally, refusals = stage.driver.courier.tally, stage.driver.refusals
    print_json(status)
    if refusals.count:
        err.print(f"{refusals.count} records were refused, the last with: {refusals.last}", style="red", markup=False)
    if tally.lost:
        err.print(f"{tally.lost} webhooks were never answered with 200", style="red")
    is_true = holds(wanted, shown_counts(status))
    took_s = time.monotonic() - began
    err.print(f"{messages:,} messages and {tally.delivered:,} webhooks in {took_s:.1f} s")
    return WELL if is_true and not refusals.count and not tally.lost else FAILED


def holds(wanted: Mapping[str, int], shown: Mapping[str, int]) -> bool:
    """Whether the counts *shown* are those *wanted*. Says so on stderr, with a table of what differs."""
    found = differences(wanted, shown)
    if found:
        err.print("wabawatch: the status is not the simulator's truth", style="red")
        err.print(differences_table(found))
    else:
        err.print(f"{len(wanted)} counts compared: every one is the simulator's truth")
    return not found


async def _play(stage: Stage, messages: int, start_at: Millis) -> None:
    with progress_bar() as bar:
        sending = bar.add_task("messages", total=messages)

        def heed(now: Millis) -> None:
            # The sends are spread evenly, so the time tells how many there were.
            done = min(messages, messages * (now - start_at) // PERIOD_MS)
            bar.update(sending, completed=done)

        await stage.driver.run(lambda: tell(stage.simulation.steps(), stage.clock, stage.driver, heed))
        bar.update(sending, completed=messages, description="processing")
        stage.clock.become_real()
        await asyncio.to_thread(stage.finish)
