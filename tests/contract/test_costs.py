"""What is charged is counted once, on its day, whatever comes in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import permutations

import pytest

from tests.support.books import HandClock, Shelf
from tests.support.facts import DAY, HOUR, NUMBERS, T0, recorded, told
from tests.support.places import LASTING_ON_EACH
from wabawatch.domain.costs import Charge, PriceList
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import ErrorSeen, Fact, MessageFact, Person, Pricing, Status
from wabawatch.domain.rollups import packed_before
from wabawatch.domain.standing import DAY_MS
from wabawatch.flows.costing import Costing
from wabawatch.flows.rebuilding import differences
from wabawatch.meta.countries import country_of
from wabawatch.ports import Window
from wabawatch.storage.charges import SqlCharges
from wabawatch.storage.packed_counts import pack
from wabawatch.storage.recounting import recounting

pytestmark = LASTING_ON_EACH

PRICED = Pricing("PMP", "regular", "marketing", True)
GERMAN, BRAZILIAN = Person(phone="4915112345678"), Person(phone="5511900000002")
EVERYTHING = Window(None, None)


@pytest.fixture
def shelf(lasting_shelf: Shelf) -> Shelf:
    lasting_shelf.clear()
    return lasting_shelf


def lines(shelf: Shelf, window: Window = EVERYTHING) -> list[Charge]:
    return sorted(SqlCharges(shelf.database).charges(window.start, window.end)[0])


def sent(wamid: str, offset_ms: int = 0, person: Person = GERMAN, pricing: Pricing | None = PRICED) -> MessageFact:
    return told(Status.SENT, offset_ms, wamid=wamid, person=person, pricing=pricing)


def test_a_message_is_charged_once_though_its_pricing_comes_with_each_status(shelf: Shelf) -> None:
    told_twice: Sequence[Fact] = [sent("a"), told(Status.DELIVERED, 5, wamid="a", person=GERMAN, pricing=PRICED)]

    for facts in dict.fromkeys(permutations([*told_twice, recorded(0, wamid="a", person=GERMAN), *told_twice])):
        shelf.clear()
        for fact in facts[:3]:
            shelf.learn([fact])
        shelf.learn(facts[3:])
        assert lines(shelf) == [Charge("marketing", "DE", NUMBERS[0], 1)]


def test_it_is_counted_by_category_country_and_number_together(shelf: Shelf) -> None:
    other = Pricing("PMP", "regular", "made_up_by_meta", None)
    free = Pricing("PMP", "free_entry_point", "marketing", None)
    shelf.learn([sent("a"), sent("b"), sent("c", person=BRAZILIAN), sent("d", pricing=free), sent("e", pricing=other)])

    assert lines(shelf) == [
        Charge("made_up_by_meta", "DE", NUMBERS[0], 1),
        Charge("marketing", "BR", NUMBERS[0], 1),
        Charge("marketing", "DE", NUMBERS[0], 2),
    ]


def test_what_fails_after_all_is_taken_back(shelf: Shelf) -> None:
    shelf.learn([sent("a"), sent("b")])
    shelf.learn([told(Status.FAILED, 9, wamid="a", errors=(ErrorSeen(131026),))])

    assert lines(shelf) == [Charge("marketing", "DE", NUMBERS[0], 1)]


def test_a_window_is_widened_to_whole_days(shelf: Shelf) -> None:
    shelf.learn([sent("a"), sent("b", DAY), sent("c", 2 * DAY)])

    found = Costing(SqlCharges(shelf.database), PriceList(), HandClock(T0)).costs(Window(T0 + HOUR, T0 + DAY + HOUR))

    assert (found.start, found.end) == (T0 // DAY_MS * DAY_MS, T0 // DAY_MS * DAY_MS + 2 * DAY_MS)
    assert found.total.n == 2


def test_packed_days_are_counted_too(shelf: Shelf) -> None:
    shelf.learn([sent("a"), sent("b", person=BRAZILIAN), sent("c", 3 * DAY)])
    before = lines(shelf)

    with shelf.database.writing() as connection:
        while pack(connection, packed_before(T0 + 3 * DAY)):
            pass
    shelf.learn([sent("d")])  # late news of a packed day

    assert lines(shelf) == sorted({*before, Charge("marketing", "DE", NUMBERS[0], 3)} - {before[1]})


def test_rebuilding_finds_what_is_charged_as_it_is(shelf: Shelf) -> None:
    shelf.learn([sent("a"), sent("b", DAY, BRAZILIAN), recorded(0, wamid="a", person=GERMAN)])

    with recounting(shelf.database, country_of) as recount:
        assert not differences(recount, lambda _done, _total: None)


def test_of_nothing_there_is_no_cost_and_no_day(shelf: Shelf) -> None:
    found = Costing(SqlCharges(shelf.database), PriceList(), HandClock(T0)).recent(24)

    assert (found.start, found.total.n, found.total.amount) == (None, 0, None)


def test_costs_are_priced_by_the_list(shelf: Shelf) -> None:
    shelf.learn([sent("a"), sent("b"), sent("c", person=BRAZILIAN)])
    prices = PriceList("EUR", {"marketing": {"DE": Decimal("0.1131")}})

    found = Costing(SqlCharges(shelf.database), prices, HandClock(T0 + HOUR)).recent(24)

    assert (found.total.amount, found.total.unpriced) == (Decimal("0.2262"), 1)


def test_a_window_that_ends_before_it_begins_is_refused(shelf: Shelf) -> None:
    with pytest.raises(BadRequest, match="not before"):
        Costing(SqlCharges(shelf.database), PriceList(), HandClock(T0)).costs(Window(T0, T0))
