"""Where the time of a period went: every millisecond has one place, and what nobody watched is unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.uptime import Shares, bars, common, joined, length, shares, without

DAY = 86_400_000
HOUR = 3_600_000

_SPANS = st.lists(st.tuples(st.integers(-50, 150), st.integers(0, 60)).map(lambda s: (s[0], s[0] + s[1])), max_size=8)


@given(_SPANS, _SPANS, _SPANS)
def test_up_down_maintenance_and_unknown_are_the_period(
    known: list[tuple[int, int]], incidents: list[tuple[int, int]], maintenance: list[tuple[int, int]]
) -> None:
    found = shares(0, 100, known, incidents, maintenance)

    assert found.period == 100
    assert min(found.up, found.down, found.maintenance, found.unknown) >= 0
    assert (found.incidents > 0) == (found.down > 0)


@given(_SPANS, _SPANS, _SPANS)
def test_every_moment_is_counted_as_its_definition_says(
    known: list[tuple[int, int]], incidents: list[tuple[int, int]], maintenance: list[tuple[int, int]]
) -> None:
    def has(spans: list[tuple[int, int]], at: int) -> bool:
        return any(start <= at < end for start, end in spans)

    moments = [(has(maintenance, at), has(known, at), has(incidents, at)) for at in range(100)]
    found = shares(0, 100, known, incidents, maintenance)

    assert found.maintenance == sum(m for m, _, _ in moments)
    assert found.unknown == sum(not m and not k for m, k, _ in moments)
    assert found.down == sum(not m and k and i for m, k, i in moments)


@given(_SPANS, _SPANS, st.integers(0, 100))
def test_a_period_cut_in_two_has_the_same_time_in_each_place(
    known: list[tuple[int, int]], incidents: list[tuple[int, int]], cut: int
) -> None:
    whole = shares(0, 100, known, incidents)
    first, second = shares(0, cut, known, incidents), shares(cut, 100, known, incidents)

    assert (whole.up, whole.down, whole.unknown) == (
        first.up + second.up, first.down + second.down, first.unknown + second.unknown
    )  # fmt: skip


@given(_SPANS, _SPANS)
def test_uptime_is_what_mtbf_and_mttr_say(known: list[tuple[int, int]], incidents: list[tuple[int, int]]) -> None:
    found = shares(0, 100, known, incidents)

    if found.mttr_ms is not None and found.mtbf_ms is not None:
        assert found.uptime == pytest.approx(found.mtbf_ms / (found.mtbf_ms + found.mttr_ms))


@given(_SPANS, _SPANS)
def test_what_is_common_and_what_is_left_make_the_whole(
    some: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    a, b = joined(some), joined(others)

    assert length(common(a, b)) + length(without(a, b)) == length(a)
    assert joined([*common(a, b), *without(a, b)]) == a


def test_a_day_with_one_incident_of_an_hour() -> None:
    found = shares(0, DAY, [(0, DAY)], [(6 * HOUR, 7 * HOUR)])

    assert found == Shares(up=23 * HOUR, down=HOUR, incidents=1)
    assert found.uptime == pytest.approx(23 / 24)
    assert (found.mttr_ms, found.mtbf_ms) == (HOUR, 23 * HOUR)
    assert found.meets() is False


def test_an_incident_during_maintenance_is_left_out() -> None:
    found = shares(0, DAY, [(0, DAY)], [(6 * HOUR, 7 * HOUR)], [(5 * HOUR, 8 * HOUR)])

    assert found == Shares(up=21 * HOUR, maintenance=3 * HOUR)
    assert found.meets() is True


def test_what_nobody_watched_is_never_good() -> None:
    nothing = shares(0, DAY, [], [(0, DAY)])

    assert nothing == Shares(unknown=DAY)
    assert nothing.uptime is None
    assert nothing.meets() is None
    assert nothing.mttr_ms is None


def test_bars_show_the_worst_of_each_part() -> None:
    found = bars(0, 4 * HOUR, 4, [(0, 3 * HOUR)], [(HOUR + 1, HOUR + 2)], [(2 * HOUR, 3 * HOUR)])

    assert found == ("ok", "down", "maintenance", "unknown")
