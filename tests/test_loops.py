"""The supervisor: when loops step, and what it does about failing and silent ones."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from tests.support.loops import (
    NEVER_S,
    QUICK,
    SOON_S,
    Work,
    hanging,
    state_of,
    supervised,
    until,
)
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.retry import Backoff
from wabawatch.loops import Bell, Group, Loop, LoopState, Supervisor


def test_a_step_that_answers_true_is_asked_again_at_once() -> None:
    work = Work(True, True, True, False)

    supervised(Supervisor([Loop("work", work.step, NEVER_S)]), lambda: work.has_reached(4))

    assert work.steps == 4


def test_a_step_that_answers_false_is_asked_again_after_the_rhythm() -> None:
    work = Work()

    supervised(Supervisor([Loop("work", work.step, SOON_S)]), lambda: work.has_reached(5))


def test_a_bell_wakes_a_loop_before_its_rhythm() -> None:
    work, bell = Work(), Bell()

    async def scene() -> None:
        await work.has_reached(1)
        await asyncio.to_thread(bell.ring)
        await work.has_reached(2)

    supervised(Supervisor([Loop("work", work.step, NEVER_S, bell=bell)]), scene)


def test_one_bell_wakes_every_loop_that_listens() -> None:
    first, second, bell = Work(), Work(), Bell()

    async def scene() -> None:
        await first.has_reached(1)
        await second.has_reached(1)
        bell.ring()
        await first.has_reached(2)
        await second.has_reached(2)

    loops = [Loop("first", first.step, NEVER_S, bell=bell), Loop("second", second.step, NEVER_S, bell=bell)]
    supervised(Supervisor(loops), scene)


def test_a_ring_during_a_step_is_not_lost_and_many_count_as_one() -> None:
    bell = Bell()
    work = Work()

    def step() -> bool:
        if work.steps == 0:
            for _ in range(1000):
                bell.ring()
        return work.step()

    supervised(Supervisor([Loop("work", step, NEVER_S, bell=bell)]), lambda: work.has_reached(2))

    assert work.steps == 2


def test_a_loop_that_rests_is_woken_by_no_bell() -> None:
    resting, other, bell = Work(), Work(), Bell()

    async def scene() -> None:
        await resting.has_reached(1)
        for steps in range(2, 6):
            bell.ring()
            await other.has_reached(steps)

    loops = [
        Loop("resting", resting.step, SOON_S, bell=bell, rest_s=NEVER_S),
        Loop("other", other.step, NEVER_S, bell=bell),
    ]
    supervised(Supervisor(loops), scene)

    assert resting.steps == 1


def test_a_loop_rests_before_it_waits_for_its_bell() -> None:
    work, bell = Work(), Bell()

    async def scene() -> None:
        await work.has_reached(1)
        bell.ring()
        await work.has_reached(2)

    supervised(Supervisor([Loop("work", work.step, NEVER_S, bell=bell, rest_s=SOON_S)]), scene)


def test_a_step_that_answers_true_is_followed_by_no_rest() -> None:
    work = Work(True, True, False)

    supervised(Supervisor([Loop("work", work.step, NEVER_S, rest_s=NEVER_S)]), lambda: work.has_reached(3))


def test_a_bell_that_nobody_hears_does_nothing() -> None:
    Bell().ring()


def test_a_bell_that_outlives_its_listener_does_nothing() -> None:
    work, bell = Work(), Bell()
    supervised(Supervisor([Loop("work", work.step, NEVER_S, bell=bell)]), lambda: work.has_reached(1))

    bell.ring()

    assert work.steps == 1


def test_a_ring_from_many_threads_always_leads_to_a_later_step() -> None:
    """Whatever was put down before the ring is taken up by a step that begins after it."""
    bell = Bell()
    seen: list[int] = []
    put: list[int] = []

    def step() -> bool:
        seen.append(len(put))
        return False

    def put_and_ring() -> None:
        for _ in range(500):
            put.append(1)
            bell.ring()

    async def scene() -> None:
        await asyncio.gather(*(asyncio.to_thread(put_and_ring) for _ in range(4)))
        await until(lambda: seen[-1:] == [2000])

    supervised(Supervisor([Loop("work", step, NEVER_S, bell=bell)]), scene)


def test_a_loop_never_overlaps_with_itself() -> None:
    bell, inside, most = Bell(), threading.Semaphore(1), []

    def step() -> bool:
        most.append(inside.acquire(blocking=False))
        bell.ring()
        inside.release()
        return len(most) < 300

    async def scene() -> None:
        await until(lambda: len(most) >= 600)

    supervised(Supervisor([Loop("work", step, SOON_S, bell=bell)]), scene)

    assert all(most)


def test_a_hanging_loop_does_not_hold_up_the_others() -> None:
    work = Work()
    with hanging() as stuck:
        loops = [Loop("stuck", stuck.step, SOON_S), Loop("work", work.step, SOON_S)]

        async def scene() -> None:
            await work.has_reached(10)
            stuck.release.set()

        supervised(Supervisor(loops), scene)


def test_a_step_that_raises_is_tried_again_while_the_others_go_on() -> None:
    broken, work = Work(ValueError("broken"), ValueError("broken"), False), Work()
    loops = [Loop("broken", broken.step, NEVER_S), Loop("work", work.step, SOON_S)]
    supervisor = Supervisor(loops, backoff=QUICK)

    async def scene() -> None:
        await broken.has_reached(3)
        await work.has_reached(3)
        await until(lambda: state_of(supervisor, "broken") is LoopState.RUNNING)

    supervised(supervisor, scene)

    health = supervisor.health()[0]
    assert (health.failures, health.failures_in_a_row, health.last_error) == (2, 0, "")


@pytest.mark.parametrize("error", [StopIteration(), asyncio.InvalidStateError(), TimeoutError(), RuntimeError()])
def test_no_exception_ends_a_loop(error: Exception) -> None:
    work = Work(error)

    supervised(Supervisor([Loop("work", work.step, NEVER_S)], backoff=QUICK), lambda: work.has_reached(2))


def test_a_bell_does_not_cut_a_backoff_short() -> None:
    work, other, bell = Work(ValueError("broken")), Work(), Bell()
    loops = [Loop("work", work.step, SOON_S, bell=bell), Loop("other", other.step, NEVER_S, bell=bell)]
    supervisor = Supervisor(loops, backoff=Backoff(first_s=NEVER_S, longest_s=NEVER_S))

    async def scene() -> None:
        await until(lambda: state_of(supervisor, "work") is LoopState.FAILING)
        for steps in range(2, 20):
            bell.ring()
            await other.has_reached(steps)

    supervised(supervisor, scene)

    assert work.steps == 1


def test_the_backoff_doubles_from_one_second_to_a_minute() -> None:
    delays = [Backoff().delay_s(failures) for failures in range(1, 9)]

    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]
    assert Backoff().delay_s(100_000) == 60


def test_a_success_resets_the_backoff(caplog: pytest.LogCaptureFixture) -> None:
    work = Work(ValueError("a"), ValueError("b"), True, ValueError("c"), False)
    supervisor = Supervisor([Loop("work", work.step, NEVER_S)], backoff=Backoff(first_s=SOON_S, longest_s=1))

    supervised(supervisor, lambda: work.has_reached(5))

    failed = [record for record in caplog.records if vars(record).get("action") == "loop_step_failed"]
    assert [vars(record)["retry_in_s"] for record in failed] == [SOON_S, 2 * SOON_S, SOON_S]


def test_trouble_is_a_warning_without_a_stack_trace(caplog: pytest.LogCaptureFixture) -> None:
    work = Work(StoreUnavailable("the disk is full"))

    supervised(Supervisor([Loop("digest", work.step, NEVER_S)], backoff=QUICK), lambda: work.has_reached(2))

    record = next(record for record in caplog.records if vars(record).get("action") == "loop_step_failed")
    assert (record.levelno, record.exc_info, vars(record)["loop"]) == (logging.WARNING, None, "digest")
    assert "the disk is full" in record.getMessage()


def test_a_bug_is_an_error_with_its_stack_trace(caplog: pytest.LogCaptureFixture) -> None:
    work = Work(KeyError("a key"))

    supervised(Supervisor([Loop("digest", work.step, NEVER_S)], backoff=QUICK), lambda: work.has_reached(2))

    record = next(record for record in caplog.records if vars(record).get("action") == "loop_step_failed")
    assert record.levelno == logging.ERROR
    assert record.exc_info
    assert record.exc_info[0] is KeyError


def test_health_tells_our_own_words_but_not_those_of_a_bug() -> None:
    ours, bug = Work(StoreUnavailable("the disk is full")), Work(ValueError("+49 170 1234567"))
    loops = [Loop("ours", ours.step, NEVER_S), Loop("bug", bug.step, NEVER_S)]
    supervisor = Supervisor(loops, backoff=Backoff(first_s=NEVER_S, longest_s=NEVER_S))

    async def scene() -> list[str]:
        await until(lambda: all(health.failures for health in supervisor.health()))
        return [health.last_error for health in supervisor.health()]

    assert supervised(supervisor, scene) == ["StoreUnavailable: the disk is full", "ValueError"]


def test_a_recovery_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    work = Work(StoreUnavailable("gone"), False, False)

    supervised(Supervisor([Loop("digest", work.step, SOON_S)], backoff=QUICK), lambda: work.has_reached(3))

    recovered = [record for record in caplog.records if vars(record).get("action") == "loop_recovered"]
    assert [vars(record)["loop"] for record in recovered] == ["digest"]


def test_stopping_monitoring_leaves_the_core_alone() -> None:
    core, watch = Work(), Work()
    loops = [Loop("core", core.step, SOON_S), Loop("watch", watch.step, SOON_S, Group.MONITORING)]
    supervisor = Supervisor(loops)

    async def scene() -> None:
        await watch.has_reached(2)
        supervisor.stop_group(Group.MONITORING)
        await core.has_reached(core.steps + 2)  # a watch step in hand may end meanwhile
        so_far = watch.steps
        await core.has_reached(core.steps + 10)

        assert watch.steps <= so_far + 1
        assert state_of(supervisor, "watch") is LoopState.PAUSED
        assert state_of(supervisor, "core") is LoopState.RUNNING

    supervised(supervisor, scene)


def test_a_started_group_steps_at_once() -> None:
    watch = Work()
    supervisor = Supervisor([Loop("watch", watch.step, NEVER_S, Group.MONITORING)])

    async def scene() -> None:
        await watch.has_reached(1)
        supervisor.stop_group(Group.MONITORING)
        await asyncio.to_thread(supervisor.start_group, Group.MONITORING)
        await watch.has_reached(2)

    supervised(supervisor, scene)


def test_a_restart_cuts_a_backoff_short() -> None:
    watch = Work(ValueError("broken"))
    loops = [Loop("watch", watch.step, NEVER_S, Group.MONITORING)]
    supervisor = Supervisor(loops, backoff=Backoff(first_s=NEVER_S, longest_s=NEVER_S))

    async def scene() -> None:
        await until(lambda: state_of(supervisor, "watch") is LoopState.FAILING)
        supervisor.stop_group(Group.MONITORING)
        supervisor.start_group(Group.MONITORING)
        await watch.has_reached(2)

    supervised(supervisor, scene)


def test_a_group_stopped_before_the_start_does_not_step() -> None:
    core, watch = Work(), Work()
    loops = [Loop("watch", watch.step, SOON_S, Group.MONITORING), Loop("core", core.step, SOON_S)]
    supervisor = Supervisor(loops)
    supervisor.stop_group(Group.MONITORING)

    supervised(supervisor, lambda: core.has_reached(10))

    assert watch.steps == 0
