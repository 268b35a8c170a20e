"""What comparing Meta's counts with ours needs of storage, and what others read of it; each with its guarantee."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from wabawatch.domain.facts import Millis
from wabawatch.domain.reconciliation import DayCounts, MetaDay


class DaysLedger(Protocol):
    """The part of `ports.Ledger` on days that are compared."""

    def note_days(self, waba: str, number: str, days: Sequence[MetaDay], asked_at: Millis) -> None:
        """Keep what Meta counted of an account, or of a *number* in it, beside what we count of these days now, in the
        place of an earlier look at them.

        Only days after that of the first call for this account or number: before, not all of it was watched.
        """


class Days(Protocol):
    """The days that were compared. They are kept for ever."""

    def days(self, first: int, most: int) -> list[DayCounts]:
        """Those from the day *first* on (days since 1970), the newest first, at most so many."""
