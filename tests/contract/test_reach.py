"""People reached outside their service window, and the pace of numbers, in whatever order things become known."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.support.books import HandClock, Shelf
from tests.support.facts import DAY, HOUR, MINUTE, NUMBERS, T0, WABA, at, recorded, told
from tests.support.places import LASTING_ON_EACH
from wabawatch.domain.facts import (
    AccountChanged,
    Fact,
    MessageReceived,
    NumberChanged,
    Person,
    SendOutcome,
    Source,
    Status,
)
from wabawatch.domain.platform import Kind, Known, Subject
from wabawatch.flows.limiting import Limiting
from wabawatch.flows.reaching import Reaching
from wabawatch.ports import MONITORING, RUNNING, STOPPED
from wabawatch.storage.limit_hits import SqlLimitHits
from wabawatch.storage.platform import SqlPlatform, save_states
from wabawatch.storage.reach import SqlReach

pytestmark = LASTING_ON_EACH

ANNA, BOTH, BSUID = Person(phone="15550000001"), Person(phone="15550000002", bsuid="US.2"), Person(bsuid="US.2")


@pytest.fixture
def shelf(lasting_shelf: Shelf) -> Shelf:
    lasting_shelf.clear()
    return lasting_shelf


def sent(wamid: str, offset: int = 0, person: Person = ANNA, **more: str) -> Fact:
    return told(Status.SENT, offset, wamid=wamid, person=person, waba=WABA, **more)


def wrote(wamid: str, offset: int, person: Person = ANNA, number: str = NUMBERS[0]) -> Fact:
    return MessageReceived(at(offset), Source.WEBHOOK, wamid, number, WABA, person=person, type="text")


def people(shelf: Shelf, now: int = HOUR) -> int:
    return SqlReach(shelf.database).people(NUMBERS, T0 + now - DAY, T0 + now)[0]


def test_whoever_is_written_to_first_is_reached_once(shelf: Shelf) -> None:
    shelf.learn([sent("a"), sent("b", 5), sent("c", 5, BOTH)])

    assert people(shelf) == 2


def test_whoever_wrote_within_24_hours_before_is_answered_in_whatever_order_it_becomes_known(shelf: Shelf) -> None:
    facts = [wrote("in", -DAY + MINUTE), sent("a"), sent("b", 3 * MINUTE, BOTH)]

    for order in permutations(facts):
        shelf.clear()
        for fact in [*order, *order]:
            shelf.learn([fact])
        assert people(shelf) == 1


def test_an_answer_to_another_number_is_no_answer(shelf: Shelf) -> None:
    shelf.learn([wrote("in", -MINUTE, number=NUMBERS[1]), sent("a")])

    assert people(shelf) == 1


def test_ids_of_one_person_are_one_person(shelf: Shelf) -> None:
    shelf.learn([sent("a", 0, BOTH), sent("b", 5, BSUID)])
    assert people(shelf) == 1

    shelf.learn([wrote("in", -MINUTE, BSUID)])
    assert people(shelf) == 0


def test_who_was_reached_more_than_24_hours_ago_is_no_longer_counted(shelf: Shelf) -> None:
    shelf.learn([sent("a")])

    assert (people(shelf, DAY), people(shelf, DAY + 1)) == (1, 0)


def test_only_what_meta_accepted_counts(shelf: Shelf) -> None:
    shelf.learn([recorded(0, wamid="", local_id="x", person=ANNA, outcome=SendOutcome.REJECTED)])

    assert people(shelf) == 0


def flow(shelf: Shelf, now: int = HOUR) -> Limiting:
    database = shelf.database
    return Limiting(SqlLimitHits(database), SqlReach(database), SqlPlatform(database), HandClock(T0 + now))


def test_a_finite_limit_is_held_against_all_numbers_of_its_portfolio(shelf: Shelf) -> None:
    capable = AccountChanged(at(1), Source.WEBHOOK, "BUSINESS_CAPABILITY", WABA, "p", after="TIER_250")
    shelf.learn([sent("a"), sent("b", 0, BOTH, number=NUMBERS[1]), capable])

    (limit,) = flow(shelf).head_room().limits

    assert (limit.owner, limit.tier, limit.used, limit.head_room) == ("p", "TIER_250", 2, 248)
    assert limit.numbers == NUMBERS


def test_a_number_that_only_polling_told_of_shares_that_limit(shelf: Shelf) -> None:
    heard = NumberChanged(at(1), Source.POLL, "quality", number=NUMBERS[1], after="GREEN")
    shelf.learn([sent("a"), heard])
    with shelf.database.writing() as connection:
        save_states(
            connection,
            {
                (Subject(Kind.NUMBER, NUMBERS[1]), "waba"): Known(WABA),
                (Subject(Kind.WABA, WABA), "portfolio"): Known("p"),
                (Subject(Kind.WABA, WABA), "limit"): Known("TIER_250"),
            },
        )

    (limit,) = flow(shelf).head_room().limits

    assert (limit.owner, limit.head_room, limit.numbers) == ("p", 249, NUMBERS)


def test_where_nobody_told_a_limit_it_is_unknown_and_nothing_is_counted(shelf: Shelf) -> None:
    shelf.learn([sent("a")])

    (limit,) = flow(shelf).head_room().limits

    assert (limit.owner, limit.is_known, limit.used, limit.head_room) == (WABA, False, None, None)


def test_the_pace_is_that_of_the_busiest_minute_and_second(shelf: Shelf) -> None:
    minute = T0 // MINUTE * MINUTE - T0
    busy = [sent(f"a{i}", minute + 1_000 * (i % 3)) for i in range(9)]
    shelf.learn([*busy, wrote("in", minute + 1_000), sent("b", minute + MINUTE)])

    (pace,) = flow(shelf).head_room().throughput

    assert (pace.pace.at, pace.pace.per_minute, pace.pace.per_second) == (T0 + minute, 10, 4)
    assert (pace.level, pace.is_assumed, pace.head_room_mps) == ("STANDARD", True, 76)


def test_a_level_that_was_told_is_taken(shelf: Shelf) -> None:
    level = NumberChanged(at(1), Source.POLL, "quality", number=NUMBERS[0], after="GREEN")
    shelf.learn([sent("a"), level])

    (pace,) = flow(shelf).head_room().throughput

    assert pace.limit_mps == 80


def test_ids_that_are_tied_by_a_third_are_one_person(shelf: Shelf) -> None:
    new_phone = Person(phone="15550000009", bsuid="US.2")
    shelf.learn([sent("a", 0, Person(phone="15550000002")), sent("b", 5, Person(phone="15550000009"))])
    assert people(shelf) == 2

    shelf.learn([wrote("in", -2 * DAY, BOTH), wrote("in2", -2 * DAY, new_phone)])
    assert people(shelf) == 1


CAPABLE = AccountChanged(at(1), Source.WEBHOOK, "BUSINESS_CAPABILITY", WABA, "p", after="TIER_50")


def crowd(first: int, n: int, offset: int = 0) -> list[Fact]:
    """Sends to so many people."""
    return [sent(f"c{i}", offset + i, Person(phone=f"1555100{i:04}")) for i in range(first, first + n)]


class Watch:
    """People counted as time goes on."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf, self.clock = shelf, HandClock(T0 + HOUR)
        database = shelf.database
        self.flow = Reaching(SqlReach(database), SqlPlatform(database), shelf.books, self.clock)
        with shelf.books.writing() as ledger:
            ledger.set_mark(MONITORING, RUNNING)

    def shown(self) -> tuple[int | None, int | None, int | None]:
        (found,) = self.flow.limits()
        at = found.counted_at
        return found.limit.used, found.at_most, None if at is None else (at - T0) // HOUR


