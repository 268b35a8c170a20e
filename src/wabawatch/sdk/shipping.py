"""Shipping: threads that bring what waits in the spool to the server, in order, until the server has it."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from wabawatch.sdk.spool import Slice, Spool

log = logging.getLogger(__name__)

MOST_RECORDS = 500
MOST_BYTES = 700_000
"""Of one batch. A single larger record goes alone."""
GATHER_S = 0.2
"""So long records come together before they are sent, unless they are many"""
SYNC_S = 1.0
"""What waits longer is put on the disk itself"""
ADOPT_S = 30.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
END_S = 0.5
"""So long at least `close` waits for a request under way; what it cuts is sent again by whoever opens the folder"""


class Verdict(Enum):
    """What an answer of the server means for a batch."""

    KEPT = auto()
    REFUSED = auto()
    """A record in it cannot be taken, and never will be"""
    LATER = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """How the server answered. *status* 0: not at all."""

    status: int
    is_problem: bool = False
    """Whether the server itself says so, and not something in front of it"""
    detail: str = ""
    retry_after_s: float | None = None


def verdict_of(answer: Answer) -> Verdict:
    """What *answer* means. Only the server's own word that the records are wrong lets them go."""
    if 200 <= answer.status < 300:
        return Verdict.KEPT
    return Verdict.REFUSED if answer.is_problem and answer.status in (400, 413, 422) else Verdict.LATER


def pause_s(failures: int, retry_after_s: float | None, jitter: float) -> float:
    """How long to wait after so many failures in a row (1 ...). *jitter*, 0-1, spreads those who fail together."""
    doubled: float = FIRST_PAUSE_S * 2.0 ** min(failures - 1, 16)
    pause = max(min(LONGEST_PAUSE_S, doubled) * (0.5 + jitter / 2), retry_after_s or 0)
    return min(pause, 10 * LONGEST_PAUSE_S)


class Post(Protocol):
    """Brings a batch to the server."""

    def __call__(self, records: Sequence[bytes]) -> Answer:
        """Post *records*, each JSON of a `wire.Item`. Does not raise."""


