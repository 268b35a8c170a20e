"""Those who look: checks run in threads, some at a time, and none holds up the others beyond its time-out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeAlias

from wabawatch.domain.checks import Failure, Outcome, Plan, Seen
from wabawatch.ports import Clock

log = logging.getLogger(__name__)

AT_ONCE = 6
MARGIN_S = 3.0
"""So much longer than its time-out a look may take, before it is given up."""

Look: TypeAlias = Callable[[Plan], Seen]
"""Looks once. Bounded by the plan's time-out, as far as the system lets it be. What goes wrong is a value."""


class ThreadCrew:
    """A few threads that look. One that hangs is left alone until it ends; meanwhile its check fails by time-out."""

    def __init__(self, lookers: Mapping[str, Look], clock: Clock, at_once: int = AT_ONCE) -> None:
        """*lookers*: by the name of the check."""
        self._lookers = lookers
        self._clock = clock
        self._at_once = at_once
        self._threads: ThreadPoolExecutor | None = None
        self._hanging: dict[str, Future[Seen]] = {}

    def look(self, plans: Sequence[Plan]) -> list[Seen]:
        """Look at all of *plans*."""
        self._hanging = {name: future for name, future in self._hanging.items() if not future.done()}
        found: dict[str, Seen] = {plan.name: self._given_up(plan) for plan in plans if plan.name in self._hanging}
        waiting = [plan for plan in plans if plan.name not in found]
        while waiting:
            some, waiting = waiting[: self._at_once], waiting[self._at_once :]
            found |= self._look_at_once(some)
        return [found[plan.name] for plan in plans]

    def _look_at_once(self, plans: Sequence[Plan]) -> dict[str, Seen]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(4 * self._at_once, thread_name_prefix="check")
        futures = {plan.name: self._threads.submit(self._one, plan) for plan in plans}
        wait(futures.values(), timeout=max(plan.timeout_ms for plan in plans) / 1000 + MARGIN_S)
        self._hanging |= {name: future for name, future in futures.items() if not future.done()}
        return {
            plan.name: futures[plan.name].result() if futures[plan.name].done() else self._given_up(plan)
            for plan in plans
        }

    def _one(self, plan: Plan) -> Seen:
        try:
            return self._lookers[plan.name](plan)
        except Exception:  # the boundary: a bug in one check must not hide what the others see
            log.exception("the check %s broke", plan.name, extra={"action": "check_broke", "check": plan.name})
            return Seen(plan.name, self._clock.now(), Outcome.UNKNOWN, words="the check itself broke: see the log")

    def _given_up(self, plan: Plan) -> Seen:
        words = f"no answer within {plan.timeout_ms / 1000:.0f} s"
        return Seen(plan.name, self._clock.now(), Outcome.FAILED, Failure.TIMEOUT, words)

    def close(self) -> None:
        """Let the threads end when they have nothing more to do. Repeatable."""
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)
