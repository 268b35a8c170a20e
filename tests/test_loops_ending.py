"""The supervisor: how everything ends, in order and in time, in any thread."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from functools import partial

import pytest

from tests.support.loops import (
    NEVER_S,
    PATIENCE_S,
    SOON_S,
    Work,
    hanging,
)
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.loops import Bell, Group, Loop, Stopped, Supervisor, run_in_thread


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
