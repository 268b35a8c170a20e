"""Numbers, times and texts as a person reads them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.notifiers.notices import AT
from wabawatch.notifiers.words import clean, cut, duration, interval, moment, percent, quantity


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.912, "91.2 %"),
        (0.95, "95 %"),
        (0, "0 %"),
        (1, "100 %"),
        (0.9997, "99.97 %"),
        (0.0002, "0.02 %"),
        (0.5, "50 %"),
    ],
)
def test_a_share_reads_as_a_percentage_and_never_as_all_or_nothing_when_it_is_neither(share: float, text: str) -> None:
    assert percent(share) == text


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_a_percentage_is_as_near_as_its_digits_tell(share: float) -> None:
    assert abs(float(percent(share).removesuffix(" %")) - share * 100) <= 0.0500001


def test_both_ends_of_a_range_have_as_many_digits() -> None:
    assert interval(0.9008, 0.9221, "share") == "90.1–92.2 %"
    assert interval(0.9641, 0.98, "share") == "96.4–98.0 %"
    assert interval(20_900, 24_100, "ms") == "20.9 s–24.1 s"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (850, "ms", "850 ms"), (22_400, "ms", "22.4 s"), (90, "s", "90 s"), (7_500, "s", "2 h 5 min"),
        (1, "days", "1 day"),
        (14, "days", "14 days"), (1_234_567, "count", "1,234,567"), (1_610_612_736, "bytes", "1.5 GiB"),
        (0.7, "", "0.7"),
    ],
)  # fmt: skip
def test_a_quantity_has_its_unit(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (59, "59 s"), (60, "1 min"), (3_600, "1 h"), (7_500, "2 h 5 min"), (172_800, "2 days"),
        (450_000, "5 days 5 h"),
    ],
)  # fmt: skip
def test_a_duration_has_its_two_largest_units(seconds: int, text: str) -> None:
    assert duration(seconds * 1000) == text


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "21 Nov 2026, 10:15 UTC"),
        ("Europe/Berlin", "21 Nov 2026, 11:15 CET"),
        ("America/Sao_Paulo", "21 Nov 2026, 07:15 UTC-03:00"),
        ("Asia/Kathmandu", "21 Nov 2026, 16:00 UTC+05:45"),
    ],
)
def test_a_moment_tells_its_zone(zone: str, text: str) -> None:
    assert moment(AT, ZoneInfo(zone)) == text


@given(st.text(), st.integers(2, 50))
def test_a_cut_text_fits_and_is_one_line(text: str, most: int) -> None:
    short = cut(text, most)

    assert len(short) <= most
    assert "\n" not in short
    assert short == clean(text) or short.endswith("…")
