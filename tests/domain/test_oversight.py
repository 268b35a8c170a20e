"""What wabawatch knows of itself."""

from __future__ import annotations

import pytest

from wabawatch.domain.oversight import Backlog, LoopAtWork, Monitoring, Room, in_order, monitoring_of

NOW = 1_795_176_000_000
MINUTE = 60_000


@pytest.mark.parametrize(
    ("is_wanted", "alive_ago", "begun_ago", "found"),
    [
        (None, None, None, Monitoring.NEVER),
        (False, 1, None, Monitoring.STOPPED),
        (True, 2, 2, Monitoring.RUNNING),
        (True, 3, 3, Monitoring.SILENT),
        (True, None, 1, Monitoring.STARTING),
        (True, 60, 1, Monitoring.STARTING),
        (True, None, 3, Monitoring.SILENT),
        (True, None, None, Monitoring.SILENT),
    ],
)
def test_monitoring_runs_while_it_gives_signs_of_life(
    is_wanted: bool | None, alive_ago: int | None, begun_ago: int | None, found: Monitoring
) -> None:
    alive_at = 0 if alive_ago is None else NOW - alive_ago * MINUTE
    begun_at = None if begun_ago is None else NOW - begun_ago * MINUTE

    assert monitoring_of(is_wanted, alive_at, NOW, begun_at) is found


def loop(name: str, state: str) -> LoopAtWork:
    return LoopAtWork(name, False, state, 1.0, 5.0, 0, 0, "")


def test_loops_that_need_somebody_come_first() -> None:
    given = [
        loop("a", "paused"),
        loop("b", "running"),
        loop("c", "stalled"),
        loop("d", "running"),
        loop("e", "failing"),
    ]

    assert [each.name for each in in_order(given)] == ["c", "e", "b", "d", "a"]


def test_a_backlog_is_late_by_the_age_of_its_oldest_body_not_by_its_size() -> None:
    assert not Backlog(100_000, 59.0).is_late
    assert Backlog(1, 61.0).is_late
    assert not Backlog(0, None).is_late


def test_room_is_short_before_webhooks_are_refused() -> None:
    assert Room(10, 5, 199, 1_000, 100).is_short
    assert not Room(10, 5, 200, 1_000, 100).is_short
    assert not Room(10, 5, None, None, 100).is_short
    assert Room(10, 5, 0, 0, 0).stored == 15
