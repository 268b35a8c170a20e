"""The numbers' part of the quality score: ratings as known at the window's end, weighted by accepted messages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.facts import HOUR, MINUTE, NUMBERS, T0, WABA, recorded, told
from tests.support.places import Place
from tests.support.system import Bench
from wabawatch.domain.facts import Fact, NumberChanged, Source, Status, When
from wabawatch.ports import Window
from wabawatch.wire import status_json

NOW = T0 + 30 * HOUR


@pytest.fixture
def bench(place: Place) -> Iterator[Bench]:
    bench = Bench(place, NOW)
    yield bench
    bench.close()


def rated(number: str, rating: str, hours: float) -> NumberChanged:
    """A rating that we were told so many hours before now."""
    at = NOW - int(hours * HOUR)
    return NumberChanged(When(at, at), Source.POLL, "quality", number, waba=WABA, after=rating)


def sent(number: str, n: int) -> list[Fact]:
    offset = NOW - T0 - 2 * HOUR
    facts: list[Fact] = []
    for i in range(n):
        wamid = f"wamid.{number}{i}"
        facts.append(recorded(offset, wamid=wamid, number=number))
        facts.append(told(Status.DELIVERED, offset + 1, wamid=wamid, number=number, waba=WABA))
    return facts


def part(bench: Bench, hours: int = 24) -> float | None:
    found = status_json(bench.status(hours))["requirements"]["quality_score"]["parts"].get("number")
    return float(found["value"]) if found else None


def test_several_numbers_are_weighted_by_what_they_sent(bench: Bench) -> None:
    bench.shelf.learn([rated(NUMBERS[0], "GREEN", 5), rated(NUMBERS[1], "RED", 5)])
    bench.shelf.learn([*sent(NUMBERS[0], 30), *sent(NUMBERS[1], 10)])

    assert part(bench) == pytest.approx((30 * 1 + 10 * 0.3) / 40)


@pytest.mark.parametrize(
    ("rating", "value"), [("GREEN", 1), ("YELLOW", 0.7), ("RED", 0.3), ("UNKNOWN", None), ("NA", None)]
)
def test_each_rating_has_its_worth(bench: Bench, rating: str, value: float | None) -> None:
    bench.shelf.learn([rated(NUMBERS[0], rating, 5), *sent(NUMBERS[0], 3)])

    assert part(bench) == value


def test_a_number_without_a_rating_is_left_out(bench: Bench) -> None:
    bench.shelf.learn([rated(NUMBERS[0], "YELLOW", 5), *sent(NUMBERS[0], 3), *sent(NUMBERS[1], 30)])

    assert part(bench) == 0.7


def test_without_ratings_there_is_no_such_part(bench: Bench) -> None:
    bench.shelf.learn(sent(NUMBERS[0], 3))

    assert part(bench) is None


def test_a_number_that_sent_nothing_counts_nothing(bench: Bench) -> None:
    bench.shelf.learn([rated(NUMBERS[0], "GREEN", 5), rated(NUMBERS[1], "RED", 5), *sent(NUMBERS[0], 3)])

    assert part(bench) == 1


def test_a_window_that_is_over_keeps_the_rating_that_was_known_at_its_end(bench: Bench) -> None:
    bench.shelf.learn([rated(NUMBERS[0], "GREEN", 5), rated(NUMBERS[0], "RED", 0.5), *sent(NUMBERS[0], 3)])

    ended = Window(NOW - 3 * HOUR, NOW - HOUR)
    assert bench.figures.accepted_by_rating(ended) == {"GREEN": 3}
    assert bench.figures.accepted_by_rating(Window(NOW - 3 * HOUR, NOW)) == {"RED": 3}


def test_news_that_came_after_a_window_says_nothing_of_it(bench: Bench) -> None:
    at = NOW - 5 * HOUR
    late = NumberChanged(When(at, NOW - 10 * MINUTE), Source.POLL, "quality", NUMBERS[0], after="RED")
    bench.shelf.learn([late, *sent(NUMBERS[0], 3)])

    assert bench.figures.accepted_by_rating(Window(NOW - 3 * HOUR, NOW - HOUR)) == {}
