"""Tries to sign in: some are free, then pauses double; what is forgiven is forgotten."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.lockout import (
    HOUR_MS,
    MINUTE_MS,
    PER_ADDRESS,
    PER_USER,
    Patience,
    Tries,
    count,
    forgive_one,
)

NOW = 1_795_176_000_000
THREE = Patience(3, MINUTE_MS, 8 * MINUTE_MS, 24 * HOUR_MS)


def waits(times: list[int], patience: Patience = THREE) -> list[int]:
    """How long each try at *times* has to wait: 0 when it may be made."""
    tries: Tries | None = None
    found = []
    for at in times:
        tries, wait = count(tries, at, patience)
        found.append(wait)
    return found


def test_some_are_free_and_the_last_of_them_begins_a_pause() -> None:
    assert waits([NOW, NOW, NOW, NOW, NOW + MINUTE_MS - 1, NOW + MINUTE_MS]) == [0, 0, 0, MINUTE_MS, 1, 0]


def test_pauses_double_up_to_the_longest() -> None:
    at, pauses = NOW, []
    tries = Tries(2, NOW, 0)
    for _ in range(6):
        tries = count(tries, at, THREE).tries
        pauses.append((tries.free_at - at) // MINUTE_MS)
        at = tries.free_at

    assert pauses == [1, 2, 4, 8, 8, 8]


def test_what_is_refused_makes_the_pause_no_longer() -> None:
    tries = Tries(3, NOW, NOW + MINUTE_MS)

    assert count(tries, NOW + 1, THREE) == (tries, MINUTE_MS - 1)


def test_a_day_later_all_is_forgotten() -> None:
    tries = Tries(9, NOW, NOW + 8 * MINUTE_MS)

    assert count(tries, NOW + 24 * HOUR_MS, THREE).tries == Tries(1, NOW + 24 * HOUR_MS, 0)


def test_a_clock_that_was_set_back_locks_nobody_out_for_long() -> None:
    tries = Tries(3, NOW, NOW + MINUTE_MS)

    assert count(tries, NOW - 24 * HOUR_MS, THREE).wait_ms == THREE.most_ms


def test_one_that_ends_well_counts_no_more() -> None:
    assert forgive_one(Tries(3, NOW, NOW + MINUTE_MS)) == Tries(2, NOW, 0)
    assert forgive_one(Tries(0, NOW, 0)) == Tries(0, NOW, 0)


def test_who_guesses_all_day_makes_few_guesses() -> None:
    for patience, most in ((PER_USER, 40), (PER_ADDRESS, 55)):
        every_second = [NOW + second * 1000 for second in range(24 * 3600)]
        made = sum(wait == 0 for wait in waits(every_second, patience))

        assert patience.free < made <= most


@given(st.lists(st.integers(0, 2**40), max_size=60))
def test_a_wait_is_never_longer_than_the_longest(times: list[int]) -> None:
    assert all(0 <= wait <= THREE.most_ms for wait in waits(times))
