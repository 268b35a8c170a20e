"""What a log adds up is what one would count, one message after the other; roll-ups and messages say the same."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.test_message_search import World, filters, sends
from tests.support.books import HandClock, Shelf
from tests.support.facts import NUMBERS, T0, facts, recorded, told
from tests.support.views import emptied
from wabawatch.domain.facts import Fact, Status
from wabawatch.domain.log_sums import Facet, LogSums
from wabawatch.domain.overview import EVERYTHING, Slice, SliceKind
from wabawatch.domain.search import Direction, MessageFilter, State, is_outbound, state
from wabawatch.domain.standing import DAY_MS, HOUR_MS, cohort_at, error_code, role
from wabawatch.flows.log_summing import LogSumming
from wabawatch.meta.countries import country_of
from wabawatch.ports import Held
from wabawatch.storage.alert_figures import SqlAlertFigures
from wabawatch.storage.message_search import Limits
from wabawatch.storage.message_sums import SUMMING, SqlMessageSums
from wabawatch.storage.slices import SqlSlices

SMALL = Limits(examined=1, at_once=1, few=0, contacts=0)
DAY = T0 - T0 % DAY_MS
WINDOW = MessageFilter(since=DAY, until=DAY + 2 * DAY_MS)


def values_of(held: Held) -> dict[Facet, str]:
    """What a message is counted by, said from the message itself."""
    message = held.message
    code = error_code(message)
    said: dict[Facet, Any] = {
        Facet.STATUS: state(message, 0),
        Facet.DIRECTION: Direction.OUTBOUND if is_outbound(message, role(message)) else Direction.INBOUND,
        Facet.TYPE: message.type and message.type[2],
        Facet.NUMBER: message.number,
        Facet.TEMPLATE: message.template and message.template[2].name,
        Facet.ERROR: None if code is None else str(code),
        Facet.CATEGORY: message.category and message.category[2],
        Facet.COUNTRY: message.contact and country_of(message.contact[2]),
    }
    return {facet: value for facet, value in said.items() if value}


@settings(deadline=None, max_examples=max(8, settings().max_examples // 8))
@given(heard=st.lists(facts, min_size=5, max_size=20), wanted=st.lists(filters, min_size=4, max_size=4))
def test_every_message_that_fits_is_counted_by_all_that_it_is(
    lasting_shelf: Shelf, heard: list[Fact], wanted: list[MessageFilter]
) -> None:
    world = World(emptied(lasting_shelf, heard))
    sums = SqlMessageSums(lasting_shelf.database, country_of)

    for each in wanted:
        fitting = [held for held in world.held if world.fits(held, each)]
        found = sums.matches(each, HOUR_MS, 1_000)
        expected: dict[Facet, Counter[str]] = {facet: Counter() for facet in Facet}
        hours = Counter((cohort_at(h.message) // HOUR_MS * HOUR_MS, str(state(h.message, 0))) for h in fitting)
        for held in fitting:
            for facet, value in values_of(held).items():
                expected[facet][value] += 1
        assert (found.n, found.is_cut, found.back_to) == (len(fitting), False, None), each
        assert found.facets == expected, each
        assert {(at, name): n for at, lanes in found.buckets.items() for name, n in lanes.items()} == hours


def test_of_more_than_are_counted_the_newest_are_and_it_says_back_to_when(lasting_shelf: Shelf) -> None:
    emptied(lasting_shelf, sends(10))

    found = SqlMessageSums(lasting_shelf.database, country_of).matches(WINDOW, HOUR_MS, 4)

    assert (found.n, found.is_cut, found.back_to) == (4, True, T0 + 6 * 60_000)


def test_what_would_take_too_long_ends_and_says_back_to_when(lasting_shelf: Shelf) -> None:
    emptied(lasting_shelf, sends(30, step_ms=HOUR_MS, type="text"))

    found = SqlMessageSums(lasting_shelf.database, country_of, SMALL).matches(WINDOW, HOUR_MS, 1_000)

    assert 0 < found.n < 30
    assert found.is_cut
    assert found.back_to is not None
    assert T0 < found.back_to <= T0 + 30 * HOUR_MS


def summing(shelf: Shelf, limits: Limits = SUMMING) -> LogSumming:
    messages = SqlMessageSums(shelf.database, country_of, limits)
    clock = HandClock(DAY + 2 * DAY_MS)
    return LogSumming(messages, SqlSlices(shelf.database), SqlAlertFigures(shelf.database), clock)


HEARD: list[Fact] = [
    *sends(6, step_ms=HOUR_MS),
    *(told(Status.DELIVERED, i, wamid=f"wamid.{i}") for i in range(2)),
    told(Status.FAILED, 7, wamid="wamid.3"),
    recorded(30 * HOUR_MS, wamid="wamid.text", type="text", number=NUMBERS[1]),
]


def values(sums: LogSums, facet: Facet) -> dict[str, int]:
    return dict(sums.facets[facet].values)


@pytest.mark.parametrize("of", [EVERYTHING, Slice(SliceKind.NUMBER, NUMBERS[0])])
def test_roll_ups_say_what_the_messages_say(lasting_shelf: Shelf, of: Slice) -> None:
    shelf = emptied(lasting_shelf, HEARD)
    numbers = (of.id,) if of.id else ()
    plain = MessageFilter(WINDOW.since, WINDOW.until, numbers=numbers)
    flow = summing(shelf)

    counted = flow.look(plain, of)
    looked = SqlMessageSums(shelf.database, country_of).matches(plain, counted.width_ms, 1_000)

    assert counted.total == looked.n > 0
    assert not counted.is_least
    assert counted.buckets == looked.buckets
    assert {facet: dict(found.values) for facet, found in counted.facets.items()} == looked.facets
    exact = {facet for facet, found in counted.facets.items() if not found.is_by_hours}
    assert {Facet.STATUS, Facet.DIRECTION, Facet.NUMBER, Facet.TYPE} <= exact


def test_a_chosen_facet_says_what_else_there_is_and_the_others_what_is_left(lasting_shelf: Shelf) -> None:
    shelf = emptied(lasting_shelf, HEARD)

    sums = summing(shelf).look(MessageFilter(WINDOW.since, WINDOW.until, states=(State.DELIVERED,)))

    assert sums.total == 2
    assert values(sums, Facet.STATUS)[State.FAILED] == 1
    assert sum(values(sums, Facet.NUMBER).values()) == 2


def test_with_two_facets_each_is_counted_by_the_other(lasting_shelf: Shelf) -> None:
    shelf = emptied(lasting_shelf, HEARD)
    wanted = MessageFilter(WINDOW.since, WINDOW.until, states=(State.PENDING,), types=("text",))

    sums = summing(shelf).look(wanted)

    assert sums.total == 1
    assert values(sums, Facet.STATUS) == {State.PENDING: 1}
    assert values(sums, Facet.TYPE)["text"] == 1


def test_sums_of_what_was_not_looked_through_to_the_end_are_at_least_so_many(lasting_shelf: Shelf) -> None:
    shelf = emptied(lasting_shelf, HEARD)

    sums = summing(shelf, SMALL).look(MessageFilter(WINDOW.since, WINDOW.until, types=("text", "template")))

    assert sums.is_least
    assert sums.facets[Facet.STATUS].is_least
    assert not summing(shelf).look(WINDOW).is_least
