"""How much more may be sent, and that what nobody told us is not taken for good news."""

from __future__ import annotations

import pytest

from tests.support.facts import DAY, HOUR, T0
from wabawatch.domain.headroom import (
    MessagingLimit,
    NumberPlace,
    Pace,
    Send,
    limit_of,
    placed,
    reached,
    throughput,
)
from wabawatch.domain.platform import Kind, Known, States, Subject

BUSY = Pace(T0, 1_200, 45)
PLACES = [NumberPlace("1", "w1", "p"), NumberPlace("2", "w2", "p"), NumberPlace("3", "w3", "")]


def told(number: str = "1", **aspects: str) -> States:
    return {Subject(Kind.NUMBER, number): {name: Known(value, at=T0) for name, value in aspects.items()}}


@pytest.mark.parametrize(
    ("states", "level", "limit", "is_assumed"),
    [
        (told(throughput="STANDARD"), "STANDARD", 80, False),
        (told(throughput="HIGH"), "HIGH", 1_000, False),
        (told(throughput="HIGH", on_business_app="true"), "COEXISTENCE", 20, False),
        (told(on_business_app="false"), "STANDARD", 80, True),
        (told(throughput="NOT_APPLICABLE"), "NOT_APPLICABLE", 80, True),
        ({}, "STANDARD", 80, True),
    ],
)
def test_a_number_may_send_as_its_level_says(states: States, level: str, limit: int, is_assumed: bool) -> None:
    found = throughput("1", states, BUSY)

    assert (found.level, found.limit_mps, found.is_assumed) == (level, limit, is_assumed)


def test_the_pace_is_the_busiest_second_that_was_seen_and_at_least_the_mean_of_the_minute() -> None:
    assert throughput("1", {}, BUSY).head_room_mps == 80 - 45
    assert throughput("1", {}, Pace(T0, 3_000, 0)).head_room_mps == 80 - 50
    assert throughput("1", {}, Pace(T0, 9_000, 150)).head_room_mps == 0


def test_the_numbers_of_a_portfolio_share_one_limit_and_the_newest_word_counts() -> None:
    states = {
        Subject(Kind.NUMBER, "1"): {"limit": Known("TIER_250", at=T0)},
        Subject(Kind.WABA, "w2"): {"limit": Known("TIER_2K", at=T0 + 1, told_at=T0 + 2)},
        Subject(Kind.WABA, "w3"): {"limit": Known("TIER_UNLIMITED", at=T0 + 9)},
    }

    assert limit_of("p", PLACES, states) == ("TIER_2K", T0 + 2)
    assert limit_of("w3", PLACES, states) == ("TIER_UNLIMITED", 0)
    assert limit_of("p", PLACES, {}) == ("", None)


def test_a_number_that_only_polling_told_of_shares_the_limit_of_its_portfolio() -> None:
    states = {
        Subject(Kind.NUMBER, "5"): {"waba": Known("w1")},
        Subject(Kind.WABA, "w1"): {"portfolio": Known("p")},
    }
    sent, polled, unheard = NumberPlace("4", "w1", ""), NumberPlace("5", "", ""), NumberPlace("6", "", "")

    assert [place.owner for place in placed([sent, polled, unheard], states)] == ["p", "p", "6"]
    assert placed([NumberPlace("5", "w9", "q")], states) == [NumberPlace("5", "w9", "q")]


def test_what_is_left_is_at_most_the_limit_less_those_we_know_of() -> None:
    assert MessagingLimit("p", "TIER_250", T0, (), 200).head_room == 50
    assert MessagingLimit("p", "TIER_250", T0, (), 300).head_room == 0


@pytest.mark.parametrize(("tier", "is_known"), [("TIER_UNLIMITED", True), ("TIER_NOT_SET", False), ("", False)])
def test_without_a_finite_limit_nothing_is_left_or_used(tier: str, is_known: bool) -> None:
    limit = MessagingLimit("p", tier, None, (), None)

    assert (limit.is_known, limit.limit, limit.head_room) == (is_known, None, None)


def test_only_people_outside_their_service_window_are_reached() -> None:
    windows = {(1, 7): [(T0, T0 + DAY)], (2, 8): [(T0, T0 + DAY)]}
    sends = [Send(1, 7, T0 + HOUR), Send(2, 7, T0 + HOUR), Send(3, 7, T0)]

    assert set(reached(sends, windows)) == {2, 3}


def test_a_window_is_open_from_its_first_moment_and_no_longer_at_its_last() -> None:
    windows = {(1, 7): [(T0, T0 + DAY)]}

    assert set(reached([Send(1, 7, T0)], windows)) == set()
    assert reached([Send(1, 7, T0 - 1)], windows) == {1: T0 - 1}
    assert reached([Send(1, 7, T0 + DAY)], windows) == {1: T0 + DAY}


def test_one_send_outside_is_enough() -> None:
    windows = {(1, 7): [(T0, T0 + DAY)]}

    assert set(reached([Send(1, 7, T0 + 1), Send(1, 7, T0 + DAY + 1)], windows)) == {1}
