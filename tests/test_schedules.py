"""Recurring things begin when people would say they do, also where the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wabawatch.schedules import check_cron, check_zone, due, occurrences

HOUR = 3_600_000


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def begins(cron: str, zone: str, since: str, until: str, hours: float = 1) -> list[str]:
    found = occurrences(cron, zone, round(hours * HOUR), ms(since), ms(until))
    return [datetime.fromtimestamp(start / 1000, UTC).strftime("%m-%d %H:%M") for start, _ in found]


def test_what_is_under_way_at_the_beginning_is_among_them() -> None:
    assert begins("0 2 * * *", "UTC", "2026-03-10T02:59", "2026-03-12T02:00") == ["03-10 02:00", "03-11 02:00"]
    assert begins("0 2 * * *", "UTC", "2026-03-10T03:00", "2026-03-11T02:00") == []


def test_it_begins_by_the_wall_clock_before_and_after_the_clocks_change() -> None:
    assert begins("0 4 * * *", "Europe/Berlin", "2026-03-28T00:00", "2026-03-31T00:00") == [
        "03-28 03:00",
        "03-29 02:00",
        "03-30 02:00",
    ]


def test_what_would_begin_in_the_hour_that_is_skipped_begins_when_it_is_over() -> None:
    """On 2026-03-29 Berlin's clocks go from 02:00 to 03:00, which is 01:00 UTC."""
    assert begins("30 2 * * *", "Europe/Berlin", "2026-03-29T00:00", "2026-03-29T12:00") == ["03-29 01:00"]


def test_what_would_begin_in_the_hour_that_comes_twice_begins_once() -> None:
    """On 2026-10-25 Berlin's clocks go from 03:00 back to 02:00, which is 01:00 UTC."""
    assert begins("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", "2026-10-25T12:00") == ["10-25 00:30"]


def test_it_lasts_as_long_as_said_by_the_real_clock() -> None:
    [(start, end)] = occurrences("0 1 * * *", "Europe/Berlin", 3 * HOUR, ms("2026-10-25T00:00"), ms("2026-10-25T12:00"))

    assert end - start == 3 * HOUR


@pytest.mark.parametrize("wrong", ["", "* * * *", "0 2 * * SUN *", "61 * * * *", "0 0 31 2 *", "daily"])
def test_what_is_no_cron_expression_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"cron expression|never comes true"):
        check_cron(wrong)


@pytest.mark.parametrize("wrong", ["Mars/Olympus", "", "../etc/passwd"])
def test_what_is_no_time_zone_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        check_zone(wrong)


def test_what_is_right_is_given_back() -> None:
    assert check_cron("0 2 * * SUN") == "0 2 * * SUN"
    assert check_zone("Europe/Berlin") == "Europe/Berlin"


def periods(cron: str, zone: str, after: str, until: str, most: int = 99) -> list[str]:
    """Each occurrence as `DUE START END`, in UTC."""
    return [
        " ".join(datetime.fromtimestamp(at / 1000, UTC).strftime("%m-%dT%H") for at in each)
        for each in due(cron, zone, ms(after), ms(until), most)
    ]


def test_a_monthly_report_is_about_the_month_before_by_the_days_of_its_zone() -> None:
    assert periods("0 6 1 * *", "UTC", "2026-01-01T06:00", "2026-03-01T06:00") == [
        "02-01T06 01-01T00 02-01T00", "03-01T06 02-01T00 03-01T00",
    ]  # fmt: skip
    assert periods("0 6 1 * *", "Europe/Berlin", "2026-03-31T00:00", "2026-04-02T00:00") == [
        "04-01T04 02-28T23 03-31T22"
    ]


def test_a_weekly_report_is_about_seven_days_and_a_daily_one_about_the_day_before() -> None:
    assert periods("0 8 * * MON", "UTC", "2026-03-02T09:00", "2026-03-10T00:00") == ["03-09T08 03-02T00 03-09T00"]
    assert periods("30 1 * * *", "UTC", "2026-03-02T09:00", "2026-03-03T09:00") == ["03-03T01 03-02T00 03-03T00"]


def test_what_comes_twice_a_day_is_due_once_a_day() -> None:
    assert periods("0 */6 * * *", "UTC", "2026-03-02T01:00", "2026-03-03T23:00") == ["03-03T00 03-02T00 03-03T00"]


def test_after_a_long_time_away_the_newest_are_due() -> None:
    assert len(periods("0 6 1 * *", "UTC", "2020-01-01T00:00", "2026-01-01T07:00", most=3)) == 3
