"""Answer times, counted."""

from __future__ import annotations

import pytest
from bench.latency import Latencies


def test_quantiles_are_within_two_per_cent() -> None:
    times = Latencies()
    for ms in range(1, 1_001):
        times.note(ms / 1000)

    assert times.quantile_ms(0.5) == pytest.approx(500, rel=0.02)
    assert times.quantile_ms(0.99) == pytest.approx(990, rel=0.02)


def test_a_tenth_of_a_millisecond_is_told_from_a_fifth() -> None:
    times = Latencies()
    times.note(0.0001)

    assert times.quantile_ms(1.0) == pytest.approx(0.1, rel=0.02)


def test_counts_survive_the_way_from_one_process_to_another() -> None:
    there = Latencies()
    there.note(0.05)

    assert Latencies(there.counts).quantile_ms(0.5) == there.quantile_ms(0.5)


def test_without_a_case_there_is_no_time() -> None:
    assert Latencies().quantile_ms(0.99) == 0.0
