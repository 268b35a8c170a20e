"""What is ours: the database, the bodies that wait to be digested, and the disk."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wabawatch.domain.checks import Failure, Plan, Seen
from wabawatch.domain.errors import StoreUnavailable, Trouble
from wabawatch.domain.facts import Millis
from wabawatch.ports import DIGESTED, Clock, Inbox
from wabawatch.probes.verdicts import failing, unknown, well

OLDEST_S = 60.0
"""Older than this, what waits is not being digested (SPEC.md 2.1)."""
TIGHT = 2
"""With less free space than this many times the reserve, the reserve is near."""
LEAST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    """Reads from the database; what stood in the way of the last write counts, too."""

    read: Callable[[], object]
    """Raises StoreUnavailable"""
    trouble: Callable[[], str]
    """Why nothing can be written, in a sentence; "" when all is well"""
    clock: Clock

    def __call__(self, plan: Plan) -> Seen:
        """Look once."""
        began = time.perf_counter()
        try:
            self.read()
        except StoreUnavailable as error:
            return failing(plan, self.clock, Failure.INSIDE, str(error))
        latency = (time.perf_counter() - began) * 1000
        trouble = self.trouble()
        if trouble:
            return failing(plan, self.clock, Failure.INSIDE, trouble, latency_ms=latency)
        return well(plan, self.clock, latency)


@dataclass(frozen=True, slots=True)
class QueueCheck:
    """Whether bodies can be kept, and how long the oldest has waited."""

    inbox: Inbox
    mark: Callable[[str], int]
    clock: Clock

    def __call__(self, plan: Plan) -> Seen:
        """Look once."""
        trouble = self.inbox.trouble()
        if trouble:
            return failing(plan, self.clock, Failure.INSIDE, f"no webhook can be kept: {trouble}")
        try:
            oldest_at: Millis | None = self.inbox.oldest_waiting_at(self.mark(DIGESTED))
        except Trouble as error:
            return unknown(plan, self.clock, f"nobody knows how far the digest is: {error}")
        age_s = 0.0 if oldest_at is None else max(0, self.clock.now() - oldest_at) / 1000
        if age_s > OLDEST_S:
            words = f"the oldest webhook has waited for {age_s:.0f} s to be digested"
            return failing(plan, self.clock, Failure.INSIDE, words, value=age_s)
        return well(plan, self.clock, value=age_s)


@dataclass(frozen=True, slots=True)
class DiskCheck:
    """Whether there is room in the data folder for a while."""

    folder: Path
    reserve_bytes: int
    """With less, webhooks are refused"""
    clock: Clock

    def __call__(self, plan: Plan) -> Seen:
        """Look once."""
        try:
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            return unknown(plan, self.clock, f"{self.folder} cannot be looked at: {error.strerror}")
        if free < max(TIGHT * self.reserve_bytes, LEAST_BYTES):
            words = f"{free / 1e9:.2f} GB are free; below {self.reserve_bytes / 1e9:.2f} GB webhooks are refused"
            return failing(plan, self.clock, Failure.INSIDE, words, value=float(free))
        return well(plan, self.clock, value=float(free))
