"""The one thread that writes to the inbox: what waits while one commit runs goes into the next one together."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import TypeAlias, TypeVar

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.ports import Body, BodyId
from wabawatch.storage.blocks import BLOCK_BODIES, Blocks, Guard, NewBlock
from wabawatch.storage.bodies import encode_block, is_metas
from wabawatch.storage.folders import Place
from wabawatch.storage.sealed import Keyring

CONTEXT = b"inbox"
"""What the blocks of the inbox are sealed as."""

_BLOCK_BYTES = 4 << 20
"""A block takes no further body, and a commit no further append, once its contents are so many bytes."""


_GATHER_S = 0.006
"""So long a commit waits for more to come, when the one before ended less than `_BUSY_S` ago"""
_GLANCE_S = 0.002
_BUSY_S = 0.010


@dataclass(slots=True, eq=False)
class Append:
    """Bodies that somebody waits to have kept, all in one commit. `loop` is None when it is a thread that waits."""

    bodies: Sequence[Body]
    future: asyncio.Future[list[BodyId]] | Future[list[BodyId]]
    loop: asyncio.AbstractEventLoop | None = None


@dataclass(slots=True, eq=False)
class Forget:
    """A request to delete some blocks; the answer says whether there may be more."""

    up_to: BodyId
    future: Future[bool]


@dataclass(slots=True, eq=False)
class Try:
    """A request to find out whether anything can be kept: afterwards `InboxWriter.trouble` says it."""

    done: Future[None]


_Order: TypeAlias = Append | Forget | Try
_Outcome: TypeAlias = list[BodyId] | Exception
_T = TypeVar("_T")


class DiskGuard:
    """Refuses to write while the disk has less than *reserve_bytes* left or the file is gone; looks every *every_s*."""

    def __init__(self, path: Path, reserve_bytes: int, every_s: float = 1.0) -> None:
        self._path = path
        self._reserve_bytes = reserve_bytes
        self._every_s = every_s
        self._look_at = 0.0
        self._refusal = ""
        self._place = Place(path)

    def check(self) -> None:
        """Raise StoreUnavailable when nothing should be written now."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + self._every_s
            self._refusal = self._look()
        if self._refusal:
            raise StoreUnavailable(self._refusal)

    def confirm(self) -> None:
        """Raise StoreUnavailable when what was just written is in no file that anybody will ever read."""
        if trouble := self._place.trouble():
            raise StoreUnavailable(f"The inbox {trouble}")

    def _look(self) -> str:
        if trouble := self._place.trouble():
            return f"The inbox {trouble}"
        try:
            disk = os.statvfs(self._path.parent)
        except OSError as error:
            return f"The disk of the inbox {self._path} cannot be reached: {error.strerror}."
        free = disk.f_bavail * disk.f_frsize
        if free >= self._reserve_bytes:
            return ""
        return (
            f"Only {free >> 20} MiB are free on the disk of the inbox {self._path}, less than the reserve of "
            f"{self._reserve_bytes >> 20} MiB (WABAWATCH_FREE_SPACE_RESERVE): free space on it."
        )