def test_people_are_counted_once_half_of_the_limit_may_be_used(shelf: Shelf) -> None:
    watch = Watch(shelf)
    shelf.learn([CAPABLE, *crowd(0, 24)])
    assert (watch.flow.step(), watch.shown()) == (False, (0, 24, None))

    shelf.learn(crowd(24, 1))
    assert (watch.flow.step(), watch.shown()) == (False, (25, 25, 1))


def test_between_two_counts_the_least_and_the_most_are_known_and_the_exact_figure_lies_between(shelf: Shelf) -> None:
    watch = Watch(shelf)
    shelf.learn([CAPABLE, *crowd(0, 30)])
    watch.flow.step()
    shelf.learn([sent("again", HOUR - 5, Person(phone="15551000000")), *crowd(40, 2, HOUR - 100)])

    assert watch.shown() == (30, 33, 1)
    (exact,) = flow(shelf).head_room().limits
    assert exact.used == 32
    watch.flow.step()
    assert watch.shown() == (32, 32, 1)


def test_people_who_were_reached_a_day_ago_leave_without_a_new_count(shelf: Shelf) -> None:
    watch = Watch(shelf)
    shelf.learn([CAPABLE, *crowd(0, 30)])
    watch.flow.step()
    watch.clock.turn_to(T0 + DAY + 10)

    least, most, counted_at = watch.shown()
    assert (least, counted_at) == (20, 1)
    assert most is not None
    assert most >= 20


