"""When monitoring ran is kept: a stop, a process that was down, and a takeover, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support.books import Shelf
from tests.support.facts import HOUR, MINUTE
from tests.support.facts import T0 as SOME_TIME
from tests.support.places import ON_EACH, Place
from tests.support.system import RULES, Bench
from wabawatch.domain.runs import Gap, Why
from wabawatch.domain.watchman import LoopTrouble, Pulse
from wabawatch.flows.cycle import Cycle, Wanted
from wabawatch.storage.pulses import SqlPulses
from wabawatch.storage.runs import SqlRuns

pytestmark = ON_EACH

T0 = SOME_TIME - SOME_TIME % HOUR


class Scene:
    def __init__(self, place: Place) -> None:
        self.bench = Bench(place, T0)
        rules = replace(RULES, interval_ms=5 * MINUTE)
        self.cycle = Cycle(self.bench.figures, self.bench.figures, rules, self.bench.clock, lambda _: "{}")
        self.runs = SqlRuns(self.bench.shelf.database)

    def lives(self, *, until: int) -> None:
        """Monitoring steps every half minute."""
        for at in range(self.bench.clock.now(), until + 1, 30_000):
            self.bench.clock.turn_to(at)
            while self.cycle.step():
                pass

    def gaps(self, start: int | None = None) -> list[Gap]:
        now = self.bench.clock.now()
        return self.runs.gaps(start, now, now)


@pytest.fixture
def scene(place: Place) -> Iterator[Scene]:
    scene = Scene(place)
    scene.cycle.control(Wanted.START, "test")
    yield scene
    scene.bench.close()


def test_a_stop_by_hand_is_a_gap_until_it_is_started_again(scene: Scene) -> None:
    scene.lives(until=T0 + HOUR)
    scene.cycle.control(Wanted.STOP, "cli")
    scene.lives(until=T0 + 2 * HOUR)
    assert scene.gaps() == [Gap(T0 + HOUR, None, Why.STOPPED, "cli")]

    scene.cycle.control(Wanted.START, "cli")
    scene.lives(until=T0 + 3 * HOUR)

    assert scene.gaps() == [Gap(T0 + HOUR, T0 + 2 * HOUR, Why.STOPPED, "cli")]


def test_a_process_that_was_down_is_a_gap_although_its_cycles_are_made_up(scene: Scene) -> None:
    scene.lives(until=T0 + HOUR)
    scene.bench.clock.turn_to(T0 + 2 * HOUR)
    scene.lives(until=T0 + 3 * HOUR)

    assert scene.gaps() == [Gap(T0 + HOUR, T0 + 2 * HOUR, Why.NOT_RUNNING)]


def test_a_takeover_within_seconds_is_no_gap(scene: Scene) -> None:
    scene.lives(until=T0 + HOUR)
    scene.bench.clock.turn_to(T0 + HOUR + 70_000)
    scene.lives(until=T0 + 2 * HOUR)

    assert scene.gaps() == []


def test_a_restart_is_no_gap(scene: Scene) -> None:
    scene.lives(until=T0 + HOUR)
    scene.cycle.control(Wanted.RESTART, "cli")
    scene.lives(until=T0 + 2 * HOUR)

    assert scene.gaps() == []


def test_a_stop_of_what_had_died_leaves_both_gaps(scene: Scene) -> None:
    scene.lives(until=T0 + HOUR)
    scene.bench.clock.turn_to(T0 + 2 * HOUR)
    scene.cycle.control(Wanted.STOP, "api")
    scene.bench.clock.turn_to(T0 + 3 * HOUR)

    assert scene.gaps() == [
        Gap(T0 + HOUR, T0 + 2 * HOUR, Why.NOT_RUNNING),
        Gap(T0 + 2 * HOUR, None, Why.STOPPED, "api"),
    ]


def test_what_is_started_but_run_by_nobody_is_not_running(scene: Scene) -> None:
    scene.bench.clock.turn_to(T0 + HOUR)

    assert scene.gaps() == [Gap(T0, None, Why.NOT_RUNNING)]


def test_the_time_before_monitoring_was_ever_started_is_unknown(scene: Scene) -> None:
    scene.lives(until=T0 + HOUR)

    assert scene.gaps(T0 - HOUR) == [Gap(T0 - HOUR, T0, Why.NEVER_STARTED)]


def test_a_gap_that_began_before_the_window_keeps_its_cause(scene: Scene) -> None:
    scene.cycle.control(Wanted.STOP, "cli")
    scene.bench.clock.turn_to(T0 + 9 * HOUR)

    assert scene.gaps(T0 + 8 * HOUR) == [Gap(T0 + 8 * HOUR, None, Why.STOPPED, "cli")]


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_after_a_jump_of_the_clock_it_runs_on(scene: Scene, jump: int) -> None:
    scene.lives(until=T0 + HOUR)
    scene.bench.clock.turn_to(T0 + HOUR + jump)
    scene.lives(until=T0 + HOUR + jump + 10 * MINUTE)

    assert scene.bench.status().is_running
    assert [gap.end for gap in scene.gaps()] == ([T0 + 2 * HOUR] if jump > 0 else [])


def test_the_status_tells_the_gaps_of_its_window(scene: Scene) -> None:
    scene.lives(until=T0 + HOUR)
    scene.cycle.control(Wanted.STOP, "cli")
    scene.bench.clock.turn_to(T0 + 2 * HOUR)

    [never, stopped] = scene.bench.status(24).gaps
    assert (never.why, stopped.why) == (Why.NEVER_STARTED, Why.STOPPED)
    assert [gap.why for gap in scene.bench.status(0).gaps] == [Why.STOPPED]


# ---------------------------------------------------------------- pulses


def test_the_newest_pulse_of_each_process_is_kept_until_it_is_old(place: Place) -> None:
    pulses = SqlPulses(Shelf(place).database)
    trouble = LoopTrouble("cycle", is_stalled=True, quiet_ms=90_000, failures_in_a_row=3, error="Trouble: é")
    first, second = Pulse("a", 1, 10, is_leading=True), Pulse("b", 2, 20, is_leading=False, troubles=(trouble,))
    pulses.keep(first, forget_before=0)
    pulses.keep(second, forget_before=0)
    assert pulses.all() == [first, second]

    again = replace(first, at=30)
    pulses.keep(again, forget_before=25)
    assert pulses.all() == [again]
    pulses.remove("a")
    assert pulses.all() == []
