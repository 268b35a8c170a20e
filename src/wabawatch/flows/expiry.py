"""The expiry sweep: messages for which Meta has given up, because no status says so (META.md 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch.flows.judging import recount
from wabawatch.ports import CLOSED_UNTIL, SWEPT, Books, Clock

BATCH = 500
RHYTHM_MS = 30_000
"""The watermark moves at most this often: each move is a commit. With it buckets are closed, whether or not
monitoring runs: figures over time are no monitoring."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """Moves the watermark before which an unresolved message's time has run out.

    Whether a message is expired follows from its facts and the watermark alone. So the sweep may run at any time,
    and a late fact about a swept message is folded like any other.
    """

    books: Books
    clock: Clock

    def step(self) -> bool:
        """Sweep the next messages. True: there are more."""
        now = self.clock.now()
        if now - self.books.mark(SWEPT) < RHYTHM_MS:
            return False
        with self.books.writing() as ledger:
            before = ledger.swept_until()
            held, reach = ledger.expiring(now, BATCH)
            recount(ledger, held, before, reach)
            ledger.set_mark(SWEPT, reach)
            ledger.set_mark(CLOSED_UNTIL, reach)
            ledger.save(held)
            return reach < now
