"""What the books hold of numbers and accounts: when they were heard of, and what was told of them."""

from __future__ import annotations

import pytest

from tests.support.books import Shelf
from tests.support.facts import DAY, HOUR, MINUTE, NUMBERS, OTHER_WABA, T0, WABA, at, told
from wabawatch.domain.calls import VERSION
from wabawatch.domain.facts import (
    AccountChanged,
    MessageReceived,
    NumberChanged,
    Occurred,
    Source,
    Status,
    TemplateChanged,
    When,
)
from wabawatch.domain.metrics import message_counts
from wabawatch.ports import Window
from wabawatch.storage import counts
from wabawatch.storage.number_books import NEWEST, SqlNumberBooks

ONE, OTHER = NUMBERS


@pytest.fixture
def shelf(lasting_shelf: Shelf) -> Shelf:
    lasting_shelf.clear()
    return lasting_shelf


@pytest.fixture
def books(shelf: Shelf) -> SqlNumberBooks:
    return SqlNumberBooks(shelf.database)


def received(wamid: str, offset: int, number: str = ONE) -> MessageReceived:
    return MessageReceived(at(offset), Source.WEBHOOK, wamid, number, WABA, type="text")


def changed(aspect: str, after: str, offset: int, number: str = ONE, **more: object) -> NumberChanged:
    given = {"before": "", "reason": "", "source": Source.POLL, "waba": WABA} | more
    return NumberChanged(when=When(T0 + offset, T0 + offset), aspect=aspect, number=number, after=after, **given)  # type: ignore[arg-type]


def test_every_number_is_seen_with_its_account_and_when_it_was_last_told_of(
    shelf: Shelf, books: SqlNumberBooks
) -> None:
    shelf.learn([told(Status.SENT, 0, wamid="a", waba=WABA, display_number="15550100001"), received("b", HOUR)])
    shelf.learn([changed("quality", "GREEN", 0, OTHER)])

    one, other = books.seen()

    assert (one.place.number, one.place.waba, one.display, one.last_at) == (ONE, WABA, "15550100001", T0 + HOUR)
    assert (other.place.number, other.last_at) == (OTHER, None)


def test_a_number_was_heard_of_by_its_newest_message_and_its_newest_status(shelf: Shelf, books: SqlNumberBooks) -> None:
    shelf.learn([received("in", -HOUR), told(Status.SENT, 0, wamid="a"), told(Status.READ, 3 * HOUR, wamid="a")])
    shelf.learn([told(Status.SENT, HOUR, wamid="b"), told(Status.FAILED, 2 * HOUR, wamid="b")])

    found = books.heard([ONE, OTHER, "never seen"])

    assert found == {ONE: (T0 - HOUR, T0 + 3 * HOUR)}


def test_only_the_newest_messages_are_looked_at(shelf: Shelf, books: SqlNumberBooks) -> None:
    shelf.learn([received("in", 0), *(told(Status.SENT, MINUTE + i, wamid=f"w{i}") for i in range(NEWEST))])

    assert books.heard([ONE])[ONE] == (None, T0 + MINUTE + NEWEST - 1)


def test_the_history_of_a_number_is_its_own_and_the_newest_comes_first(shelf: Shelf, books: SqlNumberBooks) -> None:
    shelf.learn([changed("quality", "GREEN", 0), changed("quality", "RED", HOUR, before="GREEN")])
    shelf.learn([changed("status", "BANNED", 0, OTHER), changed("limit", "TIER_2K", DAY, source=Source.WEBHOOK)])

    found = books.history(ONE, 9)

    assert [(each.event, each.before, each.after) for each in found] == [
        ("limit", "", "TIER_2K"), ("quality", "GREEN", "RED"), ("quality", "", "GREEN"),
    ]  # fmt: skip
    assert found[0].source is Source.WEBHOOK
    assert len(books.history(ONE, 2)) == 2
    assert books.history("never seen", 9) == []


def test_the_history_of_an_account_has_no_numbers_and_no_templates_in_it(shelf: Shelf, books: SqlNumberBooks) -> None:
    review = AccountChanged(at(), Source.WEBHOOK, "ACCOUNT_REVIEW", WABA, after="APPROVED")
    payment = Occurred(at(HOUR), Source.WEBHOOK, "payment", "Needs Testing", waba=WABA, subject="upi")
    template = TemplateChanged(at(), Source.WEBHOOK, WABA, "status", "hello", "en", after="PAUSED")
    shelf.learn([review, payment, template, changed("quality", "RED", 0)])
    shelf.learn([AccountChanged(at(), Source.WEBHOOK, "DISABLED_UPDATE", OTHER_WABA, after="DISABLE")])

    assert [(each.event, each.after) for each in books.account_history(WABA, 9)] == [
        ("Needs Testing", ""), ("ACCOUNT_REVIEW", "APPROVED"),
    ]  # fmt: skip
    assert len(books.account_history(WABA, 1)) == 1
    assert books.account_history("never seen", 9) == []


def test_ratings_and_minutes_are_those_of_the_number(shelf: Shelf, books: SqlNumberBooks) -> None:
    shelf.learn([changed("quality", "GREEN", 0), changed("quality", "RED", HOUR), changed("quality", "RED", 0, OTHER)])
    shelf.learn([told(Status.SENT, 0, wamid="a"), told(Status.SENT, 1, wamid="b"), received("c", 2 * MINUTE)])
    minute = T0 - T0 % MINUTE

    minutes = books.minutes(ONE, Window(T0 - HOUR, T0 + HOUR))

    assert [each.value for each in sorted(books.ratings(ONE))] == ["GREEN", "RED"]
    counted = {at_ - minute: message_counts(tally) for at_, tally in minutes.items()}
    assert {at_: (each.attempted, each.inbound) for at_, each in counted.items()} == {0: (2, 0), 2 * MINUTE: (0, 1)}
    assert books.minutes("never seen", Window(T0, T0 + HOUR)) == {}


def test_calls_are_counted_by_the_version_they_were_made_to(shelf: Shelf, books: SqlNumberBooks) -> None:
    with shelf.database.writing() as connection:
        counts.add_counters(connection, {(T0, f"{VERSION}v25.0"): 3, (T0 - 9 * DAY, f"{VERSION}v21.0"): 1}, {})

    assert books.versions(T0) == {"v25.0": 3}
