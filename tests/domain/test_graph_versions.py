"""Until when Meta serves a version of the Graph API."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.graph_versions import EXPIRES, NOTICE, OLDER, Age, age_of, name_of, newest
from wabawatch.kinds import DEFAULT_GRAPH_URL


@given(st.sampled_from(sorted(EXPIRES)), st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_a_version_is_warned_of_90_days_ahead_and_expires_on_its_day(version: str, today: date) -> None:
    found, expires_on = age_of(version, today), EXPIRES[version]

    assert (found.age is Age.EXPIRED) == (expires_on is not None and today >= expires_on)
    if expires_on and today < expires_on:
        assert (found.age is Age.EXPIRING) == (expires_on - today <= NOTICE)


def test_calls_are_counted_under_few_names_whatever_is_asked_for() -> None:
    assert [name_of(each) for each in ("v25.0", "v2.0", "v99.0", "", "nonsense")] == ["v25.0", OLDER, "", "", ""]
    assert age_of(OLDER, date(2026, 11, 21)).age is Age.EXPIRED


def test_versions_that_are_not_in_the_table_are_older_or_not_known() -> None:
    today = date(2026, 11, 21)

    assert age_of("v2.0", today).age is Age.EXPIRED
    assert age_of("v99.0", today).age is age_of("latest", today).age is Age.UNKNOWN
    assert newest() == "v26.0"
    assert age_of(DEFAULT_GRAPH_URL.version, today + timedelta(days=365)).age is Age.CURRENT
