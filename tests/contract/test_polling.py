"""What Meta tells when it is asked: each change once, with before and after; nothing where nothing changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tests.support.facts import NUMBERS, OTHER_WABA, T0, WABA, at, told
from tests.support.places import ON_EACH, Place
from tests.support.polled_templates import HELLO, events, verdict
from tests.support.polling import MINUTE, Watch, loads, number, template, token
from wabawatch.domain.facts import NumberChanged, Source, Status, When
from wabawatch.domain.platform import Kind, Seen, Subject, value
from wabawatch.domain.polls import Ask, Poll, claimed
from wabawatch.ports import MONITORING, STOPPED
from wabawatch.storage import schema

pytestmark = ON_EACH


@pytest.fixture
def watch(place: Place) -> Iterator[Watch]:
    watch = Watch(place)
    yield watch
    watch.shelf.database.close()


# ---------------------------------------------------------------- changes and repeats


def test_a_change_is_an_event_with_before_and_after(watch: Watch) -> None:
    for rating in ("GREEN", "RED", "GREEN", "RED"):
        watch.meta.says(Ask.NUMBERS, WABA, number(rating))
        watch.run(15)

    assert events(watch, "number", "quality") == [("", "GREEN"), ("GREEN", "RED"), ("RED", "GREEN"), ("GREEN", "RED")]


def test_what_repeats_is_written_once(watch: Watch) -> None:
    watch.meta.says(Ask.NUMBERS, WABA, number())
    watch.meta.says(Ask.TEMPLATES, WABA, template())

    watch.run(180, step_ms=30_000)

    assert watch.asked(Ask.NUMBERS) > 10
    assert events(watch, "number", "quality") == [("", "GREEN")]
    assert events(watch, "template", "status") == [("", "APPROVED")]


def test_what_is_known_can_be_read(watch: Watch) -> None:
    watch.meta.says(Ask.NUMBERS, WABA, number("YELLOW", limit="TIER_2K"))
    watch.meta.says(Ask.TEMPLATES, WABA, template("PAUSED"))

    watch.run(3)

    known = watch.platform.states()[Subject(Kind.NUMBER, NUMBERS[0])]
    assert (value(known, "quality"), value(known, "limit"), value(known, "status")) == (
        "YELLOW",
        "TIER_2K",
        "CONNECTED",
    )
    assert value(watch.platform.templates(WABA)[HELLO], "status") == "PAUSED"


def test_a_new_note_is_news_too(watch: Watch) -> None:
    blocked = Seen(Subject(Kind.NUMBER, NUMBERS[0]), {"health": "BLOCKED"}, {"health": "Register the number."}, WABA)
    watch.meta.says(Ask.NUMBERS, WABA, blocked)
    watch.run(15)
    watch.meta.says(Ask.NUMBERS, WABA, Seen(blocked.subject, blocked.values, {"health": "Pay."}, WABA))
    watch.run(15)

    assert events(watch, "number", "health") == [("", "BLOCKED"), ("BLOCKED", "BLOCKED")]
    assert watch.platform.states()[blocked.subject]["health"].note == "Pay."


def test_an_aspect_that_is_not_shown_says_nothing(watch: Watch) -> None:
    watch.meta.says(Ask.NUMBERS, WABA, number("RED"))
    watch.run(15)
    watch.meta.says(Ask.NUMBERS, WABA, Seen(Subject(Kind.NUMBER, NUMBERS[0]), {"status": "CONNECTED"}, waba=WABA))
    watch.run(15)

    assert value(watch.platform.states()[Subject(Kind.NUMBER, NUMBERS[0])], "quality") == "RED"


@pytest.mark.parametrize("is_known_before", [True, False])
def test_an_event_that_names_only_the_dialled_number_gets_its_id(watch: Watch, is_known_before: bool) -> None:
    if is_known_before:
        watch.meta.says(Ask.NUMBERS, WABA, number())
        watch.run(3)
    limit = NumberChanged(at(), Source.WEBHOOK, "limit", display_number="15550100001", waba=WABA, after="TIER_10K")
    watch.shelf.learn([limit])
    watch.meta.says(Ask.NUMBERS, WABA, number())
    watch.run(15)

    numbers = select(schema.numbers.c.phone_number_id).join(
        schema.events, schema.events.c.number_id == schema.numbers.c.id
    )
    with watch.shelf.database.reading() as connection:
        found = connection.execute(numbers.where(schema.events.c.after == "TIER_10K")).scalars().all()
    assert found == [NUMBERS[0]]


# ---------------------------------------------------------------- ratings


def test_a_message_has_the_rating_its_number_had_as_known_then(watch: Watch) -> None:
    watch.meta.says(Ask.NUMBERS, WABA, number("GREEN"))
    watch.run(5)
    watch.meta.says(Ask.NUMBERS, WABA, number("RED"))
    watch.run(15)
    told_at = watch.platform.states()[Subject(Kind.NUMBER, NUMBERS[0])]["quality"].told_at

    for minutes in ((told_at - T0) / MINUTE - 1, (told_at - T0) / MINUTE + 1):
        verdict(watch, minutes, f"wamid.{minutes}")

    with watch.shelf.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT quality_rating FROM whatsapp_message_queue ORDER BY created_at").all()
    assert [row[0] for row in rows] == ["GREEN", "RED"]


def test_later_news_of_a_rating_changes_no_message(watch: Watch) -> None:
    verdict(watch, 10)
    rating = NumberChanged(When(T0, T0 + 20 * MINUTE), Source.POLL, "quality", NUMBERS[0], after="RED")
    watch.shelf.learn([rating])
    watch.shelf.settle(T0)

    with watch.shelf.books.writing() as ledger:
        (held,), _ = ledger.find(["wamid.one"], [])
    assert held.judgement.quality_rating == ""


def test_a_rating_known_before_a_send_counts_although_it_is_written_down_after_it(watch: Watch) -> None:
    verdict(watch, 10)
    watch.shelf.learn([NumberChanged(When(T0, T0), Source.POLL, "quality", NUMBERS[0], after="RED")])
    watch.shelf.settle(T0)

    with watch.shelf.books.writing() as ledger:
        (held,), _ = ledger.find(["wamid.one"], [])
    assert held.judgement.quality_rating == "RED"


# ---------------------------------------------------------------- whom, how often, and what goes wrong


def test_the_token_names_accounts_to_ask_about(place: Place) -> None:
    watch = Watch(place, wabas=())
    watch.meta.says(Ask.TOKEN, "", token(wabas=f"{WABA},{OTHER_WABA}"))

    watch.run(3)

    assert {subject for ask, subject, _ in watch.meta.asked if ask is Ask.NUMBERS} == {WABA, OTHER_WABA}
    watch.shelf.database.close()


def test_accounts_that_messages_came_of_are_asked_about(place: Place) -> None:
    watch = Watch(place, wabas=())
    watch.shelf.learn([told(Status.SENT, 0, waba=WABA)])

    watch.run(2)

    assert (Ask.NUMBERS, WABA, "") in watch.meta.asked
    watch.shelf.database.close()


def test_of_two_that_poll_the_same_books_one_asks(watch: Watch) -> None:
    board = watch.platform.board(0)
    poll = Poll(Ask.NUMBERS, WABA)
    first, second = claimed(poll, T0), claimed(poll, T0 + 1)

    assert board.polls == ()
    assert [watch.platform.claim(poll, first), watch.platform.claim(poll, second)] == [True, False]
    assert [watch.platform.claim(first, second), watch.platform.claim(first, second)] == [True, False]


def test_a_token_that_does_not_work_stops_all_but_the_look_at_it(watch: Watch) -> None:
    watch.meta.refuses(Ask.NUMBERS, WABA, 190, "Error validating access token")
    watch.meta.says(Ask.TOKEN, "", token("false"))
    watch.run(5)
    watch.meta.asked.clear()

    watch.run(30)

    assert {ask for ask, _, _ in watch.meta.asked} <= {Ask.TOKEN}
    assert watch.platform.board(0).is_token_bad


def test_a_token_that_works_again_lets_everything_go_on(watch: Watch) -> None:
    watch.meta.says(Ask.TOKEN, "", token("false"))
    watch.run(5)
    watch.meta.says(Ask.TOKEN, "", token("true"))

    watch.run(30)

    assert watch.asked(Ask.NUMBERS)


def test_at_the_limit_nothing_is_asked_until_it_regains(watch: Watch) -> None:
    watch.meta.says(Ask.NUMBERS, WABA, number(), loads=loads(97, 30 * MINUTE))
    watch.run(2)
    watch.meta.asked.clear()

    watch.run(25)
    assert not [subject for _, subject, _ in watch.meta.asked if subject]
    watch.run(10)
    assert [subject for _, subject, _ in watch.meta.asked if subject]


def test_what_fails_is_kept_with_its_error_and_asked_more_seldom(watch: Watch) -> None:
    watch.meta.refuses(Ask.ACCOUNT, WABA, 100, "Unsupported get request")

    watch.run(240, step_ms=30_000)

    (poll,) = [each for each in watch.platform.board(0).polls if each.ask is Ask.ACCOUNT]
    assert (poll.error, poll.error_code, poll.ok_at) == ("Unsupported get request", 100, 0)
    assert watch.asked(Ask.ACCOUNT) < 5


def test_stopped_monitoring_asks_nothing(watch: Watch) -> None:
    with watch.shelf.books.writing() as ledger:
        ledger.set_mark(MONITORING, STOPPED)

    watch.run(30)

    assert watch.meta.asked == []
