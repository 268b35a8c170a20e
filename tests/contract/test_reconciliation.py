"""What Meta counted is kept beside what we count, from the day after the first look on, and for ever."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.facts import DAY, HOUR, NUMBERS, T0, WABA, told
from tests.support.places import ON_EACH, Place
from tests.support.polling import Watch, number
from wabawatch.domain.facts import Status
from wabawatch.domain.polls import Ask
from wabawatch.domain.reconciliation import Agreement, DayCounts, MetaDay, OwnDay
from wabawatch.domain.rollups import packed_before
from wabawatch.flows.reconciling import Reconciling
from wabawatch.storage.packed_counts import pack
from wabawatch.storage.reconciliation import SqlDays

pytestmark = ON_EACH

FIRST = T0 // DAY
"""The UTC day on which everything begins"""
SECOND = FIRST + 1
MORNING = (FIRST + 2) * DAY + 7 * HOUR


@pytest.fixture
def watch(place: Place) -> Iterator[Watch]:
    watch = Watch(place)
    watch.polling.calls_per_hour = 36_000  # as if hours had passed between two steps of a test
    yield watch
    watch.shelf.database.close()


def run_until(watch: Watch, at: int) -> None:
    watch.run(0.2)
    watch.run((at - watch.clock.now()) / 60_000, step_ms=6 * HOUR)


def traffic(watch: Watch, n: int, day: int = SECOND, **more: str) -> None:
    """So many messages sent and delivered at noon of a day."""
    offset = day * DAY + 12 * HOUR - T0
    name = f"{day}{more}"
    known = {"waba": WABA, **more}
    watch.shelf.learn([told(Status.DELIVERED, offset, wamid=f"{name}.{i}", **known) for i in range(n)])
    watch.shelf.learn([told(Status.SENT, offset, wamid=f"{name}.{i}", **known) for i in range(n)])


def kept(watch: Watch, first: int = 0) -> list[DayCounts]:
    return SqlDays(watch.shelf.database).days(first, 100)


def test_the_first_whole_day_is_compared_and_none_before(watch: Watch) -> None:
    watch.meta.says(Ask.ANALYTICS, WABA, days=tuple(MetaDay(day, 40, 38) for day in range(FIRST - 5, SECOND + 1)))
    run_until(watch, T0 + 2 * HOUR)
    traffic(watch, 30)
    traffic(watch, 9, FIRST)
    assert kept(watch) == []

    run_until(watch, MORNING + 12 * HOUR)

    (found,) = kept(watch)
    assert found[:4] == (WABA, "", MetaDay(SECOND, 40, 38), OwnDay(30, 30))
    clock = watch.clock
    (judged,) = Reconciling(SqlDays(watch.shelf.database), clock).recent(30).compared
    assert (judged.agreement, judged.sent_gap) == (Agreement.WE_KNOW_LESS, 10)
    assert Reconciling(SqlDays(watch.shelf.database), clock).recent(0).compared == (judged,)


def test_both_counts_are_taken_anew_until_the_day_is_a_week_old_and_then_stay(watch: Watch) -> None:
    watch.meta.says(Ask.ANALYTICS, WABA, days=(MetaDay(SECOND, 40, 38),))
    run_until(watch, MORNING + 12 * HOUR)
    traffic(watch, 30)
    with watch.shelf.database.writing() as connection:  # as the loop does in time
        pack(connection, packed_before(MORNING + 5 * DAY))
    watch.meta.says(Ask.ANALYTICS, WABA, days=(MetaDay(SECOND, 41, 39), MetaDay(SECOND + 1, 0, 0)))
    run_until(watch, MORNING + 26 * HOUR)
    watch.meta.says(Ask.ANALYTICS, WABA)
    run_until(watch, MORNING + 60 * HOUR)

    assert [each[2:4] for each in kept(watch)] == [
        (MetaDay(SECOND + 1, 0, 0), OwnDay()),
        (MetaDay(SECOND, 41, 39), OwnDay(30, 30)),
    ]
    assert [each.meta.day for each in kept(watch, SECOND + 1)] == [SECOND + 1]


def test_numbers_are_compared_one_by_one_where_an_account_has_several(watch: Watch) -> None:
    watch.meta.says(Ask.NUMBERS, WABA, number(waba=WABA), number(id=NUMBERS[1], waba=WABA))
    for each in NUMBERS[:2]:
        watch.meta.says(Ask.ANALYTICS, f"{WABA}/{each}/15550100001", days=(MetaDay(SECOND, 25, 25),))
    run_until(watch, T0 + 2 * HOUR)
    traffic(watch, 25, number=NUMBERS[0])
    traffic(watch, 3, number=NUMBERS[1])

    run_until(watch, MORNING + 12 * HOUR)

    assert [(each.number, each.own.sent) for each in kept(watch)] == [(NUMBERS[0], 25), (NUMBERS[1], 3)]


def test_one_number_is_its_account(watch: Watch) -> None:
    watch.meta.says(Ask.NUMBERS, WABA, number(waba=WABA))
    run_until(watch, T0 + 24 * HOUR)

    assert {subject for ask, subject, _ in watch.meta.asked if ask is Ask.ANALYTICS} == {WABA}


def test_an_account_is_asked_about_twice_a_day(watch: Watch) -> None:
    run_until(watch, T0 + 72 * HOUR)

    assert watch.asked(Ask.ANALYTICS) in (6, 7)
