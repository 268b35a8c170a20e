"""How the bars of a log are cut, and what the roll-ups can tell of outcomes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.log_sums import APART, MOST_BARS, Facet, grain, joined, of_statuses, without
from wabawatch.domain.overview import SliceKind
from wabawatch.domain.rollups import TIERS, Scope, Tier
from wabawatch.domain.search import Direction, MessageFilter, State
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS, Outcome, Role, Standing

NOW = 1_795_176_000_000


@pytest.mark.parametrize(
    ("length", "tier", "width"),
    [
        (10 * MINUTE_MS, Tier.MINUTE, MINUTE_MS),
        (HOUR_MS, Tier.MINUTE, MINUTE_MS),
        (6 * HOUR_MS, Tier.FIVE, 5 * MINUTE_MS),
        (DAY_MS, Tier.FIVE, 15 * MINUTE_MS),
        (7 * DAY_MS, Tier.HOUR, 2 * HOUR_MS),
        (30 * DAY_MS, Tier.HOUR, 6 * HOUR_MS),
        (90 * DAY_MS, Tier.DAY, DAY_MS),
        (365 * DAY_MS, Tier.DAY, 4 * DAY_MS),
    ],
)
def test_a_period_is_cut_into_bars_that_can_be_told_apart(length: int, tier: Tier, width: int) -> None:
    assert grain(NOW - length, NOW, NOW) == (tier, width)


@pytest.mark.parametrize(("days", "tier"), [(1, Tier.MINUTE), (3, Tier.FIVE), (40, Tier.HOUR), (500, Tier.DAY)])
def test_an_hour_long_ago_is_cut_as_finely_as_is_kept(days: int, tier: Tier) -> None:
    ago = days * DAY_MS
    found, width = grain(NOW - ago, NOW - ago + HOUR_MS, NOW)

    assert found is tier
    assert width == max(MINUTE_MS, TIERS[tier].width_ms)


@given(ago=st.integers(1, 2_000 * DAY_MS), length=st.integers(1, 2_000 * DAY_MS), of=st.sampled_from(list(SliceKind)))
def test_bars_are_whole_buckets_that_are_kept_and_not_too_many(ago: int, length: int, of: SliceKind) -> None:
    start, end = NOW - ago, min(NOW, NOW - ago + length)

    tier, width = grain(start, end, NOW, of)

    rule = TIERS[tier]
    assert width % rule.width_ms == 0
    assert rule.keep_ms is None or start >= NOW - rule.keep_ms
    assert Scope[of.name if of is not SliceKind.ALL else "ALL"] in rule.scopes
    assert (end - start) / width <= MOST_BARS


def test_what_stands_apart_has_no_status_so_the_others_are_at_least_so_many() -> None:
    found = of_statuses({State.READ: 3, State.RECEIVED: 2, APART: 4})

    assert found[Facet.STATUS] == ({State.READ: 3, State.RECEIVED: 2}, True, False)
    assert found[Facet.DIRECTION].values == {Direction.OUTBOUND: 3, Direction.INBOUND: 2}
    assert not of_statuses({State.READ: 3})[Facet.STATUS].is_least


def test_buckets_are_put_together_to_bars_by_outcome() -> None:
    read, apart = Standing(Role.ATTEMPTED, Outcome.READ), Standing(Role.APART, Outcome.PENDING)
    received = Standing(Role.INBOUND, Outcome.PENDING)

    bars = joined({0: {read: 1}, 5: {read: 2, apart: 1}, 10: {received: 1}, 15: {read: 0}}, 10)

    assert bars == {0: {State.READ: 3, APART: 1}, 10: {State.RECEIVED: 1}}


@pytest.mark.parametrize("facet", list(Facet))
def test_a_facet_is_taken_out_of_a_filter_and_nothing_else(facet: Facet) -> None:
    everything = MessageFilter(
        since=1,
        states=(State.READ,),
        direction=Direction.INBOUND,
        types=("text",),
        numbers=("1",),
        templates=("hello",),
        error_codes=(1,),
        categories=("utility",),
        countries=("BR",),
    )

    left = without(everything, facet)

    changed = [name for name in everything.__dataclass_fields__ if getattr(left, name) != getattr(everything, name)]
    assert len(changed) == 1
    assert not getattr(left, changed[0])
