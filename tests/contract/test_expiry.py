"""The expiry sweep may run at any time: what it makes of a message follows from facts and watermark alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.books import HandClock, Shelf
from tests.support.facts import DAY, HOUR, LOCALS, MINUTE, T0, facts, recorded, told
from tests.support.places import Place
from tests.support.thorough import examples
from wabawatch.domain.facts import Fact, Pricing, SendOutcome, Source, Status
from wabawatch.flows import expiry as flow
from wabawatch.flows.expiry import RHYTHM_MS, Expiry
from wabawatch.flows.rebuilding import differences
from wabawatch.meta.countries import country_of
from wabawatch.ports import SWEPT
from wabawatch.storage.recounting import recounting

CODE_LIFE = 10 * MINUTE + HOUR
LIFE = 30 * DAY + HOUR


@pytest.fixture(scope="module")
def books(lasting_place: Place) -> Iterator[Shelf]:
    shelf = Shelf(lasting_place)
    yield shelf
    shelf.database.close()


@pytest.fixture
def shelf(books: Shelf) -> Shelf:
    books.clear()
    return books


def sweep(shelf: Shelf, now: int) -> int:
    """Sweep until *now*; gives the number of steps it took."""
    expiry = Expiry(shelf.books, HandClock(now))
    steps = 1
    while expiry.step():
        steps += 1
    return steps


def statuses(shelf: Shelf) -> dict[str, int]:
    """What the roll-ups for ever say of all attempted messages, by status."""
    found: dict[str, int] = {}
    for (tier, _, scope, _, _, standing), n in shelf.picture()["rollups"].items():
        if (tier, scope) == (3, 0):
            found[standing.status] = found.get(standing.status, 0) + n
    return found


def is_right(shelf: Shelf) -> bool:
    with recounting(shelf.database, country_of) as recount:
        return not differences(recount, lambda _done, _total: None)


CODE = recorded(category="authentication", outcome=SendOutcome.ACCEPTED)


def test_a_message_expires_when_its_time_has_run_out_and_not_before(shelf: Shelf) -> None:
    shelf.learn([CODE, told(Status.SENT, 1)])

    sweep(shelf, T0 + CODE_LIFE - 1)
    assert statuses(shelf) == {"sent": 1}
    sweep(shelf, T0 + CODE_LIFE + RHYTHM_MS)
    assert statuses(shelf) == {"expired": 1}


def test_a_delivery_after_the_sweep_wins(shelf: Shelf) -> None:
    shelf.learn([CODE, told(Status.SENT, 1)])
    sweep(shelf, T0 + DAY)

    shelf.learn([told(Status.DELIVERED, 2 * DAY)])

    assert statuses(shelf) == {"delivered": 1}
    assert is_right(shelf)


def test_what_is_first_heard_of_after_its_time_has_run_out_is_expired_at_once(shelf: Shelf) -> None:
    sweep(shelf, T0 + DAY)

    shelf.learn([CODE])

    assert statuses(shelf) == {"expired": 1}
    assert is_right(shelf)


def test_a_category_learnt_after_the_sweep_moves_the_time(shelf: Shelf) -> None:
    shelf.learn([recorded()])
    sweep(shelf, T0 + DAY)
    assert statuses(shelf) == {"pending": 1}

    shelf.learn([told(Status.SENT, 1, pricing=Pricing(category="authentication"))])
    assert statuses(shelf) == {"expired": 1}

    shelf.learn([recorded(0, source=Source.GATEWAY, category="utility")])
    assert statuses(shelf) == {"sent": 1}
    assert is_right(shelf)


def test_a_message_given_back_its_time_expires_when_that_has_run_out(shelf: Shelf) -> None:
    shelf.learn([CODE])
    sweep(shelf, T0 + DAY)
    shelf.learn([recorded(0, source=Source.GATEWAY, category="utility")])

    sweep(shelf, T0 + LIFE)

    assert statuses(shelf) == {"expired": 1}
    assert is_right(shelf)


def test_an_unlinked_send_waits_for_ever(shelf: Shelf) -> None:
    shelf.learn([recorded(wamid="", local_id=LOCALS[0])])

    sweep(shelf, T0 + 400 * DAY)

    assert statuses(shelf) == {"pending": 1}


def test_many_messages_are_swept_in_several_steps(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "BATCH", 4)
    shelf.learn([recorded(i * MINUTE, wamid=f"wamid.{i}", category="authentication") for i in range(10)])
    shelf.learn([recorded(0, wamid=f"wamid.also {i}", category="authentication") for i in range(9)])

    assert sweep(shelf, T0 + DAY) > 2

    assert statuses(shelf) == {"expired": 19}
    assert is_right(shelf)


def test_the_watermark_rests_between_sweeps_and_never_goes_back(shelf: Shelf) -> None:
    sweep(shelf, T0 + DAY)

    sweep(shelf, T0 + DAY + RHYTHM_MS - 1)
    sweep(shelf, T0)

    assert shelf.books.mark(SWEPT) == T0 + DAY


sweeps = st.integers(0, 60 * 24).map(lambda hours: T0 + hours * HOUR)
happenings = st.lists(st.one_of(facts, facts, sweeps), max_size=12)


@settings(max_examples=examples(25))
@given(happenings=happenings, last=sweeps)
def test_sweeping_at_any_time_ends_in_the_same_books(books: Shelf, happenings: list[Fact | int], last: int) -> None:
    last = max([last, *(sweep for sweep in happenings if isinstance(sweep, int))])
    known = [fact for fact in happenings if not isinstance(fact, int)]

    swept_often = picture(books, [*happenings, last])

    assert is_right(books)
    assert swept_often == picture(books, [*known, last])


def picture(shelf: Shelf, happenings: list[Fact | int]) -> dict[str, object]:
    shelf.clear()
    for happening in happenings:
        if isinstance(happening, int):
            sweep(shelf, happening)
        else:
            shelf.learn([happening])
    shelf.settle(T0)
    return shelf.picture()


def test_the_test_database_is_closed_and_opened_again_as_it_was(place: Place) -> None:
    shelf = Shelf(place)
    shelf.learn([CODE])
    sweep(shelf, T0 + DAY)
    shelf.database.close()

    again = Shelf(place)

    assert again.books.mark(SWEPT) == T0 + DAY
    assert statuses(again) == {"expired": 1}
    again.database.close()
