"""The supervisor: when loops step, what it does about failing ones, and how everything ends."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import pytest

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.loops import Backoff, Bell, Group, Loop, LoopState, Stopped, Supervisor, run_in_thread

T = TypeVar("T")

NEVER_S = 3600.0
SOON_S = 0.002
PATIENCE_S = 30.0
"""After this a test gives up; none waits for it to pass."""
QUICK = Backoff(first_s=SOON_S, longest_s=SOON_S)


class Work:
    """A step whose answers are given one after the other: True, False, or an error. At the end of them, False."""

    def __init__(self, *answers: bool | Exception) -> None:
        self._answers: Iterator[bool | Exception] = iter(answers)
        self._stepped = threading.Condition()
        self.steps = 0

    def step(self) -> bool:
        answer = next(self._answers, False)
        with self._stepped:
            self.steps += 1
            self._stepped.notify_all()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def reaches(self, steps: int) -> bool:
        with self._stepped:
            return self._stepped.wait_for(lambda: self.steps >= steps, PATIENCE_S)

    async def has_reached(self, steps: int) -> None:
        assert await asyncio.to_thread(self.reaches, steps), f"only {self.steps} of {steps} steps"


class Hanging:
    """A step or closer that does not end before it is released."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.release = threading.Event()
        self.ended = threading.Event()

    def step(self) -> bool:
        self.began.set()
        assert self.release.wait(PATIENCE_S)
        self.ended.set()
        return False


@contextmanager
def hanging() -> Iterator[Hanging]:
    """Released at the end of the test, so that no thread outlives it."""
    it = Hanging()
    yield it
    it.release.set()
    assert not it.began.is_set() or it.ended.wait(PATIENCE_S)


