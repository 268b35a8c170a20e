"""People reached outside their service window, and the pace of numbers, in whatever order things become known."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.support.books import HandClock, Shelf
from tests.support.facts import DAY, HOUR, MINUTE, NUMBERS, T0, WABA, at, recorded, told
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
from wabawatch.flows.limiting import Limiting
from wabawatch.storage.limit_hits import SqlLimitHits
from wabawatch.storage.platform import SqlPlatform
from wabawatch.storage.reach import SqlReach

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
