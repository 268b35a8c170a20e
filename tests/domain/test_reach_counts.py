"""What a count of people still says later, and when people must be counted anew."""

from __future__ import annotations

import pytest

from tests.support.facts import DAY, HOUR, T0
from wabawatch.domain.reach_counts import RECOUNT_MS, Count, Sent, bounds, must_count

COUNT = Count(T0, (T0 - DAY, T0 - HOUR, T0), accepted=100)


@pytest.mark.parametrize(
    ("later", "left"), [(0, 3), (1, 2), (DAY - HOUR, 2), (DAY - HOUR + 1, 1), (DAY, 1), (DAY + 1, 0)]
)
def test_people_leave_a_count_24_hours_after_they_were_reached_last(later: int, left: int) -> None:
    assert COUNT.still(T0 + later) == left


@pytest.mark.parametrize(
    ("count", "sent", "found"),
    [
        (None, Sent(day=7, total=900), (0, 7)),
        (COUNT, Sent(day=50, total=100), (3, 3)),
        (COUNT, Sent(day=50, total=110), (3, 13)),
        (COUNT, Sent(day=9, total=110), (3, 9)),
        (COUNT, Sent(day=2, total=90), (3, 3)),
    ],
)
def test_each_message_since_may_have_reached_one_more(count: Count | None, sent: Sent, found: tuple[int, int]) -> None:
    assert bounds(count, sent, T0) == found


@pytest.mark.parametrize(
    ("count", "sent", "later", "is_due"),
    [
        (None, Sent(499, 499), 0, False),
        (None, Sent(500, 500), 0, True),
        (COUNT, Sent(500, 119), 0, False),
        (COUNT, Sent(500, 120), 0, True),
        (COUNT, Sent(5_000, 199), 0, False),
        (COUNT, Sent(5_000, 200), 0, True),
        (COUNT, Sent(500, 100), RECOUNT_MS - 1, False),
        (COUNT, Sent(500, 100), RECOUNT_MS, True),
        (COUNT, Sent(499, 10_000), RECOUNT_MS, False),
    ],
)
def test_people_are_counted_anew_when_half_may_be_used_and_the_figures_have_drifted_apart(
    count: Count | None, sent: Sent, later: int, is_due: bool
) -> None:
    assert must_count(1_000, count, sent, T0 + later) is is_due
