"""Mergeable histograms of durations: counts are exact, percentiles within 2 % (bucket growth 1.04)."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, log
from typing import TypeAlias

GROWTH = 1.04
_LOG_GROWTH = log(GROWTH)

Histogram: TypeAlias = Mapping[int, int]
"""Count per bucket index. Bucket 0 holds everything up to 1 ms."""


def index_of(duration_ms: float) -> int:
    """The bucket of a duration: bucket i > 0 holds those above GROWTH ** (i - 1) and up to GROWTH ** i ms."""
    return ceil(log(duration_ms) / _LOG_GROWTH) if duration_ms > 1 else 0


def value_of(index: int) -> float:
    """The duration in ms that stands for a bucket: its geometric middle, at most 2 % from any member."""
    return float(GROWTH ** (index - 0.5)) if index else 1.0


def percentile(histogram: Histogram, share: float) -> float | None:
    """The duration in ms that *share* (0-1) of the cases do not exceed; None without a case."""
    total = sum(histogram.values())
    if not total:
        return None
    rank, seen = share * total, 0
    for index in sorted(histogram):
        seen += histogram[index]
        if seen >= rank:
            return value_of(index)
    return value_of(max(histogram))


def above(histogram: Histogram, limit_ms: float) -> int:
    """How many cases took longer than *limit_ms*, to the accuracy of the buckets."""
    return sum(n for index, n in histogram.items() if value_of(index) > limit_ms)
