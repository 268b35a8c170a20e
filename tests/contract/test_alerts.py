"""Alerts on disk: each look whole or not at all, each transition once, and who has acknowledged what."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Connection, func, select

from tests.support.alert_books import NUMBER, PAUSED, RATE, VIOLATION, bad, good, look, looked
from tests.support.books import Shelf
from tests.support.facts import DAY, MINUTE, T0, WABA
from tests.support.places import Place
from tests.support.views import ask
from wabawatch.domain.alert_records import AlertFilter, Change, change_of
from wabawatch.domain.alerting import acknowledge
from wabawatch.domain.alerts import NEVER, AlertScope, Phase, Reason, ScopeKind, Severity
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.storage.alerts import AT_ONCE, SqlAlerts, mark_planned, open_alerts, unplanned
from wabawatch.storage.books import read_mark
from wabawatch.storage.schema import audit_entries
from wabawatch.storage.schema_alerts import alert_transitions

TEMPLATE = AlertScope(ScopeKind.TEMPLATE, "promo/en", WABA)
ACCOUNT = AlertScope(ScopeKind.WABA, WABA)


@pytest.fixture
def shelf(place: Place) -> Iterator[Shelf]:
    shelf = Shelf(place)
    yield shelf
    shelf.database.close()


@pytest.fixture
def book(shelf: Shelf) -> SqlAlerts:
    return SqlAlerts(shelf.database)


# ---------------------------------------------------------------- one alert from its beginning to its end


def test_what_was_seen_is_kept_to_the_last_figure(book: SqlAlerts) -> None:
    look(book, RATE, bad(0))

    (alert,) = book.open()
    assert (alert.rule, alert.scope, alert.phase, alert.severity) == (
        RATE.name,
        NUMBER,
        Phase.FIRING,
        Severity.CRITICAL,
    )
    assert alert.first == alert.newest == bad(0)
    assert (alert.opened_at, alert.fired_at, alert.ended_at, alert.ended) == (T0, T0, None, "")


def test_a_state_comes_back_as_it_was_written(book: SqlAlerts) -> None:
    rule = replace(RATE, for_ms=5 * MINUTE, keep_firing_ms=30 * MINUTE)
    look(book, rule, bad(0), bad(5), good(10))
    (change,) = looked(book, rule, good(15))

    state = book.states()[rule.name, NUMBER]

    assert change.before == state
    assert (state.phase, state.good_since, state.fired_at) == (Phase.FIRING, T0 + 10 * MINUTE, (T0 + 5 * MINUTE,))


def test_repeats_update_the_one_alert(book: SqlAlerts) -> None:
    look(book, RATE, bad(0), bad(5, value=0.5), bad(10, value=0.4))

    (alert,) = book.open()
    assert (alert.first.value, alert.newest.value, alert.newest.at) == (0.8, 0.4, T0 + 10 * MINUTE)
    assert len(book.transitions(alert.key)) == 1


def test_its_end_keeps_what_was_wrong_and_how_it_ended(book: SqlAlerts) -> None:
    look(book, RATE, bad(0), bad(5, value=0.4), good(10))

    (alert,) = book.find(AlertFilter(), 10)
    assert (alert.phase, alert.ended, alert.ended_at) == (Phase.RESOLVED, Reason.RECOVERED, T0 + 10 * MINUTE)
    assert alert.newest.value == 0.4
    assert book.open() == []


def test_what_never_lasted_is_no_history(book: SqlAlerts) -> None:
    look(book, replace(RATE, for_ms=MINUTE), bad(0), good(5))

    assert book.find(AlertFilter(), 10) == []
    assert [a.ended for a in book.find(AlertFilter(with_pending=True), 10)] == [Reason.CLEARED]


def test_an_alert_that_fires_again_is_another_one(book: SqlAlerts) -> None:
    look(book, RATE, bad(0), good(5), bad(10), good(15), bad(20))

    alerts = book.find(AlertFilter(), 10)
    assert [(a.fired_at, a.is_flapping) for a in alerts] == [
        (T0 + 20 * MINUTE, True),
        (T0 + 10 * MINUTE, False),
        (T0, False),
    ]
    assert book.transitions(alerts[0].key)[0].reason is Reason.FIRED_AGAIN


# ---------------------------------------------------------------- once, and whole


def test_a_look_that_came_too_late_writes_nothing(book: SqlAlerts) -> None:
    mine, theirs = looked(book, RATE, bad(0)), looked(book, RATE, bad(1))

    assert len(book.save(theirs, {})) == 1
    assert book.save(mine, {}) == []
    assert [alert.opened_at for alert in book.open()] == [T0 + MINUTE]


def test_marks_are_set_with_the_look(book: SqlAlerts, shelf: Shelf) -> None:
    book.save(looked(book, RATE, bad(0)), {"alerted_at": T0})

    with shelf.database.reading() as connection:
        assert read_mark(connection, "alerted_at") == T0


def test_a_storm_lets_others_write_in_between(book: SqlAlerts, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [AlertScope(ScopeKind.NUMBER, str(n), WABA) for n in range(2 * AT_ONCE + 1)]
    storm = [change for number in numbers for change in looked(book, RATE, bad(0, number))]
    sizes = _sizes_of_transactions(shelf, monkeypatch)

    assert len(book.save(storm, {"alerted_at": T0})) == len(storm)
    assert sizes == [AT_ONCE, AT_ONCE, 1]
    assert len(book.open()) == len(storm)


def test_a_storm_that_was_cut_short_is_looked_at_again(
    book: SqlAlerts, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [AlertScope(ScopeKind.NUMBER, str(n), WABA) for n in range(2 * AT_ONCE)]

    def storm() -> list[Change]:
        return [change for number in numbers for change in looked(book, RATE, bad(0, number))]

    with monkeypatch.context() as patch:
        _sizes_of_transactions(shelf, patch, at_most=1)
        with pytest.raises(StoreUnavailable):
            book.save(storm(), {"alerted_at": T0})
    with shelf.database.reading() as connection:
        assert read_mark(connection, "alerted_at") == 0

    assert len(book.save(storm(), {"alerted_at": T0})) == AT_ONCE
    assert [len(book.transitions(alert.key)) for alert in book.open()] == [1] * len(numbers)


def _sizes_of_transactions(shelf: Shelf, patch: pytest.MonkeyPatch, at_most: int = 1_000) -> list[int]:
    """How many transitions each transaction from now on writes; after *at_most* the database is away."""
    sizes: list[int] = []
    real = shelf.database.writing

    @contextmanager
    def writing() -> Iterator[Connection]:
        if len(sizes) == at_most:
            raise StoreUnavailable("the database is away")
        with real() as connection:
            count = select(func.count()).select_from(alert_transitions)
            before = connection.execute(count).scalar_one()
            yield connection
            sizes.append(connection.execute(count).scalar_one() - before)

    patch.setattr(shelf.database, "writing", writing)
    return sizes


def test_of_many_who_look_at_once_one_writes(shared_place: Place) -> None:
    shelf = Shelf(shared_place)
    books = [SqlAlerts(shared_place.database()) for _ in range(4)]
    first = SqlAlerts(shelf.database)
    changes = [looked(first, RATE, bad(minute)) for minute in range(4)]

    with ThreadPoolExecutor(4) as threads:
        written = list(threads.map(lambda pair: pair[0].save(pair[1], {}), zip(books, changes, strict=True)))

    assert sorted(map(len, written)) == [0, 0, 0, 1]
    (alert,) = first.open()
    assert len(first.transitions(alert.key)) == 1
    shelf.database.close()


def test_two_monitors_that_look_in_turn_write_each_transition_once(shared_place: Place) -> None:
    shelf = Shelf(shared_place)
    one, other = SqlAlerts(shelf.database), SqlAlerts(shared_place.database())
    for minute in range(0, 60, 5):
        reading = bad(minute) if minute % 20 < 10 else good(minute)
        seen = [looked(book, RATE, reading) for book in (one, other)]
        for book, changes in zip((one, other), seen, strict=True):
            book.save(changes, {})

    alerts = one.find(AlertFilter(), 10)
    assert [len(one.transitions(alert.key)) for alert in alerts] == [2, 2, 2]
    shelf.database.close()


# ---------------------------------------------------------------- acknowledging


def test_who_has_seen_it_is_kept_and_audited(book: SqlAlerts, shelf: Shelf) -> None:
    look(book, RATE, bad(0))
    (alert,) = book.open()

    assert book.acknowledge(alert.key, T0 + MINUTE, "ana", "looking", None)
    assert book.acknowledge(alert.key, T0 + 2 * MINUTE, "ben", "me too", None)

    (seen,) = book.open()
    assert (seen.ack_at, seen.ack_by, seen.ack_note, seen.phase) == (T0 + MINUTE, "ana", "looking", Phase.FIRING)
    with shelf.database.reading() as connection:
        entries = connection.execute(select(audit_entries.c.actor, audit_entries.c.action, audit_entries.c.subject))
        assert entries.all() == [("ana", "alert_acknowledged", f"alert:{alert.key}")]


def test_an_acknowledgement_does_not_outlive_the_alert(book: SqlAlerts) -> None:
    look(book, RATE, bad(0))
    book.acknowledge(book.open()[0].key, T0 + MINUTE, "ana", "", None)
    look(book, RATE, good(5), bad(10))

    (again,) = book.open()
    assert again.ack_at is None


def test_an_alert_that_is_over_cannot_be_acknowledged(book: SqlAlerts, shelf: Shelf) -> None:
    look(book, RATE, bad(0), good(5))
    (over,) = book.find(AlertFilter(), 1)

    assert not book.acknowledge(over.key, T0 + 10 * MINUTE, "ana", "", None)
    with shelf.database.reading() as connection:
        assert connection.execute(select(audit_entries)).all() == []


def test_an_event_ends_with_its_acknowledgement(book: SqlAlerts) -> None:
    told = bad(0, ACCOUNT, event="violation:1")
    look(book, VIOLATION, told)
    (alert,) = book.open()
    state = book.states()[VIOLATION.name, ACCOUNT]
    change = change_of(VIOLATION, ACCOUNT, state, acknowledge(VIOLATION, ACCOUNT, state, told, T0 + MINUTE), told)

    assert book.acknowledge(alert.key, T0 + MINUTE, "ana", "", change)

    (ended,) = book.find(AlertFilter(), 1)
    assert (ended.ended, ended.ack_by) == (Reason.ACKNOWLEDGED, "ana")


# ---------------------------------------------------------------- what routing reads


def test_a_transition_waits_until_it_is_planned(book: SqlAlerts, shelf: Shelf) -> None:
    look(book, RATE, bad(0), good(5))

    with shelf.database.writing() as connection:
        waiting = unplanned(connection, 10)
        mark_planned(connection, [waiting[0][0]], T0)
        left = unplanned(connection, 10)

    assert [t.reason for _, t in waiting] == [Reason.FIRED, Reason.RECOVERED]
    assert left == waiting[1:]


def test_open_alerts_know_their_newest_transition_and_how_often_they_fired(book: SqlAlerts, shelf: Shelf) -> None:
    look(book, RATE, bad(0), good(5), bad(10), bad(15, severity=Severity.CRITICAL))
    look(book, PAUSED, bad(0, TEMPLATE), bad(5, TEMPLATE, severity=Severity.CRITICAL))
    look(book, PAUSED, good(10, TEMPLATE))
    ended = next(a.key for a in book.find(AlertFilter(rule=PAUSED.name), 1))

    with shelf.database.reading() as connection:
        fires, *_ = open_alerts(connection)
        only = open_alerts(connection)
        both = {each.key: each for each in open_alerts(connection, {ended})}

    assert (fires.rule, fires.firings, fires.worsened) == (RATE.name, (T0, T0 + 10 * MINUTE), 0)
    assert len(only) == 1
    assert (both[ended].ended, both[ended].severity) == (Reason.RECOVERED, Severity.CRITICAL)
    assert 0 < both[ended].worsened < both[ended].transition


def test_a_bell_rings_when_something_changed_and_only_then(shelf: Shelf) -> None:
    rung: list[int] = []
    book = SqlAlerts(shelf.database, lambda: rung.append(1))

    look(book, RATE, good(0), bad(5), bad(10), good(15))

    assert len(rung) == 2


# ---------------------------------------------------------------- lists and figures


def test_alerts_are_found_by_what_they_are_about(book: SqlAlerts) -> None:
    look(book, RATE, bad(0), good(5))
    look(book, PAUSED, bad(10, TEMPLATE))
    look(book, VIOLATION, bad(20, AlertScope(ScopeKind.WABA, "another"), event="1"))

    def rules(wanted: AlertFilter) -> list[str]:
        return [alert.rule for alert in book.find(wanted, 10)]

    assert rules(AlertFilter()) == [VIOLATION.name, PAUSED.name, RATE.name]
    assert rules(AlertFilter(is_open=True)) == [VIOLATION.name, PAUSED.name]
    assert rules(AlertFilter(waba=WABA)) == [PAUSED.name, RATE.name]
    assert rules(AlertFilter(number=NUMBER.id)) == [RATE.name]
    assert rules(AlertFilter(severity=Severity.CRITICAL)) == [RATE.name]
    assert rules(AlertFilter(rule=RATE.name, since=T0 + 11 * MINUTE)) == []
    assert rules(AlertFilter(is_open=True, since=T0 + DAY)) == [VIOLATION.name, PAUSED.name]  # they still fire
    (second,) = book.find(AlertFilter(rule=PAUSED.name), 1)
    assert rules(AlertFilter(before=(second.fired_at or 0, second.key))) == [RATE.name]


def test_alerts_that_fire_are_counted_by_severity(book: SqlAlerts) -> None:
    look(book, RATE, bad(0))
    look(book, PAUSED, bad(0, TEMPLATE))
    look(book, replace(PAUSED, name="OTHER", for_ms=DAY), bad(0, TEMPLATE))

    assert book.counts() == {Severity.CRITICAL: 1, Severity.WARNING: 1}


def test_the_public_view_tells_each_alert_and_its_end(book: SqlAlerts, shelf: Shelf) -> None:
    look(book, RATE, bad(0), good(5))
    look(book, PAUSED, bad(10, TEMPLATE))
    book.acknowledge(book.open()[0].key, T0 + 11 * MINUTE, "ana", "mine", None)

    rows = ask(
        shelf,
        "SELECT alert_type, severity, status, resolution, duration_ms, phone_number_id, waba_id, acknowledged_by,"
        " message FROM alert_history ORDER BY created_at_ms",
    )

    assert [tuple(row.values()) for row in rows] == [
        (RATE.name, "critical", "resolved", "recovered", 5 * MINUTE, NUMBER.id, WABA, None, "160 of 200 arrived"),
        (PAUSED.name, "warning", "acknowledged", None, None, None, WABA, "ana", "160 of 200 arrived"),
    ]


def test_nothing_is_remembered_of_what_was_always_good(book: SqlAlerts) -> None:
    look(book, RATE, good(0), good(5))

    assert book.states() == {}
    assert book.states([RATE.name]).get((RATE.name, NUMBER), NEVER) == NEVER


# ---------------------------------------------------------------- what names an alert, and what explained others


def test_a_number_whose_account_becomes_known_goes_on_with_its_alert(book: SqlAlerts) -> None:
    unknown = NUMBER._replace(waba="")
    (fired,) = look(book, RATE, bad(0, unknown))

    assert look(book, RATE, bad(5)) == []
    (alert,) = book.open()
    assert (alert.key, alert.scope.waba) == (fired.alert, WABA)
    ((_, scope),) = book.states()
    assert scope.waba == WABA

    (ended,) = look(book, RATE, good(10))
    assert (ended.alert, ended.became, book.open()) == (fired.alert, Phase.RESOLVED, [])


def test_an_account_that_was_known_is_not_forgotten(book: SqlAlerts) -> None:
    look(book, RATE, bad(0), bad(5, NUMBER._replace(waba="")))

    ((_, scope),) = book.states()
    assert (scope.waba, book.open()[0].scope.waba) == (WABA, WABA)


def test_causes_that_recovered_lately_are_remembered(book: SqlAlerts) -> None:
    look(book, RATE, bad(0), good(5))
    look(book, VIOLATION, replace(bad(0, ACCOUNT), event="1"))

    (cause,) = book.past_causes(T0 + 6 * MINUTE)
    assert (cause.rule, cause.scope, cause.ended_at, cause.ended) == (
        RATE.name,
        NUMBER,
        T0 + 5 * MINUTE,
        Reason.RECOVERED,
    )
    assert book.past_causes(T0 + DAY) == []
