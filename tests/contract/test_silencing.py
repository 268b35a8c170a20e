"""Silences and maintenance: who set them and why, what they held, and that both end."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tests.support.alert_books import RATE
from tests.support.facts import HOUR, MINUTE, T0, WABA
from tests.support.notifying import Desk, scope
from tests.support.places import ON_EACH, Place
from wabawatch.domain.alerts import Severity
from wabawatch.domain.errors import BadRequest, NotFound
from wabawatch.domain.notices import NoticeKind
from wabawatch.domain.outbox import NoticeState
from wabawatch.domain.routing import Because, Channel
from wabawatch.domain.silences import Matcher, Window
from wabawatch.domain.standing import DAY_MS
from wabawatch.storage.database import Database
from wabawatch.storage.schema import audit_entries

pytestmark = ON_EACH

RATES = Matcher(type=RATE.name)


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    database = place.database()
    yield database
    database.close()


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_a_silence_says_who_why_until_when_and_how_many_alerts_it_held(desk: Desk) -> None:
    desk.silencing.silence(RATES, "  known,\n being mended ", "ann", T0 + HOUR)
    desk.fire(0, 0, 1, 2)
    desk.work(0)

    [quiet] = desk.silencing.silences()
    assert (quiet.silence.by, quiet.silence.reason, quiet.silence.ends_at) == ("ann", "known, being mended", T0 + HOUR)
    assert (quiet.held, quiet.is_active) == (3, True)
    assert desk.notifiers["ops"].got == []


def test_one_that_hides_nothing_is_listed_too(desk: Desk) -> None:
    desk.silencing.silence(Matcher(waba="9"), "moving", "ann", T0 + HOUR, starts_at=T0 + MINUTE)

    [quiet] = desk.silencing.silences()
    assert (quiet.held, quiet.is_active) == (0, False)


def test_what_still_fires_when_a_silence_ends_is_told_then(desk: Desk) -> None:
    desk.silencing.silence(RATES, "known", "ann", T0 + HOUR)
    desk.fire()
    desk.work(0)
    desk.work(59)
    assert desk.notifiers["ops"].got == []

    desk.work(60)

    assert [notice.kind for notice, _ in desk.notifiers["ops"].got] == [NoticeKind.FIRING]
    [why] = desk.telling.why(desk.key())
    assert [told.decision.because for told in why.decisions] == [Because.SILENCED, Because.FIRST_NOTICE]
    assert "(silence 1)" in why.decisions[0].sentence


def test_somebody_may_end_it_early(desk: Desk, database: Database) -> None:
    silence = desk.silencing.silence(RATES, "known", "ann", T0 + HOUR)
    desk.fire()
    desk.work(0)
    desk.turn(5)
    desk.silencing.unsilence(silence.id, "bob")
    desk.work(5)

    assert len(desk.notifiers["ops"].got) == 1
    assert desk.silencing.silences() == []
    [quiet] = desk.silencing.silences(with_ended=True)
    assert (quiet.silence.ended_by, quiet.silence.ends_at, quiet.is_active) == ("bob", T0 + 5 * MINUTE, False)
    with database.reading() as connection:
        rows = connection.execute(select(audit_entries).order_by(audit_entries.c.id)).all()
    assert [(row.actor, row.action, row.subject) for row in rows] == [
        ("ann", "alerts_silenced", "silence:1"),
        ("bob", "alerts_unsilenced", "silence:1"),
    ]
    told = json.loads(rows[0].detail)
    assert told == {"type": RATES.type, "starts_at": quiet.silence.starts_at, "ends_at": T0 + HOUR}


def test_what_has_ended_or_never_was_cannot_be_ended(desk: Desk) -> None:
    silence = desk.silencing.silence(RATES, "known", "ann", T0 + HOUR)
    desk.turn(60)

    with pytest.raises(NotFound, match="silence 1"):
        desk.silencing.unsilence(silence.id, "bob")
    with pytest.raises(NotFound, match="window 77"):
        desk.silencing.end_maintenance(77, "bob")


@pytest.mark.parametrize(
    ("matcher", "reason", "ends_at", "said"),
    [
        (Matcher(), "known", T0 + HOUR, "say what to silence"),
        (RATES, " ", T0 + HOUR, "say why"),
        (RATES, "x" * 501, T0 + HOUR, "longer than 500"),
        (RATES, "known", T0, "in the future"),
        (RATES, "known", T0 + 31 * DAY_MS, "30 days at most"),
        (Matcher(type="DELIVERY_RATE_LOV"), "known", T0 + HOUR, "no type of alert; there are DELIVERY_RATE_LOW"),
        (Matcher(scope="106540352242922"), "known", T0 + HOUR, "is no scope"),
    ],
)
def test_a_silence_that_helps_nobody_is_refused(
    desk: Desk, matcher: Matcher, reason: str, ends_at: int, said: str
) -> None:
    with pytest.raises(BadRequest, match=said):
        desk.silencing.silence(matcher, reason, "ann", ends_at)


@pytest.mark.parametrize(
    ("matcher", "held"),
    [
        (Matcher(scope=str(scope(0))), 1),
        (Matcher(waba=WABA), 2),
        (Matcher(type=RATE.name, scope=str(scope(1))), 1),
        (Matcher(waba="9"), 0),
    ],
)
def test_it_holds_what_it_means_and_nothing_else(desk: Desk, matcher: Matcher, held: int) -> None:
    desk.silencing.silence(matcher, "known", "ann", T0 + HOUR)
    desk.fire(0, 0, 1)
    desk.work(0)

    assert desk.silencing.silences()[0].held == held
    assert sum(notice.total for notice, _ in desk.notifiers["ops"].got) == 2 - held


def test_one_alert_can_be_silenced(desk: Desk) -> None:
    desk.fire(0, 0)
    key = desk.key()
    desk.silencing.silence(Matcher(alert=key), "known", "ann", T0 + HOUR)
    desk.fire(0, 1)
    desk.work(0)

    [(notice, _)] = desk.notifiers["ops"].got
    assert [told.scope for told in notice.told] == [scope(1)]


# ---------------------------------------------------------------- maintenance


def test_a_window_that_somebody_entered_holds_until_it_ends(desk: Desk) -> None:
    desk.silencing.maintain(Window("move", T0, T0 + HOUR, "new servers"), "ann")
    desk.fire()
    desk.work(0)
    assert desk.notifiers["ops"].got == []

    desk.work(60)

    [why] = desk.telling.why(desk.key())
    assert [told.decision.because for told in why.decisions] == [Because.IN_MAINTENANCE, Because.FIRST_NOTICE]


def test_a_window_of_the_settings_holds_too(database: Database) -> None:
    desk = Desk(database, windows=[Window("sunday", T0, T0 + HOUR)])
    desk.fire()
    desk.work(0)
    assert desk.notifiers["ops"].got == []

    desk.work(60)

    assert len(desk.notifiers["ops"].got) == 1


def test_windows_are_listed_together_as_they_really_were(database: Database) -> None:
    desk = Desk(database, windows=[Window("sunday", T0 + 2 * HOUR, T0 + 3 * HOUR)])
    entered = desk.silencing.maintain(Window("move", T0, T0 + HOUR, "new servers"), "ann")
    desk.silencing.maintain(Window("one", T0, T0 + HOUR, "new", wabas=frozenset({WABA})), "ann")
    desk.silencing.maintain(Window("later", T0 + 4 * HOUR, T0 + 5 * HOUR, "never done"), "ann")
    desk.turn(30)
    desk.silencing.end_maintenance(entered.id, "bob")
    desk.silencing.end_maintenance(3, "bob")

    assert [each.name for each in desk.silencing.windows(T0, T0 + DAY_MS)] == ["move", "one", "sunday"]
    assert desk.silencing.holds_everything(T0, T0 + DAY_MS) == [
        (T0, T0 + 30 * MINUTE),
        (T0 + 2 * HOUR, T0 + 3 * HOUR),
    ]
    assert desk.silencing.windows(T0 + 40 * MINUTE, T0 + 50 * MINUTE)[0].wabas == {WABA}


def test_a_window_has_a_reason_and_an_end(desk: Desk) -> None:
    with pytest.raises(BadRequest, match="say why"):
        desk.silencing.maintain(Window("move", T0, T0 + HOUR), "ann")
    with pytest.raises(BadRequest, match="in the future"):
        desk.silencing.maintain(Window("move", T0 - HOUR, T0, "why"), "ann")


# ---------------------------------------------------------------- why was I not told?


def test_why_names_each_channel_its_reason_and_what_became_of_the_notice(database: Database) -> None:
    desk = Desk(database, (Channel("ops"), Channel("other", wabas=frozenset({"9"})), Channel("x", Severity.CRITICAL)))
    desk.fire()
    desk.work(0)

    ops, other, third = desk.telling.why(desk.key())

    assert (ops.channel, ops.is_told) == ("ops", True)
    assert ops.decisions[0].sent is not None
    assert ops.decisions[0].sent.state is NoticeState.SENT
    assert (other.because, other.sentence) == (
        Because.OTHER_WABA,
        "The channel is told of alerts of other WABAs only.",
    )
    assert third.is_told


def test_before_anything_was_planned_that_is_said(desk: Desk) -> None:
    desk.fire()

    [why] = desk.telling.why(desk.key())

    assert (why.because, why.decisions) == (None, ())
    assert "while monitoring" in why.sentence


def test_an_alert_that_never_was_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no alert 'zzz'"):
        desk.telling.why("zzz")
