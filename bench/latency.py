"""Answer times of many requests: counted in buckets that grow by 4 %, so that quantiles are within 2 %."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from wabawatch.domain.histograms import index_of, percentile


class Latencies:
    """Durations, kept as counts. One microsecond is the finest difference."""

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        """*counts*: what `counts` gave."""
        self.counts: Counter[int] = Counter(counts or {})

    def note(self, seconds: float) -> None:
        """Count one duration."""
        self.counts[index_of(seconds * 1e6)] += 1

    def quantile_ms(self, share: float) -> float:
        """The duration that *share* (0-1) of the cases do not exceed; 0 without a case."""
        return (percentile(self.counts, share) or 0.0) / 1000