class InboxWriter:
    """Owns the only connection that writes, and does one order after the other."""

    def __init__(self, connect: Callable[[], Blocks], guard: Guard, keyring: Keyring) -> None:
        self._connect = connect
        self._guard = guard
        self._keyring = keyring
        self._file: Blocks | None = None
        self.trouble = ""
        """Why nothing was kept at the last attempt, in a sentence; "" when all was well"""
        self._kept_at = 0.0
        self._kept_n = 0
        """Appends in the newest commit: when as many wait again, those who were answered are all back"""
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._pending: deque[_Order | None] = deque()
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="inbox-writer", daemon=True)
        self._thread.start()

    def submit(self, order: _Order) -> None:
        """Queue *order*; its future will be answered. Raises StoreUnavailable after `close`."""
        with self._gate:
            if self._closed:
                raise StoreUnavailable("The inbox is closed.")
            self._orders.put(order)

    def close(self) -> None:
        """Do what is queued, then end the thread. Repeatable."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._orders.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (order := self._next()) is not None:
            match order:
                case Forget():
                    self._forget(order)
                case Try():
                    self._try(order)
                case _:
                    self._keep(order)
        self._disconnect()

    def _next(self) -> list[Append] | Forget | Try | None:
        """Wait for an order. Appends that are waiting already come as one list."""
        if not self._pending:
            self._pending.append(self._orders.get())
            self._gather(self._pending[0])
        while not self._orders.empty():
            self._pending.append(self._orders.get())
        appends = list(self._take_appends())
        return appends or self._pending.popleft()  # type: ignore[return-value]

    def _gather(self, order: _Order | None) -> None:
        """Give those a moment who are about to append as well, if many seem to: each commit is work for everybody."""
        is_busy = time.monotonic() - self._kept_at < _BUSY_S
        if not (is_busy and isinstance(order, Append) and order.loop is not None):
            return
        until = time.monotonic() + _GATHER_S
        while self._orders.qsize() + 1 < self._kept_n and time.monotonic() < until:
            time.sleep(_GLANCE_S)

    def _take_appends(self) -> Iterator[Append]:
        bodies = size = 0
        while bodies < BLOCK_BODIES and size < _BLOCK_BYTES and self._pending:
            order = self._pending[0]
            if not isinstance(order, Append):
                return
            bodies += len(order.bodies)
            size += sum(len(body.content) for body in order.bodies)
            self._pending.popleft()
            yield order

    def _keep(self, appends: list[Append]) -> None:
        try:
            ids = iter(self._commit([body for append in appends for body in append.bodies]))
        except Exception as error:  # the thread's boundary: whatever it was, those who wait must hear of it
            self._note(error)
            _answer([(append, _for_one(error)) for append in appends])
        else:
            self.trouble = ""
            self._kept_at, self._kept_n = time.monotonic(), len(appends)
            _answer([(append, list(islice(ids, len(append.bodies)))) for append in appends])

    def _commit(self, bodies: Sequence[Body]) -> list[BodyId]:
        self._guard.check()
        blocks = [self._block(each) for each in _in_blocks(bodies)]
        first_ids = self._on_file(lambda file: file.keep(blocks))
        self._guard.confirm()
        return [
            block_id * BLOCK_BODIES + index
            for block_id, block in zip(first_ids, blocks, strict=True)
            for index in range(block.n)
        ]

    def _block(self, bodies: Sequence[Body]) -> NewBlock:
        size = sum(len(body.content) for body in bodies)
        oldest_at = min(body.received_at for body in bodies)
        webhooks = sum(is_metas(body) for body in bodies)
        return NewBlock(len(bodies), webhooks, size, oldest_at, encode_block(bodies, self._keyring, context=CONTEXT))

    def _forget(self, order: Forget) -> None:
        try:
            order.future.set_result(self._on_file(lambda file: file.forget_some(order.up_to)))
        except Exception as error:  # as in _keep
            self._note(error)
            order.future.set_exception(error)

    def _try(self, order: Try) -> None:
        try:
            self._guard.check()
            self._on_file(lambda file: file.must_be_writable())
            self.trouble = ""
        except Exception as error:  # as in _keep
            self._note(error)
        order.done.set_result(None)

    def _note(self, error: Exception) -> None:
        # The words of a bug may quote data.
        self.trouble = str(error) if isinstance(error, StoreUnavailable) else type(error).__name__

    def _on_file(self, use: Callable[[Blocks], _T]) -> _T:
        if self._file is None:
            self._file = self._connect()
        try:
            return use(self._file)
        except StoreUnavailable:
            # After a failed write the state of a connection is anybody's guess: the next order gets a new one.
            self._disconnect()
            raise

    def _disconnect(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _in_blocks(bodies: Sequence[Body]) -> Iterator[list[Body]]:
    block: list[Body] = []
    size = 0
    for body in bodies:
        if len(block) == BLOCK_BODIES or size >= _BLOCK_BYTES:
            yield block
            block, size = [], 0
        block.append(body)
        size += len(body.content)
    if block:
        yield block


def _for_one(error: Exception) -> Exception:
    """Give each of many waiters an exception of its own: a raised one collects tracebacks."""
    if not isinstance(error, StoreUnavailable):
        return error
    own = StoreUnavailable(*error.args)
    own.__cause__ = error
    return own


def _answer(answers: Iterable[tuple[Append, _Outcome]]) -> None:
    """Wake all who wait, each event loop once."""
    by_loop: dict[asyncio.AbstractEventLoop | None, list[tuple[Append, _Outcome]]] = {}
    for append, outcome in answers:
        by_loop.setdefault(append.loop, []).append((append, outcome))
    for loop, theirs in by_loop.items():
        if loop is None:
            _resolve(theirs)
        else:
            with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
                loop.call_soon_threadsafe(_resolve, theirs)


def _resolve(answers: Iterable[tuple[Append, _Outcome]]) -> None:
    for append, outcome in answers:
        if append.future.done():  # cancelled while it waited
            continue
        if isinstance(outcome, Exception):
            append.future.set_exception(outcome)
        else:
            append.future.set_result(outcome)
