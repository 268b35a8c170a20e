"""Days of monitoring by a clock turned by hand: no cycle is missed, whatever happens to the clock or the process."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.day import FAST, HOUR, Days, days
from wabawatch.cli.turned import MINUTE
from wabawatch.simulator.pattern import Pattern

MONDAY = int(datetime(2026, 3, 23, 6, tzinfo=UTC).timestamp() * 1000)
BERLIN = Pattern(zone="Europe/Berlin", surge=0.3)
FIVE = 5 * MINUTE
PACE = MINUTE if os.environ.get("WHOLE_DAY") else FAST
"""So often everything is done: `make day` has the time to do it each minute, as a server does more often still."""

pytestmark = pytest.mark.timeout(600 if os.environ.get("WHOLE_DAY") else 240)
whole_day_only = pytest.mark.skipif(not os.environ.get("WHOLE_DAY"), reason="long: `make day` runs it")


def told(found: Days) -> list[str]:
    """What fired besides what was so from the beginning: not all in that world is rated well."""
    begins = ("PHONE_QUALITY_LOW", "TEMPLATE_QUALITY_LOW", "TEMPLATE_PAUSED")
    return [f"{one.rule} {one.scope}: {one.message}" for one in found.fired() if one.rule not in begins]


@whole_day_only
def test_a_morning_is_judged_every_five_minutes_and_counts_are_the_truth(tmp_path: Path) -> None:
    with days(tmp_path, MONDAY, days=1 / 6, per_day=1_500) as found:
        found.run(4 * HOUR, every_ms=PACE)

        cycles = found.cycles()
        assert cycles == list(range(cycles[0], MONDAY + 4 * HOUR + 1, FIVE))
        truth, counted = found.simulation.totals(), found.system.status.status(0).assessment.messages
        assert (counted.attempted, counted.delivered, counted.read) == (
            truth["attempted"], truth["delivered"], truth["read"],
        )  # fmt: skip
        assert found.system.watchman.runs.gaps(MONDAY + MINUTE, found.now, found.now) == []
        assert told(found) == []


@pytest.mark.parametrize("jump", [HOUR, pytest.param(-HOUR, marks=whole_day_only)], ids=["on", "back"])
def test_a_clock_that_is_set_by_an_hour_and_back_misses_no_cycle_and_alarms_nobody(tmp_path: Path, jump: int) -> None:
    with days(tmp_path, MONDAY, days=0.3, per_day=1_000) as found:
        found.run(HOUR, every_ms=PACE)
        found.clock.ahead = jump
        found.run(HOUR, every_ms=PACE)
        found.clock.ahead = 0
        found.run(HOUR, every_ms=PACE)

        judged = set(found.cycles())
        assert set(range(MONDAY + FIVE, MONDAY + 3 * HOUR + 1, FIVE)) <= judged
        assert found.system.status.status(1).is_running
        assert told(found) == []


def test_a_process_that_was_paused_for_an_hour_makes_its_cycles_up(tmp_path: Path) -> None:
    with days(tmp_path, MONDAY, days=0.3, per_day=1_000) as found:
        found.run(HOUR, every_ms=PACE)
        found.processes[0].is_paused = True
        found.run(HOUR, every_ms=PACE)
        found.processes[0].is_paused = False
        found.run(HOUR, every_ms=PACE)

        cycles = found.cycles()
        assert cycles == list(range(cycles[0], MONDAY + 3 * HOUR + 1, FIVE))
        [gap] = found.system.watchman.runs.gaps(MONDAY + MINUTE, found.now, found.now)
        assert HOUR - 2 * MINUTE <= (gap.end or 0) - gap.start <= HOUR + 2 * MINUTE
        assert told(found) == []


def test_the_day_on_which_the_clocks_change_has_every_cycle(tmp_path: Path) -> None:
    saturday = int(datetime(2026, 3, 28, 23, 30, tzinfo=UTC).timestamp() * 1000)
    with days(tmp_path, saturday, days=0.5, per_day=1_000, pattern=BERLIN) as found:
        found.run(3 * HOUR, every_ms=PACE)

        cycles = found.cycles()
        assert cycles == list(range(cycles[0], saturday + 3 * HOUR + 1, FIVE))
        assert told(found) == []


@whole_day_only
def test_of_two_processes_one_runs_monitoring_and_the_other_takes_over(tmp_path: Path) -> None:
    with days(tmp_path, MONDAY, days=0.3, per_day=1_000, processes=2) as found:
        first, second = found.processes
        found.run(HOUR, every_ms=PACE)
        assert second.took.get("cycle", 0) == 0

        first.is_paused = True
        first.system.watchman.seat.leave()  # as the kernel does when it dies
        found.run(HOUR, every_ms=PACE)

        cycles = found.cycles()
        assert second.took["cycle"] > 0
        assert cycles == list(range(cycles[0], MONDAY + 2 * HOUR + 1, FIVE))
        assert found.system.watchman.runs.gaps(MONDAY + MINUTE, found.now, found.now) == []
