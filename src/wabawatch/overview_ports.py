"""What the overview needs from the outside, each method with its guarantee."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.metrics import Tally
from wabawatch.domain.overview import Slice
from wabawatch.domain.rollups import Tier
from wabawatch.ports import Window


class SlicedFigures(Protocol):
    """The counts in the books, cut by account or number. Answered from roll-ups; raises StoreUnavailable."""

    def tally(self, window: Window, of: Slice) -> Tally:
        """How many messages of each standing have their cohort time in *window*, whose ends are known."""

    def series(self, window: Window, of: Slice, tier: Tier) -> Mapping[Millis, Tally]:
        """The same by the start of each bucket of *tier* that touches *window*; empty ones are left out."""

    def answers(self, window: Window, tier: Tier, *, of_application: bool) -> Mapping[Millis, Histogram]:
        """How long webhooks were answered, by the start of each bucket of *tier* (of five minutes or more)."""

    def ratings(self, at: Millis) -> Mapping[str, str]:
        """The quality rating of every number at the time *at*, as it was known then; of one that had none, nothing."""