def test_what_is_used_at_least_is_the_same_without_adding_up_messages(shelf: Shelf) -> None:
    watch = Watch(shelf)
    shelf.learn([CAPABLE, *crowd(0, 30)])

    def used() -> tuple[int | None, int | None]:
        (found,) = watch.flow.used(SqlPlatform(shelf.database).states())
        return found.limit, found.used

    assert used() == (50, None)  # not 0: what fires because of it would seem to be over after each start
    watch.flow.step()
    assert used() == (50, 30)
    watch.clock.turn_to(T0 + DAY + 10)
    assert used() == (50, watch.shown()[0]) == (50, 20)


def test_a_message_that_becomes_known_late_is_in_what_is_used_at_most(shelf: Shelf) -> None:
    watch = Watch(shelf)
    shelf.learn([CAPABLE, *crowd(0, 30)])
    watch.flow.step()
    shelf.learn(crowd(50, 1, -HOUR))

    assert watch.shown() == (30, 31, 1)


def test_portfolios_are_counted_one_at_a_time_and_none_while_monitoring_is_stopped(shelf: Shelf) -> None:
    watch = Watch(shelf)
    other = [told(Status.SENT, i, wamid=f"o{i}", person=Person(phone=f"1777{i:06}"), waba="2", number=NUMBERS[1])
             for i in range(30)]  # fmt: skip
    limit = AccountChanged(at(1), Source.WEBHOOK, "BUSINESS_CAPABILITY", "2", "q", after="TIER_50")
    shelf.learn([CAPABLE, limit, *crowd(0, 30), *other])
    with shelf.books.writing() as ledger:
        ledger.set_mark(MONITORING, STOPPED)
    assert watch.flow.step() is False
    assert [each.counted_at for each in watch.flow.limits()] == [None, None]

    with shelf.books.writing() as ledger:
        ledger.set_mark(MONITORING, RUNNING)
    assert (watch.flow.step(), watch.flow.step(), watch.flow.step()) == (True, False, False)
    assert [(each.limit.owner, each.limit.used) for each in watch.flow.limits()] == [("p", 30), ("q", 30)]


def test_where_there_is_no_finite_limit_nothing_is_counted(shelf: Shelf) -> None:
    watch = Watch(shelf)
    shelf.learn(crowd(0, 30))

    assert (watch.flow.step(), watch.shown()) == (False, (None, None, None))