class HandClock:
    """Monotonic seconds, turned by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def supervised(supervisor: Supervisor, scene: Callable[[], Awaitable[T]]) -> T:
    """Play *scene* while *supervisor* runs."""

    async def play() -> T:
        await supervisor.start()
        try:
            return await scene()
        finally:
            await supervisor.stop()

    return asyncio.run(play())


async def until(is_so: Callable[[], bool]) -> None:
    """Let the event loop go on until something is so; the time-out of the test ends it otherwise."""
    while not is_so():
        await asyncio.sleep(0.001)


def state_of(supervisor: Supervisor, name: str) -> LoopState:
    return next(health.state for health in supervisor.health() if health.name == name)


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


def test_a_stop_waits_for_the_step_in_hand_and_begins_no_other() -> None:
    ended = []
    with hanging() as slow:

        def step() -> bool:
            slow.step()
            ended.append("step")
            return True

        supervisor = Supervisor([Loop("slow", step, SOON_S)])
        supervisor.add_closer("store", lambda: ended.append("store"))

        async def scene() -> None:
            await supervisor.start()
            await asyncio.to_thread(slow.began.wait, PATIENCE_S)
            stopping = asyncio.create_task(supervisor.stop(PATIENCE_S))
            await asyncio.sleep(0)
            slow.release.set()
            assert await stopping == Stopped()

        asyncio.run(scene())

    assert ended == ["step", "store"]


def test_closers_are_called_in_reverse_order() -> None:
    supervisor = Supervisor([])
    closed: list[str] = []
    for name in ("database", "inbox", "client"):
        supervisor.add_closer(name, partial(closed.append, name))

    asyncio.run(supervisor.stop())

    assert closed == ["client", "inbox", "database"]


def test_a_failing_closer_does_not_hide_the_others() -> None:
    supervisor = Supervisor([])
    closed: list[str] = []

    def fail() -> None:
        raise StoreUnavailable("the disk is gone")

    supervisor.add_closer("database", lambda: closed.append("database"))
    supervisor.add_closer("inbox", fail)
    supervisor.add_closer("client", lambda: closed.append("client"))

    stopped = asyncio.run(supervisor.stop())

    assert closed == ["client", "database"]
    assert stopped.not_closed == (("inbox", "StoreUnavailable: the disk is gone"),)
    assert not stopped.is_clean


def test_a_hanging_closer_does_not_hide_the_others() -> None:
    closed = threading.Event()
    with hanging() as stuck:
        supervisor = Supervisor([])
        supervisor.add_closer("database", closed.set)
        supervisor.add_closer("stuck", stuck.step)

        stopped = asyncio.run(supervisor.stop(grace_s=0.05))

        assert closed.wait(PATIENCE_S)
        assert ("stuck", "TimeoutError") in stopped.not_closed


def test_a_hanging_step_is_left_behind_by_name() -> None:
    closed = threading.Event()
    with hanging() as stuck:
        work = Work()
        supervisor = Supervisor([Loop("work", work.step, SOON_S), Loop("stuck", stuck.step, SOON_S)])
        supervisor.add_closer("database", closed.set)

        async def scene() -> Stopped:
            await supervisor.start()
            await asyncio.to_thread(stuck.began.wait, PATIENCE_S)
            return await supervisor.stop(grace_s=0.05)

        stopped = asyncio.run(scene())

        assert "stuck" in stopped.unfinished
        assert closed.wait(PATIENCE_S)


def test_stopping_twice_gives_the_same_answer_and_closes_once() -> None:
    supervisor = Supervisor([])
    closed: list[str] = []
    supervisor.add_closer("database", lambda: closed.append("database"))

    async def scene() -> tuple[Stopped, Stopped, Stopped]:
        await supervisor.start()
        first, second = await asyncio.gather(supervisor.stop(), supervisor.stop())
        return first, second, await supervisor.stop()

    first, second, third = asyncio.run(scene())

    assert first is second is third is asyncio.run(supervisor.stop())
    assert closed == ["database"]


def test_cancelling_the_caller_does_not_cut_the_stop_short() -> None:
    with hanging() as slow:
        supervisor = Supervisor([])
        supervisor.add_closer("slow", slow.step)

        async def scene() -> Stopped:
            caller = asyncio.create_task(supervisor.stop(PATIENCE_S))
            await asyncio.to_thread(slow.began.wait, PATIENCE_S)
            caller.cancel()
            slow.release.set()
            return await supervisor.stop()

        assert asyncio.run(scene()).is_clean


def test_a_supervisor_starts_once() -> None:
    supervisor = Supervisor([])
    asyncio.run(supervisor.stop())

    with pytest.raises(RuntimeError, match="started once"):
        asyncio.run(supervisor.start())
    with pytest.raises(RuntimeError, match="has been stopped"):
        supervisor.add_closer("late", lambda: None)


def test_two_loops_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        Supervisor([Loop("work", Work().step, 1.0), Loop("work", Work().step, 1.0)])


def test_health_names_all_loops_in_their_order() -> None:
    supervisor = Supervisor([Loop("b", Work().step, 1.0), Loop("a", Work().step, 1.0, Group.MONITORING)])

    assert [(health.name, health.group) for health in supervisor.health()] == [("b", "core"), ("a", "monitoring")]


def test_it_runs_in_a_thread_of_its_own() -> None:
    work, bell, closed = Work(), Bell(), threading.Event()
    supervisor = Supervisor([Loop("work", work.step, NEVER_S, Group.MONITORING, bell)])
    supervisor.add_closer("database", closed.set)
    handle = run_in_thread(supervisor)

    assert work.reaches(1)
    bell.ring()
    assert work.reaches(2)
    supervisor.stop_group(Group.MONITORING)
    supervisor.start_group(Group.MONITORING)
    assert work.reaches(3)

    assert handle.stop() == Stopped()
    assert handle.stop() == Stopped()
    assert closed.is_set()


def test_a_thread_whose_supervisor_does_not_start_ends() -> None:
    before = threading.active_count()
    supervisor = Supervisor([])
    asyncio.run(supervisor.stop())

    with pytest.raises(RuntimeError, match="started once"):
        run_in_thread(supervisor)

    assert threading.active_count() <= before


def test_a_program_that_forgets_to_stop_still_exits_quietly() -> None:
    program = """
import threading
from wabawatch.loops import Loop, Supervisor, run_in_thread
stepped = threading.Event()
run_in_thread(Supervisor([Loop("work", lambda: stepped.set() or True, 0.001)]))
stepped.wait()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE_S)

    assert (done.returncode, done.stderr) == (0, "")
