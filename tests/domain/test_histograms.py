"""Histograms of durations: exact in their counts, within 2 % in their percentiles, mergeable."""

from __future__ import annotations

from collections import Counter
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.histograms import above, index_of, percentile, value_of

durations = st.lists(st.floats(1, 10**7), min_size=1, max_size=300)
shares = st.sampled_from([0.5, 0.9, 0.95, 0.99, 1.0])


def histogram(values: list[float]) -> Counter[int]:
    return Counter(map(index_of, values))


@given(durations, shares)
def test_percentiles_are_within_2_percent_of_the_exact_ones(values: list[float], share: float) -> None:
    exact = sorted(values)[max(0, ceil(share * len(values)) - 1)]

    assert percentile(histogram(values), share) == pytest.approx(exact, rel=0.02)


@given(st.floats(0, 10**9))
def test_each_bucket_stands_for_its_members_to_2_percent(duration: float) -> None:
    assert value_of(index_of(duration)) == pytest.approx(max(duration, 1), rel=0.02)


@given(st.lists(st.floats(0, 10**9), max_size=100))
def test_longer_durations_never_have_lower_buckets(values: list[float]) -> None:
    indexes = [index_of(value) for value in sorted(values)]

    assert indexes == sorted(indexes)
    assert sum(histogram(values).values()) == len(values)


@given(durations, durations, shares)
def test_merged_histograms_are_the_histogram_of_everything(one: list[float], other: list[float], share: float) -> None:
    merged = histogram(one) + histogram(other)

    assert merged == histogram(one + other)
    assert percentile(merged, share) == percentile(histogram(one + other), share)


@pytest.mark.parametrize("limit", [250, 1_000, 20_000])
@given(durations)
def test_how_many_took_longer_is_right_beyond_2_percent_of_the_limit(limit: int, values: list[float]) -> None:
    surely = sum(value > limit * 1.021 for value in values)
    possibly = sum(value > limit / 1.021 for value in values)

    assert surely <= above(histogram(values), limit) <= possibly


def test_without_a_case_there_is_no_percentile() -> None:
    assert percentile({}, 0.5) is None
    assert above({}, 250) == 0


def test_durations_of_up_to_a_millisecond_share_a_bucket() -> None:
    assert {index_of(0), index_of(0.2), index_of(1)} == {0}
    assert index_of(1.01) == 1
    assert percentile({0: 7}, 0.5) == 1
