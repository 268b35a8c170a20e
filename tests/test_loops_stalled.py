"""Loops that have had no good step for long: when they count as stalled, and when not."""

from __future__ import annotations

from tests.support.loops import (
    NEVER_S,
    SOON_S,
    HandClock,
    Work,
    hanging,
    state_of,
    supervised,
    until,
)
from wabawatch.domain.retry import Backoff
from wabawatch.loops import Group, Loop, LoopState, Supervisor


def test_a_loop_without_a_good_step_for_three_rhythms_is_stalled() -> None:
    clock, work = HandClock(), Work()
    supervisor = Supervisor([Loop("work", work.step, rhythm_s=100.0)], clock)

    async def scene() -> None:
        await until(lambda: supervisor.health()[0].last_ok_at == 1000.0)
        clock.now += 300
        assert state_of(supervisor, "work") is LoopState.RUNNING
        clock.now += 1
        assert state_of(supervisor, "work") is LoopState.STALLED
        assert supervisor.health()[0].quiet_s == 301

    supervised(supervisor, scene)


def test_a_loop_of_a_short_rhythm_has_half_a_minute() -> None:
    clock = HandClock()
    with hanging() as stuck:
        supervisor = Supervisor([Loop("stuck", stuck.step, SOON_S)], clock)

        async def scene() -> None:
            clock.now += 30
            assert state_of(supervisor, "stuck") is LoopState.RUNNING
            clock.now += 1
            assert state_of(supervisor, "stuck") is LoopState.STALLED
            stuck.release.set()
            await until(lambda: state_of(supervisor, "stuck") is LoopState.RUNNING)

        supervised(supervisor, scene)


def test_a_loop_that_only_fails_is_stalled_in_the_end() -> None:
    clock, work = HandClock(), Work(ValueError("broken"))
    supervisor = Supervisor([Loop("work", work.step, SOON_S)], clock, Backoff(first_s=NEVER_S, longest_s=NEVER_S))

    async def scene() -> None:
        await until(lambda: state_of(supervisor, "work") is LoopState.FAILING)
        clock.now += 31
        assert state_of(supervisor, "work") is LoopState.STALLED

    supervised(supervisor, scene)


def test_a_loop_that_should_not_run_is_never_stalled() -> None:
    clock, watch = HandClock(), Work()
    supervisor = Supervisor([Loop("watch", watch.step, SOON_S, Group.MONITORING)], clock)

    async def scene() -> None:
        await watch.has_reached(1)
        supervisor.stop_group(Group.MONITORING)
        clock.now += 10_000
        assert state_of(supervisor, "watch") is LoopState.PAUSED
        supervisor.start_group(Group.MONITORING)
        assert state_of(supervisor, "watch") is LoopState.RUNNING

    supervised(supervisor, scene)


def test_before_the_start_and_after_the_stop_loops_are_paused() -> None:
    clock, work = HandClock(), Work()
    supervisor = Supervisor([Loop("work", work.step, SOON_S)], clock)
    assert state_of(supervisor, "work") is LoopState.PAUSED

    supervised(supervisor, lambda: work.has_reached(1))
    clock.now += 10_000

    assert state_of(supervisor, "work") is LoopState.PAUSED
