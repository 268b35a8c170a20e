"""News of alerts on disk: what open windows are told, how far each user has read, and what people did."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tests.support.alert_books import PAUSED, RATE, bad, good, look
from tests.support.facts import HOUR, MINUTE, T0
from tests.support.notifying import Desk, scope
from tests.support.places import Place
from wabawatch.domain.alert_news import DeedKind, ItemKind, Told
from wabawatch.domain.errors import BadRequest, NotFound
from wabawatch.domain.silences import Matcher
from wabawatch.flows.alert_news import LONGEST_NOTE, AlertNews
from wabawatch.storage.alert_news import SqlAlertNews
from wabawatch.storage.database import Database
from wabawatch.storage.schema import audit_entries

ANN, BEN = 7, 8


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    database = place.database()
    yield database
    database.close()


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


@pytest.fixture
def news(desk: Desk) -> AlertNews:
    return AlertNews(SqlAlertNews(desk.database), desk.clock)


def test_the_sign_changes_with_whatever_begins_ends_or_is_done_and_with_nothing_else(
    desk: Desk, news: AlertNews
) -> None:
    signs = [news.book.sign(T0)]

    def then(at: int = T0) -> None:
        signs.append(news.book.sign(at))

    desk.fire(0)
    then()
    desk.alerts.acknowledge(desk.key(), T0, "user:7", "", None)
    then()
    news.note(desk.key(), "user:7", "looking")
    then()
    one = desk.silencing.silence(Matcher(type=RATE.name), "known", "user:7", T0 + HOUR)
    then()
    then(T0 + HOUR)  # it has ended by itself
    desk.silencing.unsilence(one.id, "user:7")
    then()
    desk.recover(5)
    then()

    assert len(set(signs)) == len(signs)
    assert not any(set(sign) & set("/ \n") for sign in signs)
    assert news.book.sign(T0) == signs[-1]


def test_a_window_is_told_what_came_since_and_then_no_more(desk: Desk, news: AlertNews) -> None:
    before = news.told()
    desk.fire(0)
    desk.alerts.acknowledge(key := desk.key(), T0, "user:7", "we call Meta", None)
    desk.fire(1, 1)

    found = news.news(before, (), ANN)

    assert [(item.kind, item.alert == key) for item in found.items] == [(ItemKind.FIRED, False), (ItemKind.DONE, True)]
    assert found.told == news.told() == Told(2, 1)
    assert news.news(found.told, (), ANN).items == ()


def test_what_a_window_still_shows_is_told_again_until_somebody_has_seen_it(desk: Desk, news: AlertNews) -> None:
    desk.fire(0)
    (item,) = news.news(Told(), (), ANN).items
    told = news.told()

    assert [each.alert for each in news.news(told, item.transitions, ANN).items] == [desk.key()]
    assert news.news(told, [999], ANN).items == ()
    desk.alerts.acknowledge(desk.key(), T0, "user:8", "", None)
    assert [each.kind for each in news.news(told, item.transitions, ANN).items] == [ItemKind.DONE]


def test_each_user_has_read_for_themselves_and_who_never_looked_has_not_read_what_fires(
    desk: Desk, news: AlertNews
) -> None:
    desk.fire(0, 0, 1)
    desk.recover(5, 1)
    assert (news.unread(ANN), news.unread(BEN)) == (1, 1)

    news.look(ANN)
    assert (news.unread(ANN), news.unread(BEN)) == (0, 1)
    assert news.book.looks() == {ANN: 3}

    desk.fire(20, 2, 3)
    desk.recover(25, 2)
    desk.fire(30, 2)  # the same thing again is another alert
    assert (news.unread(ANN), news.unread(BEN)) == (3, 3)


def test_what_was_read_stays_read(desk: Desk, news: AlertNews) -> None:
    desk.fire(0, 0, 1, 2)
    news.look(ANN)
    news.book.look(ANN, 1)  # of another window, and late

    assert news.book.seen(ANN) == 3


def test_what_is_silenced_is_neither_told_nor_unread(desk: Desk, news: AlertNews) -> None:
    news.look(ANN)
    told = news.told()
    desk.silencing.silence(Matcher(scope=str(scope(0))), "known", "user:7", T0 + HOUR)
    desk.fire(0, 0, 1)

    assert [item.kind for item in news.news(told, (), ANN).items] == [ItemKind.FIRED, ItemKind.DONE]
    assert (news.unread(ANN), news.unread(BEN)) == (1, 1)


def test_what_people_did_about_an_alert_is_kept_with_their_words(desk: Desk, news: AlertNews) -> None:
    desk.fire(0)
    key = desk.key()
    desk.alerts.acknowledge(key, T0, "user:7", "we call Meta", None)
    one = desk.silencing.silence(Matcher(alert=key), "they work on it", "user:8", T0 + HOUR)
    desk.turn(1)
    desk.silencing.unsilence(one.id, "user:7")
    desk.recover(5)
    news.note(key, "user:7", " it was\nthe cable ")

    assert [(deed.kind, deed.by, deed.words) for deed in news.deeds(key)] == [
        (DeedKind.ACKNOWLEDGED, "user:7", "we call Meta"),
        (DeedKind.SILENCED, "user:8", "they work on it"),
        (DeedKind.UNSILENCED, "user:7", ""),
        (DeedKind.NOTED, "user:7", "it was\nthe cable"),
    ]
    with desk.database.reading() as connection:
        entries = connection.execute(select(audit_entries)).all()
    assert ("user:7", "alert_noted", f"alert:{key}") in [(row.actor, row.action, row.subject) for row in entries]
    assert not any("cable" in row.detail for row in entries)


@pytest.mark.parametrize("words", ["", " \n", "x" * (LONGEST_NOTE + 1)])
def test_a_note_says_something_and_not_too_much(desk: Desk, news: AlertNews, words: str) -> None:
    desk.fire(0)

    with pytest.raises(BadRequest, match="note:"):
        news.note(desk.key(), "user:7", words)


def test_nobody_writes_about_an_alert_that_there_is_not(news: AlertNews) -> None:
    with pytest.raises(NotFound, match="no alert 'nothing'"):
        news.note("nothing", "user:7", "odd")


def test_the_newest_of_very_many_are_told(desk: Desk, news: AlertNews) -> None:
    book = news.book
    for minute in range(4):
        look(desk.alerts, PAUSED, bad(minute, scope(minute)), good(minute + 0.5, scope(minute)))

    assert [number for number, _ in book.transitions_since(0, 3)] == [6, 7, 8]
    assert [number for number, _ in book.some_transitions([7, 2, 99])] == [2, 7]
    assert book.some_transitions([7])[0][1].at == T0 + 3 * MINUTE
