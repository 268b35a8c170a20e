"""The outbox: every transition is planned once, every notice arrives, repeats carry the same key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from tests.support.alert_books import RATE
from tests.support.facts import DAY, MINUTE, T0
from tests.support.notifying import SENT, Desk
from tests.support.places import Place
from wabawatch.domain.alert_records import AlertFilter
from wabawatch.domain.notices import Delivered, Notice, NoticeKind, Outcome
from wabawatch.domain.outbox import LEASE_MS, NoticeState
from wabawatch.domain.planning import Plan
from wabawatch.domain.routing import Because, Channel, Policy
from wabawatch.storage.alerts import SqlAlerts
from wabawatch.storage.database import Database
from wabawatch.storage.notice_desk import TALLIED, NoticeDesk
from wabawatch.storage.schema_alerts import alert_transitions
from wabawatch.storage.schema_notices import alert_decisions, notice_attempts, notices

DOWN = Delivered(Outcome.RETRY, "HTTP 503")
TWO = (Channel("mail"), Channel("ops"))


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    database = place.database()
    yield database
    database.close()


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def count(database: Database, table: object) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


# ---------------------------------------------------------------- from a transition to a notice


def test_a_channel_is_told_that_it_fires_and_that_it_ended(desk: Desk) -> None:
    desk.fire()
    desk.work(0)
    desk.recover(10)
    desk.work(10)

    (fired, _), (ended, _) = desk.notifiers["ops"].got
    assert (fired.kind, ended.kind) == (NoticeKind.FIRING, NoticeKind.RESOLVED)
    assert fired.thread == ended.thread == fired.told[0].alert
    assert fired.told[0].words == "160 of 200 arrived"
    assert ended.told[0].ended_at == T0 + 10 * MINUTE


def test_two_hundred_at_once_are_one_notice_for_each_channel(database: Database) -> None:
    desk = Desk(database, TWO, Policy())
    desk.fire(0, *range(200))
    desk.work(0)
    desk.work(0.05)

    assert [(notice.total, len(notice.told)) for notice, _ in desk.notifiers["ops"].got] == [(200, 20)]
    assert [(notice.total, len(notice.told)) for notice, _ in desk.notifiers["mail"].got] == [(200, 20)]


def test_a_transition_is_planned_once(desk: Desk, database: Database) -> None:
    desk.fire()
    desk.work(0)

    with database.reading() as connection:
        assert connection.execute(select(alert_transitions.c.planned_at)).scalars().all() == [T0]
    assert not desk.book.pulse().has_unplanned
    assert not desk.planning.step()


def test_without_channels_what_happens_is_planned_all_the_same(database: Database) -> None:
    desk = Desk(database, ())
    desk.fire()
    desk.work(0)

    assert not desk.book.pulse().has_unplanned
    assert count(database, alert_decisions) == 0


def test_an_alert_that_came_and_went_before_anybody_looked_is_accounted_for(desk: Desk) -> None:
    desk.fire()
    desk.recover(1)
    (alert,) = desk.alerts.find(AlertFilter(), 1)
    desk.work(1)

    [why] = desk.telling.why(alert.key)
    assert (why.is_told, why.because) == (False, Because.ENDED_UNTOLD)


def test_what_was_decided_is_not_decided_again(desk: Desk, database: Database) -> None:
    desk.fire()
    desk.work(0)
    before = count(database, alert_decisions)
    for minute in range(1, 10):
        desk.work(minute)

    assert count(database, alert_decisions) == before == 1


def test_a_plan_that_came_too_late_writes_nothing(database: Database) -> None:
    first, second = Desk(database), Desk(database)
    first.fire()
    seen = second.book.glance(T0)
    first.work(0)

    assert not second.book.keep(seen, Plan(), [], T0)
    assert count(database, notices) == 1


def test_of_many_planners_one_plans_each_transition(shared_place: Place) -> None:
    databases = [shared_place.database() for _ in range(4)]
    desks = [Desk(each, holder=str(i)) for i, each in enumerate(databases)]
    for number in range(5):
        desks[0].fire(number, number)
        for desk in desks:
            desk.turn(number)
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda desk: desk.work(), desks))
        # What lost a race looks again.
        for desk in desks:
            desk.work()
        for desk in desks:
            desk.work(number + 0.9)

    keys = [key for desk in desks for key in desk.notifiers["ops"].sent_keys()]
    with databases[0].reading() as connection:
        told = connection.execute(select(alert_decisions.c.alert).where(alert_decisions.c.decision == "tell"))
        assert Counter(told.scalars().all()).most_common(1)[0][1] == 1
    assert len(keys) == len(set(keys))
    assert sum(notice.total for desk in desks for notice, _ in desk.notifiers["ops"].got) == 5


# ---------------------------------------------------------------- delivering


def test_what_failed_is_tried_again_with_the_same_key_until_it_arrives(desk: Desk, database: Database) -> None:
    answers = [DOWN, DOWN, SENT]
    desk.notifiers["ops"].answer = lambda _: answers.pop(0)
    desk.fire()
    desk.work(0)
    desk.work(5 / 60)
    desk.work(14 / 60)
    desk.work(15 / 60)

    assert len(desk.notifiers["ops"].sent_keys()) == 3
    assert len(set(desk.notifiers["ops"].sent_keys())) == 1
    with database.reading() as connection:
        tried = connection.execute(select(notice_attempts).order_by(notice_attempts.c.n))
        assert [(row.n, row.outcome, row.detail) for row in tried] == [
            (1, "retry", "HTTP 503"),
            (2, "retry", "HTTP 503"),
            (3, "sent", ""),
        ]


def test_what_never_arrives_is_dead_after_a_day_and_shows(desk: Desk) -> None:
    desk.notifiers["ops"].answer = lambda _: DOWN
    desk.fire()
    for minute in range(0, 25 * 60, 20):
        desk.work(minute)

    [sent] = desk.telling.notices("ops", NoticeState.DEAD)
    assert sent.detail == "HTTP 503"
    assert 10 < sent.tries < 60


def test_what_was_refused_is_tried_each_hour(desk: Desk) -> None:
    desk.notifiers["ops"].answer = lambda _: Delivered(Outcome.REFUSED, "HTTP 404")
    desk.fire()
    for minute in (0, 1, 59, 61, 119, 122):
        desk.work(minute)

    assert len(desk.notifiers["ops"].got) == 3


def test_a_service_may_say_how_long_to_wait(desk: Desk) -> None:
    answers = [Delivered(Outcome.RETRY, "HTTP 429", retry_after_s=600), SENT]
    desk.notifiers["ops"].answer = lambda _: answers.pop(0)
    desk.fire()
    for minute in (0, 1, 9):
        desk.work(minute)
    assert len(desk.notifiers["ops"].got) == 1

    desk.work(10)
    assert len(desk.notifiers["ops"].got) == 2


def test_a_mistake_in_a_channel_loses_nothing(desk: Desk) -> None:
    def broken(_: Notice) -> Delivered:
        raise ZeroDivisionError

    desk.notifiers["ops"].answer = broken
    desk.fire()
    desk.work(0)
    desk.notifiers["ops"].answer = lambda _: SENT
    desk.work(1)

    assert len(set(desk.notifiers["ops"].sent_keys())) == 1
    assert desk.telling.notices()[0].state is NoticeState.SENT


def test_a_process_that_dies_while_it_delivers_leaves_the_notice_to_others(shared_place: Place) -> None:
    """It may have arrived: it is delivered again, under the same key, when the lease is over and not before."""
    first, second = Desk(shared_place.database()), Desk(shared_place.database(), holder="second")
    first.fire()
    first.turn(0)
    first.planning.step()
    claimed = first.book.claim("ops", "first", T0, T0 + LEASE_MS)
    assert claimed is not None

    second.work(0.74)
    assert second.notifiers["ops"].got == []

    second.work(0.75)
    assert second.notifiers["ops"].sent_keys() == [claimed.notice.key]


def test_who_lost_a_notice_writes_nothing_about_it(shared_place: Place) -> None:
    first, second = Desk(shared_place.database()), Desk(shared_place.database(), holder="second")
    first.fire()
    first.turn(0)
    first.planning.step()
    first.notifiers["ops"].answer = lambda _: _meanwhile(second)
    first.delivering.step("ops")

    [sent] = second.telling.notices()
    assert (sent.state, sent.tries) == (NoticeState.SENT, 1)


def _meanwhile(other: Desk) -> Delivered:
    other.work(3)
    return DOWN


def test_a_clock_that_went_back_does_not_keep_notices_for_its_lease(desk: Desk) -> None:
    desk.turn(600)
    desk.fire(600)
    desk.planning.step()
    desk.book.claim("ops", "dead", T0 + 600 * MINUTE, T0 + 600 * MINUTE + LEASE_MS)

    desk.work(0)

    assert len(desk.notifiers["ops"].got) == 1


def test_the_end_waits_until_the_beginning_has_arrived(desk: Desk) -> None:
    desk.notifiers["ops"].answer = lambda _: DOWN
    desk.fire()
    desk.work(0)
    desk.recover(1)
    desk.notifiers["ops"].answer = lambda notice: SENT
    desk.work(2)

    assert [notice.kind for notice, _ in desk.notifiers["ops"].got[1:]] == [NoticeKind.FIRING, NoticeKind.RESOLVED]


def test_a_thread_is_what_the_service_called_it(desk: Desk) -> None:
    desk.notifiers["ops"].answer = lambda _: Delivered(Outcome.SENT, thread="1716.42")
    desk.fire()
    desk.work(0)
    desk.recover(10)
    desk.work(10)

    assert [thread for _, thread in desk.notifiers["ops"].got] == ["", "1716.42"]


def test_a_channel_that_hangs_keeps_nobody_else_waiting(database: Database) -> None:
    desk = Desk(database, TWO)
    desk.notifiers["mail"].answer = lambda _: DOWN
    desk.fire()
    desk.work(0)

    assert len(desk.notifiers["ops"].got) == 1


# ---------------------------------------------------------------- how channels are doing


def test_a_channel_that_fails_again_and_again_counts_as_failing_until_it_takes_something(desk: Desk) -> None:
    desk.notifiers["ops"].answer = lambda _: DOWN
    desk.fire()
    for minute in (0, 1, 2):
        desk.work(minute)
    [state] = desk.telling.states()
    assert (state.failures, state.is_failing, state.failing_since) == (3, True, T0)
    assert (state.trouble, state.waiting) == ("HTTP 503", 1)

    desk.notifiers["ops"].answer = lambda _: SENT
    desk.work(60)

    [state] = desk.telling.states()
    assert (state.failures, state.failing_since, state.trouble) == (0, None, "")
    assert state.sent_at == T0 + 60 * MINUTE


def test_a_good_test_ends_that_a_channel_counts_as_failing(desk: Desk) -> None:
    for _ in range(3):
        desk.book.note_channel("ops", DOWN, desk.clock.now())
    assert desk.telling.states()[0].is_failing

    desk.book.note_channel("ops", SENT, desk.clock.now())

    assert not desk.telling.states()[0].is_failing


def test_a_channel_that_was_never_tried_is_listed(desk: Desk) -> None:
    assert [(state.channel, state.failures) for state in desk.telling.states()] == [("ops", 0)]


# ---------------------------------------------------------------- when the planner looks


def test_what_people_do_is_seen_at_the_next_step(desk: Desk) -> None:
    """A reminder is due after an hour; an acknowledgement in the last minute ends it."""
    desk.fire()
    desk.work(0)
    desk.turn(59)
    assert desk.alerts.acknowledge(desk.key(), T0 + 59 * MINUTE, "ann", "", None)
    desk.work(59)
    desk.work(120)

    [why] = desk.telling.why(desk.key())
    assert [told.decision.because for told in why.decisions] == [Because.FIRST_NOTICE, Because.ACKNOWLEDGED]
    assert len(desk.notifiers["ops"].got) == 1


def test_nothing_is_read_while_nothing_changes_and_no_time_has_come(desk: Desk) -> None:
    desk.fire()
    desk.work(0)
    pulse = desk.book.pulse()

    assert not desk.planning.looks.is_due(pulse, T0 + 4 * MINUTE)
    assert desk.planning.looks.is_due(pulse, T0 + 5 * MINUTE)


@pytest.mark.parametrize("minutes", [-60, 60])
def test_a_clock_that_jumps_tells_nothing_twice(desk: Desk, minutes: int) -> None:
    desk.turn(600)
    desk.fire(600)
    desk.work(600)
    for minute in range(600 + minutes, 600 + minutes + 9):
        desk.work(minute)

    kinds = [notice.kind for notice, _ in desk.notifiers["ops"].got]
    # An hour later a reminder is due.
    assert kinds == [NoticeKind.FIRING, *([NoticeKind.REMINDER] if minutes == 60 else [])]


def test_nobody_is_reminded_while_monitoring_is_stopped(desk: Desk) -> None:
    """Whether it still fires is not known then."""
    desk.fire()
    desk.work(0)
    desk.planning = replace(desk.planning, is_watched=lambda: False)
    desk.work(180)
    assert len(desk.notifiers["ops"].got) == 1

    desk.planning = replace(desk.planning, is_watched=lambda: True)
    desk.work(186)
    assert [notice.kind for notice, _ in desk.notifiers["ops"].got[1:]] == [NoticeKind.REMINDER]


# ---------------------------------------------------------------- figures


def test_notices_are_counted_by_what_became_of_them(database: Database) -> None:
    desk = Desk(database, TWO)
    desk.notifiers["ops"].answer = lambda _: DOWN
    desk.fire()
    desk.work(0)
    book = NoticeDesk(database)

    assert book.tallies(T0 + MINUTE) == {
        **{("mail", state): int(state == "sent") for state in TALLIED},
        **{("ops", state): int(state == "retrying") for state in TALLIED},
    }
    assert {channel for channel, _ in book.tallies(T0 + 3 * DAY)} == {"ops"}  # what was sent is news for a day
    assert SqlAlerts(database).firing() == {(RATE.name, RATE.severity): 1}
