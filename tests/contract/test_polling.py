"""What Meta tells when it is asked: each change once, with before and after; nothing where nothing changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tests.support.facts import NUMBERS, OTHER_WABA, T0, TEMPLATES, WABA, at, recorded, told
from tests.support.places import Place
from tests.support.polling import MINUTE, Watch, loads, number, template, token
from wabawatch.domain.facts import NumberChanged, Source, Status, TemplateChanged, When
from wabawatch.domain.platform import Kind, Seen, Subject, value
from wabawatch.domain.polls import Ask, Poll, claimed
from wabawatch.domain.standing import TemplateUse
from wabawatch.ports import MONITORING, STOPPED
from wabawatch.storage import schema

HELLO = Subject(Kind.TEMPLATE, "hello/en", WABA)


@pytest.fixture
def watch(place: Place) -> Iterator[Watch]:
    watch = Watch(place)
    yield watch
    watch.shelf.database.close()


def events(watch: Watch, kind: str, event: str) -> list[tuple[str, str]]:
    """Before and after of each event of a kind, in order."""
    c = schema.events.c
    query = select(c.before, c.after).where(c.kind == kind, c.event == event).order_by(c.at)
    with watch.shelf.database.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def webhook(watch: Watch, after: str, happened: int, came: int) -> None:
    """A webhook about the template, some minutes after the beginning."""
    when = When(T0 + happened * MINUTE, T0 + came * MINUTE)
    fact = TemplateChanged(when, Source.WEBHOOK, WABA, "status", "hello", "en", after=after)
    watch.shelf.learn([fact])


def verdict(watch: Watch, minutes: float, wamid: str = "wamid.one") -> str:
    """How a send is judged, that was accepted so many minutes after the beginning."""
    sent_at = int(minutes * MINUTE)
    send = recorded(sent_at, wamid=wamid, template=TEMPLATES[0])
    watch.shelf.learn([send, told(Status.SENT, sent_at, wamid=wamid, waba=WABA)])
    watch.shelf.settle(T0)
    with watch.shelf.books.writing() as ledger:
        (held,), _ = ledger.find([wamid], [])
    use: TemplateUse = held.judgement.use
    return use.value


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


# ---------------------------------------------------------------- templates: by webhook, by poll only, and late


def test_a_template_paused_between_two_sends_known_by_webhook(watch: Watch) -> None:
    webhook(watch, "APPROVED", -60, -60)
    webhook(watch, "PAUSED", 10, 10)

    assert [verdict(watch, m, f"wamid.{m}") for m in (5, 12, 25)] == ["compliant", "unverified", "violation"]


def test_a_template_paused_between_two_sends_known_by_poll_only(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(5)
    watch.meta.says(Ask.TEMPLATES, WABA, template("PAUSED"))
    watch.run(30)
    told_at = watch.platform.templates(WABA)[HELLO]["status"].told_at
    minutes = (told_at - T0) / MINUTE

    found = [verdict(watch, m, f"wamid.{m}") for m in (minutes - 0.1, minutes + 9, minutes + 11)]
    assert found == ["compliant", "unverified", "violation"]


def verdict_now(watch: Watch, wamid: str) -> str:
    """How a send is judged now that more is known."""
    watch.shelf.settle(T0)
    with watch.shelf.books.writing() as ledger:
        (held,), _ = ledger.find([wamid], [])
    use: TemplateUse = held.judgement.use
    return use.value


def test_an_un_pause_that_a_webhook_tells_late_clears_the_sends_after_it(watch: Watch) -> None:
    webhook(watch, "PAUSED", 0, 0)
    assert [verdict(watch, m, f"wamid.{m}") for m in (15, 25)] == ["violation", "violation"]

    webhook(watch, "APPROVED", 20, 40)

    assert [verdict_now(watch, f"wamid.{m}") for m in (15, 25)] == ["violation", "compliant"]


def test_an_un_pause_that_only_a_look_finds_leaves_the_sends_before_it_unverified(watch: Watch) -> None:
    webhook(watch, "PAUSED", 0, 0)
    assert verdict(watch, 15) == "violation"

    watch.clock.turn_to(T0 + 20 * MINUTE)
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(10)

    assert verdict_now(watch, "wamid.one") == "unverified"
    assert verdict(watch, 31, "wamid.two") == "compliant"


def taken_while_paused(watch: Watch) -> None:
    """Lists are long done when a paused template is sent, and Meta takes it."""
    watch.meta.says(Ask.TEMPLATES, WABA, template("PAUSED"))
    watch.run(14)
    watch.meta.asked.clear()
    minutes = (watch.clock.now() - T0) / MINUTE
    assert verdict(watch, minutes, "wamid.taken") == "violation"


def test_an_accepted_send_that_contradicts_what_is_known_has_meta_asked_at_once(watch: Watch) -> None:
    taken_while_paused(watch)
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(0.5)

    assert (Ask.ONE_TEMPLATE, f"{WABA}/hello/en", "") in watch.meta.asked
    assert verdict_now(watch, "wamid.taken") == "unverified"


def test_where_meta_says_that_it_cannot_be_sent_the_send_stays_a_violation(watch: Watch) -> None:
    taken_while_paused(watch)
    watch.run(0.5)
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(70)

    assert watch.asked(Ask.ONE_TEMPLATE) > 0
    assert verdict_now(watch, "wamid.taken") == "violation"
    assert events(watch, "template", "status")[:2] == [("", "PAUSED"), ("PAUSED", "PAUSED")]


def test_what_is_in_doubt_is_asked_about_every_ten_minutes_and_not_for_ever(watch: Watch) -> None:
    taken_while_paused(watch)

    watch.run(300, step_ms=30_000)

    assert 6 <= watch.asked(Ask.ONE_TEMPLATE) <= 12


def test_a_send_that_breaks_no_rule_has_nobody_asked(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(14)
    assert verdict(watch, (watch.clock.now() - T0) / MINUTE) == "compliant"
    watch.run(30)

    assert not watch.asked(Ask.ONE_TEMPLATE)


def test_a_poll_that_repeats_gives_no_new_margin(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template("PAUSED"))
    watch.run(5)
    before = watch.platform.templates(WABA)[HELLO]["status"].told_at

    watch.run(90)

    assert watch.platform.templates(WABA)[HELLO]["status"].told_at == before
    assert verdict(watch, (before - T0) / MINUTE + 11) == "violation"


def test_a_pause_that_we_learn_late_makes_no_earlier_send_a_violation(watch: Watch) -> None:
    webhook(watch, "APPROVED", -60, -60)
    assert verdict(watch, 30) == "compliant"

    webhook(watch, "PAUSED", 10, 40)
    watch.shelf.settle(T0)

    assert verdict(watch, 30) == "compliant"
    assert [verdict(watch, m, f"wamid.{m}") for m in (45, 55)] == ["unverified", "violation"]


def test_a_late_webhook_does_not_overrule_a_later_look(watch: Watch) -> None:
    """The pause was over when we looked; its webhook comes after that, and the one that ended it never comes."""
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(130, step_ms=30_000)

    webhook(watch, "PAUSED", 30, 131)

    assert [verdict(watch, m, f"wamid.{m}") for m in (132, 150)] == ["compliant", "compliant"]
    assert value(watch.platform.templates(WABA)[HELLO], "status") == "APPROVED"


def test_a_look_that_was_on_its_way_does_not_undo_a_webhook(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(14)

    webhook(watch, "PAUSED", 14, 14)
    watch.run(0.9)

    assert value(watch.platform.templates(WABA)[HELLO], "status") == "PAUSED"


def test_a_webhook_and_the_poll_after_it_are_one_change(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(5)
    webhook(watch, "FLAGGED", 6, 6)
    watch.run(70)

    assert events(watch, "template", "status") == [("", "APPROVED"), ("", "FLAGGED")]


def test_a_template_that_two_whole_lists_lack_is_deleted(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template(), template(name="promo/pt_BR"))
    watch.run(10)
    watch.meta.says(Ask.TEMPLATES, WABA, template(name="promo/pt_BR"))

    watch.run(62)
    assert value(watch.platform.templates(WABA)[HELLO], "status") == "APPROVED"
    watch.run(62)
    assert value(watch.platform.templates(WABA)[HELLO], "status") == "DELETED"
    assert value(watch.platform.templates(WABA)[Subject(Kind.TEMPLATE, "promo/pt_BR", WABA)], "status") == "APPROVED"


def test_a_list_of_several_pages_is_read_to_its_end(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template(), after="two")
    watch.meta.says(Ask.TEMPLATES, f"{WABA}@two", template(name="promo/pt_BR"))

    watch.run(4)

    assert len(watch.platform.templates(WABA)) == 2
    assert ("templates", WABA, "two") in watch.meta.asked


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