class Shipper:
    """Keeps the spool empty, and on the disk what waits in it. Begins anew in a process that was forked."""

    def __init__(self, spool: Spool, post: Post) -> None:
        self.spool = spool
        self._post = post
        self.refused = 0
        self.dropped = 0
        self.sent = 0
        self.last_error = ""
        self._limit = MOST_RECORDS
        self._failures = 0
        self._begin()

    def _begin(self) -> None:
        self._wake = threading.Event()
        self._hurry = threading.Event()
        """Somebody waits: neither gather nor pause, but try at once"""
        self._changed = threading.Condition()
        self._unsynced = threading.Event()
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._waiting = 0
        """So many are in `flush`"""

    def keep(self, record: bytes) -> None:
        """Put *record* into the spool. Raises SpoolFull, StoreUnavailable: then it is lost, and counted."""
        try:
            self.spool.append(record)
        except Exception:
            self.dropped += 1
            raise
        self.start()
        self._wake.set()
        self._unsynced.set()

    def after_fork(self) -> None:
        """Begin anew in a process that was forked: threads stay with the one before."""
        self.spool.after_fork()
        self._begin()

    def start(self) -> None:
        """Start the thread, if it does not run yet: also what other processes left behind is sent."""
        with self._changed:
            if not self._threads and not self._is_closing:
                for work in (self._run, self._run_sync):
                    self._threads.append(threading.Thread(target=work, name="wabawatch-sdk", daemon=True))
                    self._threads[-1].start()

    def flush(self, timeout_s: float) -> bool:
        """Wait until the server has all that waits here. False: it had not in time."""
        give_up_at = time.monotonic() + timeout_s
        self.start()
        self._hurry.set()
        self._wake.set()
        with self._changed:
            self._waiting += 1
            try:
                while self.spool.waiting_bytes:
                    left = give_up_at - time.monotonic()
                    if left <= 0 or not self._threads:
                        return False
                    self._changed.wait(left)
            finally:
                self._waiting -= 1
        return True

    def close(self, timeout_s: float) -> None:
        """Send what waits, as far as the time allows, and end the thread. The rest stays in the spool. Repeatable.

        A server that does not answer a request holds this up no longer than *timeout_s* and half a second.
        """
        give_up_at = time.monotonic() + timeout_s
        if self._threads:
            self.flush(timeout_s)
        with self._changed:
            self._closing.set()
            threads, self._threads = self._threads, []
        for each in (self._hurry, self._wake, self._unsynced):
            each.set()
        give_up_at = max(give_up_at, time.monotonic() + END_S)
        for thread in threads:
            thread.join(max(0.0, give_up_at - time.monotonic()))
        self.spool.close()

    @property
    def _is_closing(self) -> bool:
        return self._closing.is_set()

    def _run(self) -> None:
        adopted_at = float("-inf")
        while not self._is_closing:
            now = time.monotonic()
            try:
                if now - adopted_at >= ADOPT_S:
                    self.spool.adopt()
                    adopted_at = now
                pause = self._step()
            except Exception as error:  # of a disk, or a bug: the sender's thread must go on
                if self._is_closing:
                    return
                log.exception("sending records to the wabawatch server failed")
                self._fail(f"{type(error).__name__}")
                pause = pause_s(self._failures, None, random.random())
            self._rest(pause)

    def _rest(self, pause: float | None) -> None:
        """Wait *pause* seconds; None: until something comes. New records cut short no pause after a failure, but
        somebody who waits does, once."""
        if pause is None:
            if self._wake.wait(ADOPT_S) and not self._is_closing:
                self._wake.clear()
                self._hurry.wait(GATHER_S)
        elif pause and self._hurry.wait(pause):
            self._hurry.clear()

    def _run_sync(self) -> None:
        """Beside the other thread, which may wait for the server for long."""
        while not self._is_closing:
            self._unsynced.wait()
            self._closing.wait(SYNC_S)
            self._unsynced.clear()
            try:
                self.spool.sync()
            except OSError as error:
                log.error("records for wabawatch cannot be put on the disk: %s", error.strerror)

    def _step(self) -> float | None:
        """Send one batch. Gives how long to wait then; None: nothing waits."""
        batch = self.spool.peek(self._limit, MOST_BYTES)
        if batch is None:
            self._hurry.clear()
            self._tell()
            return None
        answer = self._post(batch.records)
        match verdict_of(answer):
            case Verdict.KEPT:
                self._kept(batch)
            case Verdict.REFUSED:
                self._refused(batch, answer)
            case Verdict.LATER:
                self._fail(answer.detail or f"HTTP {answer.status}")
                if self._waiting:  # it should not miss a server that is back
                    return max(FIRST_PAUSE_S, answer.retry_after_s or 0.0)
                return pause_s(self._failures, answer.retry_after_s, random.random())
        return 0.0

    def _kept(self, batch: Slice) -> None:
        if self._failures:
            log.info("the wabawatch server answers again")
        self._failures, self.last_error = 0, ""
        self._limit = min(MOST_RECORDS, self._limit * 2)
        self.sent += len(batch.records)
        self.spool.done(batch)
        self._tell()

    def _refused(self, batch: Slice, answer: Answer) -> None:
        """Halve the batch until the record that cannot be taken is alone, and let it go."""
        if len(batch.records) > 1:
            self._limit = len(batch.records) // 2
            return
        self.refused += 1
        log.error("the wabawatch server cannot take a record, which is lost: %s", answer.detail)
        self.spool.done(batch)
        self._tell()

    def _fail(self, why: str) -> None:
        self._failures += 1
        self.last_error = why
        if self._failures == 1:
            log.warning("the wabawatch server cannot be reached; records wait in %s: %s", self.spool.folder, why)

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()
