"""The supervisor: starts, wakes, watches and stops the loops. It does not know what a step does."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from wabawatch.domain.errors import Trouble
from wabawatch.domain.retry import Backoff

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

GRACE_S = 10.0
_SHARE_OF_CLOSERS = 0.25
"""The part of the grace time that a step which does not end cannot take from the closers."""
_SHORTEST_SILENCE_S, _SILENT_RHYTHMS = 30.0, 3


class Group(StrEnum):
    """Which loops are started and stopped together."""

    CORE = "core"
    """Never stops while the process runs"""
    MONITORING = "monitoring"
    """Started and stopped by hand"""


class Bell:
    """Wakes the loops that listen to it before their rhythm does. Many rings before a step count as one."""

    def __init__(self) -> None:
        self._signals: tuple[_Signal, ...] = ()

    def ring(self) -> None:
        """Ask for a step soon. From any thread, also while nobody listens; cheap when it has just been rung."""
        for signal in self._signals:
            signal.set()

    def _wakes(self, signal: _Signal) -> None:
        self._signals += (signal,)


@dataclass(frozen=True, slots=True)
class Loop:
    """A step that is repeated for as long as the process runs. It never overlaps with itself."""

    name: str
    step: Callable[[], bool | Awaitable[bool]]
    """One bounded, idempotent unit of work, run in a worker thread; a coroutine function in the event loop. True: ask
    again at once"""
    rhythm_s: float
    """The longest wait between two steps"""
    group: Group = Group.CORE
    bell: Bell | None = None
    rest_s: float = 0.0
    """The shortest wait before a step that is not asked for at once: meanwhile work comes together"""


class LoopState(StrEnum):
    """How a loop is doing."""

    RUNNING = "running"
    PAUSED = "paused"
    """Not meant to run: its group is stopped, or the supervisor is"""
    FAILING = "failing"
    """Its last step raised; it is tried again with backoff"""
    STALLED = "stalled"
    """No good step for three rhythms (at least 30 s): it hangs, or it has been failing all the time"""


@dataclass(frozen=True, slots=True)
class LoopHealth:
    """What is known about a loop at one moment."""

    name: str
    group: Group
    state: LoopState
    last_ok_at: float | None
    """When a step last ended well, by the supervisor's clock (monotonic seconds); None: never"""
    quiet_s: float
    """Seconds since then, or since it was started where that is later; 0 while paused"""
    failures: int
    """Steps that raised, since the process started"""
    failures_in_a_row: int
    last_error: str
    """Of the last step that raised, without anybody's data; "" if none did or a good one came after it"""


@dataclass(frozen=True, slots=True)
class Stopped:
    """How a stop went."""

    unfinished: tuple[str, ...] = ()
    """Loops whose step was still running at the end of the grace time. Python cannot end a thread: the process
    exits when these steps do, or by `os._exit`, which they must survive like any crash."""
    not_closed: tuple[tuple[str, str], ...] = ()
    """Closers that raised or took too long (TimeoutError), each with why"""

    @property
    def is_clean(self) -> bool:
        """Whether everything ended as it should."""
        return not self.unfinished and not self.not_closed


