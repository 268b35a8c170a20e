"""A window is made up of few buckets: exactly, where they are kept, and else with nothing of it left out."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wabawatch.domain.rollups import TIERS, Floors, Scope, Span, Tier, bucket_of, cover, floor_at
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS

NOTHING_DROPPED: Floors = {}
FINEST = {scope: min(tier for tier in TIERS if scope in TIERS[tier].scopes) for scope in Scope}

minutes = st.integers(0, 4 * 24 * 60)
scopes = st.sampled_from(Scope)


@st.composite
def windows(draw: st.DrawFn) -> tuple[int, int, Scope]:
    """A window on the edges of the finest buckets that its scope has."""
    scope = draw(scopes)
    width = TIERS[FINEST[scope]].width_ms
    one, other = draw(minutes) * MINUTE_MS // width, draw(minutes) * MINUTE_MS // width
    return min(one, other) * width, max(one, other) * width, scope


def _window(one: int, other: int, scope: Scope) -> tuple[int, int, Scope]:
    return min(one, other) * MINUTE_MS, max(one, other) * MINUTE_MS, scope


any_windows = st.builds(_window, minutes, minutes, scopes)
"""Windows on whole minutes, which the buckets of some scopes cut across"""


@st.composite
def floors_kept(draw: st.DrawFn) -> Floors:
    """Floors as retention moves them: for each tier at some minute, never later for a wider tier."""
    at = sorted((draw(minutes) * MINUTE_MS for _ in range(3)), reverse=True)
    return {tier: bucket_of(tier, ms) for tier, ms in zip((Tier.MINUTE, Tier.FIVE, Tier.HOUR), at, strict=True)}


def edges(span: Span) -> tuple[int, int]:
    width = TIERS[span.tier].width_ms
    return span.first * width, span.end * width


def minutes_of(spans: list[Span]) -> list[int]:
    """Every minute in *spans*, one by one."""
    return [m for span in spans for m in range(edges(span)[0] // MINUTE_MS, edges(span)[1] // MINUTE_MS)]


@cache
def tiers_of(scope: Scope) -> list[Tier]:
    return sorted(tier for tier in TIERS if scope in TIERS[tier].scopes)


def finest_kept(at: int, scope: Scope, floors: Floors) -> Span:
    """The finest bucket that holds the time *at* and was not dropped."""
    tier = next(tier for tier in tiers_of(scope) if bucket_of(tier, at) >= floors.get(tier, 0))
    return Span(tier, bucket_of(tier, at), bucket_of(tier, at) + 1)


@given(windows())
def test_what_is_kept_partitions_the_window_exactly(window: tuple[int, int, Scope]) -> None:
    start, end, scope = window

    found = minutes_of(cover(start, end, scope, NOTHING_DROPPED))

    assert sorted(found) == list(range(start // MINUTE_MS, end // MINUTE_MS))


@given(windows())
def test_a_window_is_made_up_of_few_spans(window: tuple[int, int, Scope]) -> None:
    spans = cover(*window, NOTHING_DROPPED)

    assert len(spans) <= 2 * len(TIERS) - 1
    assert all(span.first < span.end for span in spans)
    assert sum(len(span.buckets()) for span in spans if span.tier is not Tier.DAY) <= 2 * (23 + 11 + 4)


@given(any_windows, floors_kept())
def test_whatever_was_dropped_no_minute_is_counted_twice(window: tuple[int, int, Scope], floors: Floors) -> None:
    spans = sorted(map(edges, cover(*window, floors)))

    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@given(any_windows, floors_kept())
def test_no_bucket_is_asked_for_that_was_dropped(window: tuple[int, int, Scope], floors: Floors) -> None:
    for span in cover(*window, floors):
        assert span.first >= floors.get(span.tier, 0)


@given(any_windows, floors_kept())
def test_only_buckets_that_the_scope_has_are_asked_for(window: tuple[int, int, Scope], floors: Floors) -> None:
    assert all(window[2] in TIERS[span.tier].scopes for span in cover(*window, floors))


@given(any_windows, floors_kept())
@settings(max_examples=100)
def test_each_minute_is_taken_from_the_finest_bucket_that_still_holds_it(
    window: tuple[int, int, Scope], floors: Floors
) -> None:
    start, end, scope = window

    wanted = {m for at in range(start, end, MINUTE_MS) for m in minutes_of([finest_kept(at, scope, floors)])}

    assert set(minutes_of(cover(start, end, scope, floors))) == wanted


def test_a_window_inside_a_day_that_is_kept_as_a_day_only_is_that_day() -> None:
    floors = {tier: bucket_of(tier, 50 * DAY_MS) for tier in (Tier.MINUTE, Tier.FIVE, Tier.HOUR)}

    assert cover(5 * DAY_MS + 3 * HOUR_MS, 5 * DAY_MS + 5 * HOUR_MS, Scope.ALL, floors) == [Span(Tier.DAY, 5, 6)]


def test_the_last_24_hours_are_minutes_five_minutes_and_hours() -> None:
    end = 10 * DAY_MS + 9 * HOUR_MS + 7 * MINUTE_MS

    spans = cover(end - DAY_MS, end, Scope.ALL, {Tier.MINUTE: bucket_of(Tier.MINUTE, end - 48 * HOUR_MS)})

    assert {span.tier for span in spans} == {Tier.MINUTE, Tier.FIVE, Tier.HOUR}
    assert len(minutes_of(spans)) == 24 * 60


@pytest.mark.parametrize(
    ("tier", "width", "kept"),
    [
        (Tier.MINUTE, MINUTE_MS, 48 * HOUR_MS),
        (Tier.FIVE, 5 * MINUTE_MS, 35 * DAY_MS),
        (Tier.HOUR, HOUR_MS, 400 * DAY_MS),
        (Tier.DAY, DAY_MS, None),
    ],
)
def test_each_tier_has_the_width_and_the_time_that_the_specification_gives(
    tier: Tier, width: int, kept: int | None
) -> None:
    now = 1_000 * DAY_MS + 1

    assert (TIERS[tier].width_ms, TIERS[tier].keep_ms) == (width, kept)
    assert floor_at(tier, now) == (0 if kept is None else (now - kept) // width)


def test_slices_by_template_category_country_and_error_are_kept_by_hour_and_day() -> None:
    for scope in (Scope.TEMPLATE, Scope.CATEGORY, Scope.COUNTRY, Scope.ERROR):
        assert {tier for tier in TIERS if scope in TIERS[tier].scopes} == {Tier.HOUR, Tier.DAY}


def test_nothing_is_dropped_before_there_is_enough_of_it() -> None:
    assert floor_at(Tier.MINUTE, HOUR_MS) == 0
