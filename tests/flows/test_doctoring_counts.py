"""Doctor warns where Meta counted more than we on the newest day."""

from __future__ import annotations

import pytest

from wabawatch.domain.findings import Level
from wabawatch.domain.reconciliation import DayCounts, MetaDay, OwnDay
from wabawatch.flows.doctoring_counts import counted


def day(meta: int, own: int, number: str = "", day: int = 20_000) -> DayCounts:
    return DayCounts("1", number, MetaDay(day, meta, meta), OwnDay(own, own), 0)


@pytest.mark.parametrize(
    ("days", "level", "word"),
    [
        ([], Level.OK, "not compared yet"),
        ([day(100, 100), day(3, 0, "7")], Level.OK, "2024-10-04: in line"),
        ([day(3, 3)], Level.OK, "too few"),
        ([day(100, 150)], Level.OK, "we know more"),
        ([day(100, 100), day(100, 60, "7")], Level.WARNING, "number 7: 60 of 100 sent, 60 of 100 delivered"),
        ([day(100, 60, str(i)) for i in range(5)], Level.WARNING, "and 2 more"),
        ([day(100, 100), day(100, 60, day=19_999)], Level.OK, "in line"),
    ],
)
def test_the_newest_day_is_judged(days: list[DayCounts], level: Level, word: str) -> None:
    found = counted(days)

    assert found.level is level
    assert word in found.found
    assert bool(found.fix) == (level is Level.WARNING)
