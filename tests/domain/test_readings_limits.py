"""Limits that are hit: which of them call for somebody."""

from __future__ import annotations

from wabawatch.domain.limit_hits import HitCount
from wabawatch.domain.readings_counts import limit_readings


def test_what_one_person_may_get_of_marketing_is_no_fault_of_the_pace() -> None:
    hits = [HitCount(131049, "1", "9", 5_000), HitCount(130429, "1", "9", 12)]

    ((name, reading),) = limit_readings(hits, 10, 0, 1)

    assert (name, reading.value) == ("RATE_LIMIT_HIT", 12.0)
    assert [part.id for part in reading.contributors] == ["130429"]
    assert limit_readings(hits[:1], 10, 0, 1) == []
