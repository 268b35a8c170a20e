"""Each process says how its loops are doing; one that slept says nothing about them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.test_cycle import Watch
from tests.support.facts import MINUTE, T0
from tests.support.system import Bench
from wabawatch.domain.watchman import LoopTrouble
from wabawatch.flows.cycle import Wanted
from wabawatch.flows.pulsing import Pulsing
from wabawatch.storage.pulses import SqlPulses
from wabawatch.storage.runs import SqlRuns

HALF_MINUTE = 30_000


class Process:
    """A process whose two clocks go together until one is set."""

    def __init__(self, bench: Bench, name: str) -> None:
        self.bench = bench
        self.elapsed_s = 0.0
        self.troubles: list[LoopTrouble] = []
        database = bench.shelf.database
        self.runs = SqlRuns(database)
        self.pulsing = Pulsing(
            bench.figures,
            self.runs,
            SqlPulses(database),
            bench.clock,
            lambda: self.elapsed_s,
            name,
            lambda: self.troubles,
            lambda: True,
        )

    def wait(self, ms: int) -> None:
        self.elapsed_s += ms / 1000
        self.bench.clock.turn_to(self.bench.clock.now() + ms)

    def lives(self, minutes: int) -> None:
        for _ in range(2 * minutes):
            self.wait(HALF_MINUTE)
            self.pulsing.step()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, T0)
    yield bench
    bench.close()


@pytest.fixture
def process(bench: Bench) -> Process:
    return Process(bench, "a")


STUCK = LoopTrouble("cycle", is_stalled=True, quiet_ms=10 * MINUTE)


def test_another_process_reads_which_loop_is_stuck(bench: Bench, process: Process) -> None:
    process.troubles = [STUCK]
    process.lives(1)

    assert [each.loop for each in Process(bench, "b").pulsing.stalled()] == ["cycle"]


def test_monitoring_that_nobody_runs_is_noticed_by_a_process_that_only_watches(bench: Bench, process: Process) -> None:
    Watch(bench).cycle.control(Wanted.START, "test")
    process.lives(3)
    assert process.pulsing.monitoring_trouble() == ""

    process.lives(1)
    assert "no process runs it" in process.pulsing.monitoring_trouble()


def test_a_process_that_was_paused_for_an_hour_complains_of_nothing_when_it_wakes(
    bench: Bench, process: Process
) -> None:
    watch = Watch(bench)
    watch.cycle.control(Wanted.START, "test")
    process.lives(1)
    process.wait(60 * MINUTE)
    process.troubles = [STUCK]  # so it seems until the loops have stepped
    assert process.pulsing.stalled() == []
    process.pulsing.step()
    assert process.pulsing.stalled() == []

    process.troubles = []
    watch.run(bench.clock.now())
    process.lives(2)
    assert process.pulsing.stalled() == []


@pytest.mark.parametrize("jump", [60 * MINUTE, -60 * MINUTE])
def test_a_clock_that_is_set_makes_nobody_complain_once_monitoring_has_stepped(
    bench: Bench, process: Process, jump: int
) -> None:
    watch = Watch(bench)
    watch.cycle.control(Wanted.START, "test")
    process.lives(1)
    bench.clock.turn_to(bench.clock.now() + jump)
    watch.run(bench.clock.now())
    process.pulsing.step()

    assert process.pulsing.stalled() == []


def test_a_process_that_ended_as_it_should_is_forgotten(bench: Bench, process: Process) -> None:
    process.troubles = [STUCK]
    process.lives(1)
    process.pulsing.end()

    assert Process(bench, "b").pulsing.stalled() == []
