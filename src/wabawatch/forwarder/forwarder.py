"""The forwarder: sends accepted bodies on to the application's own webhooks, thousands a second, in the event loop.

One for each target, so that a slow or dead one holds up no other, and none holds up the receiver. What is decided is
in `domain.forwarding` and `flows.forwarding`; what must outlive a crash goes through the books.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from wabawatch.domain.errors import Trouble
from wabawatch.domain.facts import Millis
from wabawatch.domain.forwarding import (
    Breaker,
    BreakerState,
    Delivery,
    Held,
    Outcome,
    Progress,
    Target,
    is_overdue,
)
from wabawatch.domain.histograms import index_of
from wabawatch.domain.standing import MINUTE_MS
from wabawatch.flows.forwarding import is_for, route, share_of
from wabawatch.forwarder.means import Means, Post
from wabawatch.forwarder.notes import Attempts, Item, Notes, case_of
from wabawatch.ports import Body, BodyId

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

READ_BODIES, LOW = 400, 200
"""So many bodies are read at once, and when fewer wait to be sent."""
RETRIES_AT_ONCE = 100
FLUSH_S = 1.0
"""So often progress is written down: after a crash, what was sent since is sent again."""
LEND_AFTER_S = 2.0
"""An attempt that takes longer gets a row, so that the cursor goes on."""
HOLD_MS = 10_000
"""So long a target is held without a word: after a kill, the next process waits for its end."""
LOOK_S = 2.0
"""So often what an operator wants, and what is due, is looked for."""
LATE_MS = 20_000
"""What is not answered by then counts as not answered (SPEC.md 5)."""


class Forwarder:
    """Forwards to one target. `step` is for a loop, in whose event loop everything here happens."""

    def __init__(self, target: Target, post: Post, means: Means) -> None:
        self.target = target
        self.attempts = Attempts()
        self._post = post
        self._means = means
        self._firsts: deque[Item] = deque()
        self._again: deque[Item] = deque()
        self._in_flight: dict[BodyId, Item] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._moved = asyncio.Event()
        self._read_to = self._begun_to = self._judged = self._kept_cursor = 0
        self._held_until: Millis = 0
        self._is_paused = self._is_ending = False
        self._breaker = Breaker()
        self._open_since: Millis | None = None
        self._kept_open: Millis | None = None
        self._looked_at = self._flushed_at = -LOOK_S
        self._notes = Notes()
        self._flushing = asyncio.Lock()
        self._stepping = asyncio.Lock()

    @property
    def state(self) -> BreakerState:
        """Whether the target is left alone just now."""
        return self._breaker.state(self._means.clock.now())

    async def step(self) -> bool:
        """Go on for a moment. True: ask again at once."""
        async with self._stepping:
            return not self._is_ending and await self._go_on()

    async def _go_on(self) -> bool:
        if not await self._is_mine():
            return False
        if self._means.timer() - self._looked_at >= LOOK_S:
            await self._look()
        has_more = len(self._firsts) < LOW and await self._read_on()
        self._set_to_work()
        if self._is_dirty() and self._means.timer() - self._flushed_at >= FLUSH_S:
            await self._flush()
        if self._tasks and len(self._firsts) >= LOW:
            await self._wait(0.25)
            return True
        return has_more and len(self._firsts) < LOW

    async def finish(self, within_s: float) -> None:
        """Begin nothing more, wait for the attempts under way, cut those that take longer, and write all of it down.

        What was cut is tried again. Does not raise.
        """
        self._is_ending = True
        timer = asyncio.get_running_loop().time
        until = timer() + within_s
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until), self._stepping:
                pass  # the step under way would ask books that are closed, or take the target back
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=max(0.0, until - timer()))
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        if not self._held_until:
            return
        try:
            await self._flush()
            await self._in_thread(self._means.store.give_back, self.target.name, self._means.holder)
        except Trouble as error:
            _log.warning("%s: what was sent last is sent again: %s", self.target.name, error, extra=_about("unkept"))

    # ---------------------------------------------------------------- whose turn it is

    async def _is_mine(self) -> bool:
        """Whether this process may forward to the target now. It holds it while there is something to do."""
        now = self._means.clock.now()
        if now < self._held_until - HOLD_MS // 2:
            return True
        # With less time left nothing begins before the hold is renewed: else it could end under what has begun.
        is_busy = bool(self._in_flight or self._firsts or self._again)
        store, name, holder = self._means.store, self.target.name, self._means.holder
        if not is_busy and not self._is_dirty() and not await self._in_thread(self._has_work):
            return False
        held = await self._in_thread(store.claim, name, holder, now, now + HOLD_MS)
        if held is None:
            self._forget()
            return False
        if not held.is_same:
            self._forget()
        if not self._held_until:
            self._read_to = self._begun_to = self._kept_cursor = held.cursor
            self._judged = held.judged
        self._held_until = now + HOLD_MS
        self._take(held)
        return True

    def _has_work(self) -> bool:
        held = self._means.store.look(self.target.name, self._means.holder)
        is_due = held.due_at is not None and held.due_at <= self._means.clock.now()
        return is_due or self._means.source.newest() > held.cursor

    def _forget(self) -> None:
        """Another process goes on from what is in the books; what is under way here ends without a note."""
        self._firsts.clear()
        self._again.clear()
        self._in_flight.clear()
        self._notes = Notes()
        self._held_until = 0

    def _take(self, held: Held) -> None:
        """Take over what an operator wants."""
        self._is_paused = held.is_paused
        while self._firsts and self._firsts[0].id <= held.cursor:  # given up by hand
            self._firsts.popleft()
        self._read_to, self._judged = max(self._read_to, held.cursor), max(self._judged, held.judged)

    # ---------------------------------------------------------------- what is to be done

    async def _look(self) -> None:
        """See what an operator wants, what is due again, and what has waited too long."""
        self._looked_at = self._means.timer()
        held = await self._in_thread(self._means.store.look, self.target.name, self._means.holder)
        self._take(held)
        now = self._means.clock.now()
        while self._firsts and is_overdue(self._firsts[0].body.received_at, now):
            late = self._firsts.popleft().as_row()
            dead = replace(late, next_try_at=None, dead_at=now, detail="never tried: it was down or paused")
            self._notes.failing(dead, has_row=False)
        if not self._may_begin():
            self._again.clear()  # they are in the books, as long as nobody drops them
        elif held.due_at is not None and held.due_at <= now and not self._again:
            await self._read_due(now)
        if self._open_since is not None and not self._is_paused:
            await self._judge_held(now)

    async def _read_on(self) -> bool:
        """Read the next bodies. Gives whether there were any."""
        items, upto = await self._in_thread(self._routed, self._read_to)
        has_more, self._read_to = upto > self._read_to, max(upto, self._read_to)
        self._firsts.extend(items)
        return has_more

    def _routed(self, after: BodyId) -> tuple[list[Item], BodyId]:
        means = self._means
        stored, upto = means.source.read(after, READ_BODIES)
        routed = [(each, route(each.body, self.target, means.part_of, means.sign)) for each in stored]
        items = [
            Item(each.id, each.body, parcel, is_shared=self._is_shared(each.body))
            for each, parcel in routed
            if parcel is not None
        ]
        return items, upto

    def _is_shared(self, body: Body) -> bool:
        others = (each for each in self._means.targets if each.name != self.target.name)
        return any(is_for(body, each, self._means.part_of) for each in others)

    async def _read_due(self, now: Millis) -> None:
        besides = {*self._in_flight, *self._notes.failed, *self._notes.done}
        items, hopeless = await self._in_thread(self._due_again, now, besides)
        self._again.extend(items)
        for row in hopeless:
            self._notes.failing(row, has_row=True)
        if items:
            self._looked_at = -LOOK_S  # there may be more

    def _due_again(self, now: Millis, besides: Collection[BodyId]) -> tuple[list[Item], list[Delivery]]:
        means, items, hopeless = self._means, [], []
        due = means.store.due(self.target.name, now, RETRIES_AT_ONCE, besides)
        bodies = means.source.fetch([row.body_id for row in due])
        for row in due:
            body = bodies.get(row.body_id)
            parcel = None if body is None else share_of(body, self.target, means.part_of, means.sign)
            if body is None or parcel is None:
                why = "the body is not kept any more" if body is None else "nothing in it is for this target"
                hopeless.append(row.failed(Outcome.GONE, why, now))
            else:
                items.append(Item(row.body_id, body, parcel, row))
        return items, hopeless

    async def _judge_held(self, now: Millis) -> None:
        """Count what waits because the target is down: nobody answers it in time."""
        after = max(self._judged, self._begun_to)
        items, upto = await self._in_thread(self._routed, after)
        late = [item for item in items if item.body.received_at < now - LATE_MS]
        self._notes.cases += [case_of(item, None) for item in late]
        if late:
            self._judged = late[-1].id
        elif not items:
            self._judged = max(self._judged, upto)

    # ---------------------------------------------------------------- the attempts

    def _may_begin(self) -> bool:
        now = self._means.clock.now()
        # While the books do not answer, the hold runs out: another process may have taken over, with the same bodies.
        is_held = now < self._held_until
        return is_held and not self._is_ending and not self._is_paused and self._breaker.admits(now)

    def _set_to_work(self) -> None:
        idle = self.target.concurrency - len(self._tasks)
        for _ in range(min(idle, len(self._firsts) + len(self._again))):
            if not self._may_begin():
                return
            task = asyncio.get_running_loop().create_task(self._work(), name=f"forward {self.target.name}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        while self._may_begin() and (item := self._next()) is not None:
            await self._attempt(item)
            if len(self._firsts) < LOW:
                self._moved.set()

    def _next(self) -> Item | None:
        """The next body to try: the first time in the order of arrival, and again beside that."""
        retrying = sum(item.row is not None for item in self._in_flight.values())
        is_their_turn = self._open_since is None and retrying * 2 < self.target.concurrency
        if self._again and (is_their_turn or not self._firsts):
            return self._again.popleft()
        return self._firsts.popleft() if self._firsts else None

    async def _attempt(self, item: Item) -> None:
        item.began = self._means.timer()
        self._in_flight[item.id] = item
        if item.row is None:
            self._begun_to = item.id
        self._breaker = self._breaker.begun()
        try:
            outcome, words = await self._post(self.target, item.parcel, item.id)
        except asyncio.CancelledError:
            self._breaker = self._breaker.given_up()
            if self._in_flight.pop(item.id, None) is item and item.holds_cursor:
                row = replace(
                    item.as_row(), next_try_at=self._means.clock.now(), detail="cut off when the server stopped"
                )
                self._notes.failing(row, has_row=False)
            raise
        if self._in_flight.pop(item.id, None) is item:  # else the target is another process's by now
            self._note(item, outcome, words, (self._means.timer() - item.began) * 1000)

    def _note(self, item: Item, outcome: Outcome, words: str, took_ms: float) -> None:
        now = self._means.clock.now()
        is_good = outcome is Outcome.DELIVERED
        self.attempts.outcomes[outcome] += 1
        self._notes.attempts[now - now % MINUTE_MS, outcome] += 1
        if is_good:
            self.attempts.answer_ms[index_of(took_ms)] += 1
            self._notes.taken(item.id, has_row=not item.holds_cursor)
            self._notes.delivered_at, self._notes.trouble = now, ""
        else:
            self._notes.failing(item.as_row().failed(outcome, words, now), has_row=not item.holds_cursor)
            self._notes.trouble = words
        if item.row is None and item.id > self._judged:
            self._notes.cases.append(case_of(item, index_of(took_ms) if is_good else None))
        self._turn(self._breaker.ended(outcome, now), words, now)

    def _turn(self, breaker: Breaker, words: str, now: Millis) -> None:
        """Say so when the breaker opens or closes."""
        is_open = breaker.open_until is not None
        if is_open and self._open_since is None:
            _log.warning("%s is left alone for a while: %s", self.target.name, words, extra=_about("opened"))
        elif not is_open and self._open_since is not None:
            _log.info("%s takes webhooks again", self.target.name, extra=_about("closed"))
        self._open_since = (self._open_since or now) if is_open else None
        self._breaker = breaker

    # ---------------------------------------------------------------- what is written down

    def _cursor(self) -> BodyId:
        """Up to which body everything was tried, or has a row."""
        open_ = [item.id for item in self._in_flight.values() if item.holds_cursor]
        open_ += [self._firsts[0].id] if self._firsts else []
        return min(open_) - 1 if open_ else self._read_to

    def _is_dirty(self) -> bool:
        if not self._notes.is_empty or self._slow():
            return True
        return self._cursor() > self._kept_cursor or self._open_since != self._kept_open

    async def _flush(self) -> None:
        async with self._flushing:  # the later cursor must not be written before the earlier one
            await self._write_down()

    async def _write_down(self) -> None:
        self._flushed_at, now = self._means.timer(), self._means.clock.now()
        self._lend(now)
        notes, self._notes = self._notes, Notes()
        progress = Progress(
            cursor=self._cursor(),
            judged=max(self._judged, self._cursor()),
            failed=notes.new_rows,
            changed=notes.changed_rows,
            done=notes.done,
            cases=notes.cases,
            attempts=notes.attempts,
            open_since=self._open_since,
            delivered_at=notes.delivered_at,
            trouble=notes.trouble,
        )
        store, name, holder = self._means.store, self.target.name, self._means.holder
        try:
            is_kept = await self._in_thread(store.keep, name, holder, progress, now + HOLD_MS)
        except BaseException:
            self._notes = notes.then(self._notes)
            raise
        if not is_kept:
            self._forget()
            return
        self._kept_cursor, self._kept_open, self._held_until = progress.cursor, progress.open_since, now + HOLD_MS

    def _lend(self, now: Millis) -> None:
        """Give rows to first attempts that take long: else a crash would have all after them sent again."""
        for item in self._slow():
            item.is_lent = True
            again_at = now + round(self.target.timeout_s * 1000)
            self._notes.failing(replace(item.as_row(), next_try_at=again_at, detail="no answer yet"), has_row=False)

    def _slow(self) -> list[Item]:
        since = self._means.timer() - LEND_AFTER_S
        return [item for item in self._in_flight.values() if item.holds_cursor and item.began < since]

    async def _wait(self, at_most_s: float) -> None:
        self._moved.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._moved.wait()

    async def _in_thread(self, call: Callable[..., _T], *given: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._means.threads, partial(call, *given))


async def finish_all(forwarders: Iterable[Forwarder], within_s: float) -> None:
    """Finish all of them at once: `Forwarder.finish`."""
    await asyncio.gather(*(each.finish(within_s) for each in forwarders))


def _about(what: str) -> dict[str, str]:
    return {"action": f"forward.{what}"}
