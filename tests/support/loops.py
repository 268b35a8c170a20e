"""Steps that can be steered, and a supervisor to play scenes under."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from wabawatch.domain.retry import Backoff
from wabawatch.loops import LoopState, Supervisor

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
