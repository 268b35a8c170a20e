"""Limits that are hit: which of them call for somebody."""

from __future__ import annotations

from wabawatch.domain.headroom import MessagingLimit
from wabawatch.domain.limit_hits import HitCount
from wabawatch.domain.readings_counts import headroom_readings, limit_readings


def test_what_one_person_may_get_of_marketing_is_no_fault_of_the_pace() -> None:
    hits = [HitCount(131049, "1", "9", 5_000), HitCount(130429, "1", "9", 12)]

    ((name, reading),) = limit_readings(hits, 10, 0, 1)

    assert (name, reading.value) == ("RATE_LIMIT_HIT", 12.0)
    assert [part.id for part in reading.contributors] == ["130429"]
    assert limit_readings(hits[:1], 10, 0, 1) == []


def test_a_limit_of_which_nobody_has_counted_yet_what_is_used_is_neither_near_nor_far() -> None:
    used = [
        MessagingLimit("p", "TIER_250", 0, ("1",), None),
        MessagingLimit("q", "TIER_250", 0, ("2",), 240),
        MessagingLimit("r", "TIER_UNLIMITED", 0, ("3",), None),
    ]

    found = [(reading.scope.id, reading.is_bad, reading.value) for _, reading in headroom_readings(used, 1)]

    assert found == [("p", None, None), ("q", True, 240 / 250)]
