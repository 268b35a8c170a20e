"""The tail of a log: every message once, in the order in which it came, however long one waits to ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.contract.test_message_search import sends
from tests.support.books import HandClock, Shelf
from tests.support.facts import NUMBERS, T0, WAMIDS, recorded, told
from tests.support.views import emptied
from wabawatch.domain.facts import Status
from wabawatch.domain.search import MessageFilter, Place, State
from wabawatch.flows import tailing
from wabawatch.flows.tailing import LASTS_MS, Tail, Tailing
from wabawatch.meta.countries import country_of
from wabawatch.storage.message_search import SqlMessages

SECOND = 1_000
EVERYTHING = MessageFilter()


class Reader:
    """One who reads along, in the books of *shelf*."""

    def __init__(self, shelf: Shelf, wanted: MessageFilter = EVERYTHING) -> None:
        self.shelf = shelf
        self.messages = SqlMessages(shelf.database, country_of)
        self.tail = Tail(self.messages, wanted, self.messages.places(EVERYTHING, 0)[1])
        self.now = 0
        self.place = 0

    def read(self, limit: int = 100) -> list[str]:
        self.now += 3 * SECOND
        self.tail.step(self.now)
        found = self.tail.read(self.place, limit)
        self.place = found.following
        return [held.message.wamid for held in found.held]


def test_what_comes_is_read_once_in_its_order_however_it_is_cut(lasting_shelf: Shelf) -> None:
    reader = Reader(emptied(lasting_shelf, sends(3)))
    assert reader.read() == []

    reader.shelf.learn([recorded(i, wamid=f"wamid.new.{i}") for i in range(5)])
    first = reader.read(2)
    reader.shelf.learn([recorded(-5, wamid="wamid.old.0")])  # one that was sent before them, and is told after them

    assert first + reader.read(2) + reader.read(2) + reader.read(2) == [
        *(f"wamid.new.{i}" for i in range(5)),
        "wamid.old.0",
    ]


def test_who_stops_loses_nothing_and_may_ask_twice(lasting_shelf: Shelf) -> None:
    reader = Reader(emptied(lasting_shelf, sends(1)))
    for i in range(4):
        reader.shelf.learn([recorded(i, wamid=f"wamid.new.{i}")])
        reader.tail.step(i)

    assert reader.tail.read(0, 0).total == 4
    assert reader.tail.read(1, 2) == reader.tail.read(1, 2)
    assert reader.read() == [f"wamid.new.{i}" for i in range(4)]


def test_a_message_that_fits_only_later_comes_then_and_once(lasting_shelf: Shelf) -> None:
    reader = Reader(emptied(lasting_shelf, sends(1)), MessageFilter(states=(State.FAILED,)))
    seen = []
    for heard in ([recorded(wamid=WAMIDS[0])], [told(Status.FAILED)], [told(Status.FAILED, 5)], []):
        reader.shelf.learn(heard)
        seen.append(reader.read())

    assert seen == [[], [WAMIDS[0]], [], []]


def test_a_message_from_before_that_fits_only_later_comes_too_and_none_that_fitted(
    lasting_shelf: Shelf,
) -> None:
    known = [recorded(i, wamid=wamid) for i, wamid in enumerate(WAMIDS[:2])]
    reader = Reader(
        emptied(lasting_shelf, [*known, told(Status.FAILED, wamid=WAMIDS[0])]), MessageFilter(states=(State.FAILED,))
    )
    assert reader.read() == []

    reader.shelf.learn([told(Status.FAILED, 5, wamid=WAMIDS[1])])

    assert (reader.read(), reader.read()) == ([WAMIDS[1]], [])


def test_a_line_of_ones_own_begins_now(lasting_shelf: Shelf) -> None:
    shelf = emptied(lasting_shelf, sends(3))
    tail = Tailing(SqlMessages(shelf.database, country_of), HandClock(T0)).begin(EVERYTHING)
    shelf.learn([recorded(wamid=WAMIDS[0])])
    tail.step(T0)

    assert [held.message.wamid for held in tail.read(0, 9).held] == [WAMIDS[0]]


def test_it_shows_a_message_as_it_is_now(lasting_shelf: Shelf) -> None:
    reader = Reader(emptied(lasting_shelf, sends(1)))
    reader.shelf.learn([recorded(wamid=WAMIDS[0])])
    reader.read()
    reader.shelf.learn([told(Status.DELIVERED, 5, wamid=WAMIDS[0])])

    (held,), _ = reader.tail.again([reader.tail.newest])

    assert held.message.stages.delivered_at is not None
    assert reader.tail.again([10**9])[0] == []


@pytest.mark.parametrize(
    ("wanted", "n"),
    [(MessageFilter(numbers=(NUMBERS[1],)), 1), (MessageFilter(types=("text",)), 2), (MessageFilter(since=T0 + 2), 1)],
)
def test_only_what_is_wanted_comes(lasting_shelf: Shelf, wanted: MessageFilter, n: int) -> None:
    reader = Reader(emptied(lasting_shelf, sends(1)), wanted)

    reader.shelf.learn([recorded(1, wamid="wamid.a", type="text"), recorded(0, wamid="wamid.b", type="text")])
    reader.shelf.learn([recorded(2, wamid="wamid.c", number=NUMBERS[1], type="image")])

    assert len(reader.read()) == n


def test_of_more_than_are_kept_the_oldest_are_let_go_and_the_place_says_so(
    lasting_shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tailing, "MOST_KEPT", 4)
    reader = Reader(emptied(lasting_shelf, sends(1)))
    reader.shelf.learn([recorded(i, wamid=f"wamid.new.{i}") for i in range(5)])
    reader.tail.step(0)

    found = reader.tail.read(0, 10)

    assert (found.start, found.following, found.total) == (2, 5, 5)
    assert [held.message.wamid for held in found.held] == [f"wamid.new.{i}" for i in (2, 3, 4)]
    assert reader.tail.span(0, 2) == (T0, T0 + 2), "so that a search finds them"
    assert reader.tail.span(0, 4) == (T0, T0 + 4)
    assert reader.tail.span(3, 5) == (T0 + 3, T0 + 5)


def test_it_is_known_from_when_to_when_arrivals_are(lasting_shelf: Shelf) -> None:
    reader = Reader(emptied(lasting_shelf, sends(1)))
    reader.shelf.learn([recorded(at, wamid=f"wamid.new.{at}") for at in (50, 20, 90)])
    reader.tail.step(0)

    assert reader.tail.span(0, 2) == (T0 + 20, T0 + 51)
    assert reader.tail.span(3, 9) is None


class Nothing:
    """No messages at all."""

    def places(self, wanted: MessageFilter, after_id: int, up_to_id: int | None = None) -> tuple[list[Place], int]:
        return [], after_id

    def rows(self, ids: Sequence[int]) -> tuple[list[Any], int]:
        return [], 0


def test_a_line_is_its_readers_own_and_ends_when_nobody_asks() -> None:
    clock = HandClock(T0)
    tails = Tailing(Nothing(), clock)
    mine, is_new = tails.follow(1, "name", MessageFilter(since=1), 7)

    assert is_new
    assert mine.newest == 7
    assert tails.follow(1, "name", MessageFilter(since=2, until=9), 0) == (mine, False)
    assert tails.follow(2, "name", MessageFilter(), 0)[1], "another reader has a line of their own"
    assert tails.follow(1, "name", MessageFilter(types=("text",)), 0)[1], "of another search another line"
    clock.turn_to(T0 + LASTS_MS + 1)
    assert tails.follow(2, "name", MessageFilter(), 0)[1]


def test_there_are_not_more_lines_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tailing, "MOST_TAILS", 2)
    clock = HandClock(T0)
    tails = Tailing(Nothing(), clock)
    for i in range(3):
        clock.turn_to(T0 + i)
        tails.follow(1, f"name{i}", MessageFilter(), 0)

    assert not tails.follow(1, "name2", MessageFilter(), 0)[1]
    assert tails.follow(1, "name0", MessageFilter(), 0)[1]
