"""Monitoring: every closed window is judged once, missed ones are made up, and a manual stop stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.support.facts import DAY, HOUR, MINUTE, recorded
from tests.support.facts import T0 as SOME_TIME
from tests.support.places import Place
from tests.support.system import RULES, Bench
from wabawatch.domain.report import Assessment
from wabawatch.flows.cycle import CATCH_UP_MS, Cycle, Wanted, due
from wabawatch.storage.schema import audit_entries, cycles

FIVE = 5 * MINUTE
T0 = SOME_TIME - SOME_TIME % DAY
"""A midnight in UTC"""


# ---------------------------------------------------------------- which window is next


def test_the_first_window_is_the_newest_closed_one() -> None:
    assert due(0, T0, FIVE) == T0
    assert due(0, T0 + FIVE - 1, FIVE) == T0


def test_a_window_is_due_when_its_end_has_come() -> None:
    assert due(T0, T0 + FIVE - 1, FIVE) is None
    assert due(T0, T0 + FIVE, FIVE) == T0 + FIVE


def test_missed_windows_come_first_and_in_order() -> None:
    assert due(T0, T0 + HOUR, FIVE) == T0 + FIVE


def test_what_was_missed_longer_ago_than_figures_are_fine_is_not_made_up() -> None:
    assert due(T0, T0 + 10 * DAY, FIVE) == T0 + 10 * DAY - CATCH_UP_MS


def test_a_new_interval_continues_on_its_own_whole_steps() -> None:
    assert due(T0 + FIVE, T0 + HOUR, 10 * MINUTE) == T0 + 10 * MINUTE
    assert due(T0 + 3 * MINUTE, T0 + HOUR, FIVE) == T0 + FIVE


def test_a_clock_that_was_set_back_by_more_than_an_interval_goes_on_from_there() -> None:
    assert due(T0, T0 - HOUR, FIVE) == T0 - HOUR
    assert due(T0 - HOUR, T0 - HOUR + FIVE, FIVE) == T0 - HOUR + FIVE


def test_a_clock_that_was_set_back_by_less_makes_nothing_due() -> None:
    assert due(T0, T0 - FIVE, FIVE) is None


intervals = st.integers(MINUTE, HOUR)


@given(st.integers(0, 3 * DAY), intervals)
def test_catching_up_judges_every_window_once_and_ends_with_the_newest(missed: int, interval: int) -> None:
    now = T0 + missed
    last = first = T0 - T0 % interval
    judged = []
    while (at := due(last, now, interval)) is not None:
        judged.append(at)
        last = at

    assert judged == list(range(judged[0], now + 1, interval)) if judged else now - first < interval
    assert all(at % interval == 0 for at in judged)
    assert not judged or judged[0] > now - CATCH_UP_MS - interval


@given(st.integers(SOME_TIME - 400 * DAY, SOME_TIME), intervals)
def test_the_rhythm_is_the_same_on_every_day_of_the_year(at: int, interval: int) -> None:
    start = at - at % interval

    assert due(start, start + interval, interval) == start + interval


# ---------------------------------------------------------------- judging


class Watch:
    """Monitoring over a bench, with what it has judged."""

    def __init__(self, bench: Bench, interval_ms: int = FIVE) -> None:
        self.bench = bench
        rules = replace(RULES, interval_ms=interval_ms)
        self.cycle = Cycle(bench.figures, bench.figures, rules, bench.clock, to_json)

    def run(self, now: int) -> int:
        """Do all that is due at *now*; gives how many windows were judged."""
        self.bench.clock.turn_to(now)
        judged = 0
        while self.cycle.step():
            judged += 1
        return judged

    def kept(self) -> list[Any]:
        with self.bench.shelf.database.reading() as connection:
            return list(connection.execute(select(cycles).order_by(cycles.c.at)).all())


def to_json(assessment: Assessment) -> str:
    return json.dumps({"attempted": assessment.messages.attempted})


@pytest.fixture
def bench(place: Place) -> Iterator[Bench]:
    bench = Bench(place, T0)
    yield bench
    bench.close()


@pytest.fixture
def watch(bench: Bench) -> Watch:
    watch = Watch(bench)
    watch.cycle.control(Wanted.START, "test")
    return watch


def test_nothing_is_judged_until_monitoring_is_started(bench: Bench) -> None:
    assert Watch(bench).run(T0 + DAY) == 0
    assert bench.figures.last_cycle_at() is None


def test_each_interval_is_judged_once_however_often_the_loop_asks(watch: Watch) -> None:
    judged = [watch.run(T0 + seconds * 1_000) for seconds in range(0, 601, 5)]

    assert sum(judged) == 3
    assert [row.at for row in watch.kept()] == [T0, T0 + FIVE, T0 + 2 * FIVE]


def test_cycles_that_were_missed_are_made_up(watch: Watch) -> None:
    watch.run(T0)

    assert watch.run(T0 + 2 * HOUR) == 24

    assert [row.at for row in watch.kept()] == list(range(T0, T0 + 2 * HOUR + 1, FIVE))
    assert watch.bench.figures.last_cycle_at() == T0 + 2 * HOUR


def test_a_made_up_cycle_judges_the_window_that_was_missed(watch: Watch) -> None:
    watch.run(T0)
    shelf = watch.bench.shelf
    shelf.learn([recorded(T0 - SOME_TIME + i * FIVE + 1, wamid=f"wamid.{i}") for i in range(3)])

    watch.run(T0 + 3 * FIVE)

    assert [json.loads(row.detail)["attempted"] for row in watch.kept()] == [0, 1, 2, 3]


@pytest.mark.parametrize("interval", [MINUTE, 90_000, 61_234, HOUR])
def test_a_window_ends_at_the_last_closed_minute(bench: Bench, interval: int) -> None:
    watch = Watch(bench, interval)
    watch.cycle.control(Wanted.START, "test")
    watch.run(T0 + HOUR)
    watch.run(T0 + HOUR + 5 * MINUTE)

    assert watch.kept()
    assert all(row.at % MINUTE == 0 for row in watch.kept())


def test_the_minute_that_still_runs_is_not_judged(bench: Bench) -> None:
    watch = Watch(bench, 90_000)
    watch.cycle.control(Wanted.START, "test")
    bench.shelf.learn([recorded(T0 - SOME_TIME + s * 1_000, wamid=f"wamid.{s}") for s in (30, 70)])

    watch.run(T0 + 90_000)

    assert [json.loads(row.detail)["attempted"] for row in watch.kept()] == [1]


def test_a_window_is_24_hours_long(watch: Watch) -> None:
    offsets = (T0 - SOME_TIME - DAY - 1, T0 - SOME_TIME - DAY, T0 - SOME_TIME - 1)
    watch.bench.shelf.learn([recorded(offset, wamid=f"wamid.{i}") for i, offset in enumerate(offsets)])

    watch.run(T0)

    assert [json.loads(row.detail)["attempted"] for row in watch.kept()] == [2]


# ---------------------------------------------------------------- start, stop, restart


def test_a_manual_stop_survives_a_restart_until_started_again(watch: Watch) -> None:
    watch.run(T0)
    assert watch.cycle.control(Wanted.STOP, "test") is False

    after_restart = Watch(watch.bench)
    assert after_restart.cycle.start_first_time("serve") is False
    assert after_restart.run(T0 + HOUR) == 0

    assert after_restart.cycle.control(Wanted.START, "test") is True
    assert after_restart.run(T0 + HOUR) == 1


def test_what_passed_while_monitoring_was_stopped_is_not_made_up(watch: Watch) -> None:
    watch.run(T0)
    watch.cycle.control(Wanted.STOP, "test")

    watch.bench.clock.turn_to(T0 + HOUR)
    watch.cycle.control(Wanted.START, "test")
    watch.run(T0 + HOUR)
    watch.run(T0 + HOUR + FIVE)

    assert [row.at for row in watch.kept()] == [T0, T0 + HOUR, T0 + HOUR + FIVE]


def test_starting_what_runs_forgets_nothing_that_was_missed(watch: Watch) -> None:
    watch.run(T0)
    watch.cycle.control(Wanted.START, "test")

    assert watch.run(T0 + HOUR) == 12


def test_a_restart_begins_anew(watch: Watch) -> None:
    watch.run(T0)

    assert watch.cycle.control(Wanted.RESTART, "test") is True

    assert watch.run(T0 + HOUR) == 1


def test_monitoring_starts_by_itself_only_if_nobody_ever_decided(bench: Bench) -> None:
    watch = Watch(bench)

    assert watch.cycle.start_first_time("serve") is True
    assert watch.cycle.start_first_time("serve") is False
    assert watch.run(T0) == 1


def test_monitoring_runs_while_it_shows_signs_of_life(watch: Watch) -> None:
    watch.run(T0)
    assert watch.bench.status().is_running
    watch.bench.clock.turn_to(T0 + 4 * MINUTE)
    assert not watch.bench.status().is_running

    watch.run(T0 + 4 * MINUTE)
    assert watch.bench.status().is_running
    watch.cycle.control(Wanted.STOP, "test")
    assert not watch.bench.status().is_running


def test_a_sign_of_life_from_the_future_is_none(watch: Watch) -> None:
    watch.run(T0 + HOUR)
    watch.bench.clock.turn_to(T0)

    assert not watch.bench.status().is_running
    watch.run(T0)
    assert watch.bench.status().is_running


def test_who_started_and_stopped_is_in_the_audit_trail(watch: Watch) -> None:
    watch.cycle.control(Wanted.STOP, "api")
    watch.cycle.control(Wanted.RESTART, "cli")

    with watch.bench.shelf.database.reading() as connection:
        rows = connection.execute(select(audit_entries).order_by(audit_entries.c.id)).all()
    assert [(row.actor, row.action) for row in rows] == [
        ("test", "monitoring_start"),
        ("api", "monitoring_stop"),
        ("cli", "monitoring_restart"),
    ]


def test_a_window_judged_again_after_a_restart_keeps_the_verdict_of_the_first_time(watch: Watch) -> None:
    watch.run(T0)
    watch.bench.shelf.learn([recorded(T0 - SOME_TIME - HOUR)])
    watch.cycle.control(Wanted.RESTART, "test")

    assert watch.run(T0 + 1) == 1

    assert [json.loads(row.detail)["attempted"] for row in watch.kept()] == [0]