class Supervisor:
    """Runs loops, each in its own time, until it is stopped.

    `start` and `stop` belong to one event loop; every other method may be called from any thread.
    """

    def __init__(
        self, loops: Sequence[Loop], clock: Callable[[], float] = time.monotonic, backoff: Backoff | None = None
    ) -> None:
        names = [loop.name for loop in loops]
        if len(set(names)) < len(names):
            raise ValueError(f"two loops have the same name: {names}")
        self._runners = [_Runner(loop, clock, backoff or Backoff()) for loop in loops]
        self._threads = ThreadPoolExecutor(max(1, len(loops)), thread_name_prefix="loop")
        self._closers: list[tuple[str, Callable[[], object]]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping: asyncio.Task[Stopped] | None = None

    def add_closer(self, name: str, close: Callable[[], object]) -> None:
        """Have *close* called when all loops have ended, before the closers that were added earlier."""
        if self._stopping:
            raise RuntimeError(f"the supervisor has been stopped: nobody would call the closer {name}")
        self._closers.append((name, close))

    async def start(self) -> None:
        """Start all loops whose group is not stopped. Can be done once."""
        if self._tasks or self._stopping:
            raise RuntimeError("a supervisor can be started once")
        for runner in self._runners:
            runner.listen()
            self._tasks.append(asyncio.create_task(runner.run(self._threads), name=runner.loop.name))

    def start_group(self, group: Group) -> None:
        """Let the loops of *group* run: one that was stopped steps at once. Repeatable, also before `start`."""
        self._want(group, True)

    def stop_group(self, group: Group) -> None:
        """Let the loops of *group* begin no further step, and the others go on. Repeatable, also before `start`."""
        self._want(group, False)

    def _want(self, group: Group, is_wanted: bool) -> None:
        for runner in self._runners:
            if runner.loop.group == group:
                runner.want(is_wanted)

    def health(self) -> list[LoopHealth]:
        """How each loop is doing, in the order in which they were given."""
        return [runner.health() for runner in self._runners]

    async def stop(self, grace_s: float = GRACE_S) -> Stopped:
        """End each loop after the step in hand, then call the closers, the last added first; *grace_s* bounds it all.

        Every closer is called, whatever the loops and the other closers do. A second call gives the same answer.
        Cancelling the caller does not cut it short.
        """
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(grace_s))
        return await asyncio.shield(self._stopping)

    async def _stop(self, grace_s: float) -> Stopped:
        deadline = asyncio.get_running_loop().time() + grace_s
        unfinished = await self._end_loops(grace_s * (1 - _SHARE_OF_CLOSERS if self._closers else 1))
        not_closed = await _close(self._closers, deadline)
        _log.info("all loops stopped", extra={"action": "supervisor_stopped", "unfinished": unfinished})
        return Stopped(unfinished, not_closed)

    async def _end_loops(self, within_s: float) -> tuple[str, ...]:
        for runner in self._runners:
            runner.end()
        late = (await asyncio.wait(self._tasks, timeout=within_s))[1] if self._tasks else set()
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        # Without waiting: the threads of the late ones cannot be ended.
        self._threads.shutdown(wait=False, cancel_futures=True)
        return tuple(task.get_name() for task in self._tasks if task in late)


class _Runner:
    """One loop at work, and what is known about it. Changed in the event loop only, except for the flags."""

    def __init__(self, loop: Loop, clock: Callable[[], float], backoff: Backoff) -> None:
        self.loop = loop
        self._clock = clock
        self._backoff = backoff
        # What is decided from outside sets both; the bell sets only the second, so that it cuts no backoff short.
        self._changed, self._rung = _Signal(), _Signal()
        self._is_wanted = True
        self._is_listening = False
        self._is_ending = False
        self._running_since = 0.0
        self._last_ok_at: float | None = None
        self._failures = self._failures_in_a_row = 0
        self._last_error = ""

    def listen(self) -> None:
        self._changed.bind()
        self._rung.bind()
        if self.loop.bell:
            self.loop.bell._wakes(self._rung)
        self._running_since = self._clock()
        self._is_listening = True

    def want(self, is_wanted: bool) -> None:
        if is_wanted and not self._is_wanted:
            self._running_since = self._clock()
        self._is_wanted = is_wanted
        self._tell()

    def end(self) -> None:
        self._is_ending = True
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._rung.set()

    async def run(self, threads: Executor) -> None:
        """Step and wait by turns until `end`."""
        while not self._is_ending:
            # First cleared, then looked at what they announce: whatever comes after this wakes the wait below.
            self._changed.clear()
            self._rung.clear()
            if self._is_wanted:
                await self._step(threads)
            else:
                await self._changed.wait()

    async def _step(self, threads: Executor) -> None:
        try:
            outcome = await _made(self.loop.step, threads)
        except RuntimeError:  # no threads any more: the interpreter is going down without having stopped us
            self.end()
            return
        if isinstance(outcome, Exception):
            await self._changed.wait(self._note_failure(outcome))
            return
        self._note_success()
        if not outcome:
            await self._changed.wait(self.loop.rest_s)
            await self._rung.wait(self.loop.rhythm_s)

    def _note_success(self) -> None:
        self._last_ok_at = self._clock()
        if self._failures_in_a_row:
            _log.info("%s works again", self.loop.name, extra={"action": "loop_recovered", "loop": self.loop.name})
        self._failures_in_a_row, self._last_error = 0, ""

    def _note_failure(self, error: Exception) -> float:
        """Count and log *error*; gives the seconds to wait."""
        self._failures += 1
        self._failures_in_a_row += 1
        delay_s = self._backoff.delay_s(self._failures_in_a_row)
        self._last_error = _describe(error)
        level, trace = (logging.WARNING, None) if isinstance(error, Trouble) else (logging.ERROR, error)
        context = {"action": "loop_step_failed", "loop": self.loop.name, "retry_in_s": delay_s}
        _log.log(level, "a step of %s failed: %s", self.loop.name, self._last_error, extra=context, exc_info=trace)
        return delay_s

    def health(self) -> LoopHealth:
        quiet_s = self._clock() - max(self._running_since, self._last_ok_at or self._running_since)
        state = self._state(quiet_s)
        return LoopHealth(
            name=self.loop.name,
            group=self.loop.group,
            state=state,
            last_ok_at=self._last_ok_at,
            quiet_s=0.0 if state is LoopState.PAUSED else quiet_s,
            failures=self._failures,
            failures_in_a_row=self._failures_in_a_row,
            last_error=self._last_error,
        )

    def _state(self, quiet_s: float) -> LoopState:
        if not self._is_wanted or not self._is_listening or self._is_ending:
            return LoopState.PAUSED
        if quiet_s > max(_SHORTEST_SILENCE_S, _SILENT_RHYTHMS * self.loop.rhythm_s):
            return LoopState.STALLED
        return LoopState.FAILING if self._failures_in_a_row else LoopState.RUNNING


class _Signal:
    """An event that any thread may set, and that costs next to nothing to set again. One event loop waits for it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_set = False

    def bind(self) -> None:
        self._loop = asyncio.get_running_loop()

    def set(self) -> None:
        if self._is_set or self._loop is None:
            return
        self._is_set = True
        with suppress(RuntimeError):  # the event loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._event.set)

    def clear(self) -> None:
        # In this order: a thread that comes between the two is told "already set", so what it announces
        # must be looked at after this; the other way round its event would be lost.
        self._event.clear()
        self._is_set = False

    async def wait(self, at_most_s: float | None = None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._event.wait()


async def _made(step: Callable[[], bool | Awaitable[bool]], threads: Executor) -> object:
    """What *step* gives, or the exception that it raises."""
    if not inspect.iscoroutinefunction(step):
        return await asyncio.get_running_loop().run_in_executor(threads, _attempt, step)
    try:
        return await step()
    except Exception as error:  # as in `_attempt`
        return error


def _attempt(call: Callable[[], _T]) -> _T | Exception:
    # The one boundary that catches bugs. As a value, for an asyncio future cannot carry every exception.
    try:
        return call()
    except Exception as error:
        return error


def _describe(error: Exception) -> str:
    """Our own words are fit to be shown; those of a bug may quote data, and stay in the log's stack trace."""
    return type(error).__name__ + (f": {error}" if isinstance(error, Trouble) else "")


async def _close(closers: Sequence[tuple[str, Callable[[], object]]], deadline: float) -> tuple[tuple[str, str], ...]:
    """Call the closers in reverse order, each in at most its share of the time left; gives those that failed."""
    loop = asyncio.get_running_loop()
    threads = ThreadPoolExecutor(max(1, len(closers)), thread_name_prefix="closer")
    failed = []
    for position in range(len(closers), 0, -1):
        name, close = closers[position - 1]
        closing = loop.run_in_executor(threads, _attempt, close)
        await asyncio.wait([closing], timeout=max(0.0, deadline - loop.time()) / position)
        outcome = closing.result() if closing.done() else TimeoutError()
        if isinstance(outcome, Exception):
            failed.append((name, _describe(outcome)))
            _log.error("%s not closed: %s", *failed[-1], extra={"action": "closer_failed"}, exc_info=outcome)
    threads.shutdown(wait=False)
    return tuple(failed)


class Handle:
    """A started supervisor in a thread with an event loop of its own."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._gate = threading.Lock()
        self._answer: Stopped | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="supervisor", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(supervisor.start(), self._loop).result()
        except BaseException:
            self._end()
            raise

    def stop(self, grace_s: float = GRACE_S) -> Stopped:
        """As `Supervisor.stop`, from any thread but that of a step or closer."""
        with self._gate:
            if self._answer is None:
                self._answer = asyncio.run_coroutine_threadsafe(self._supervisor.stop(grace_s), self._loop).result()
                self._end()
        return self._answer

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def run_in_thread(supervisor: Supervisor) -> Handle:
    """Start *supervisor* in a background thread. Raises what its `start` raises."""
    return Handle(supervisor)
