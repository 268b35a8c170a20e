"""The rules of forwarding: what an answer means, when to try again, when to leave a target alone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.forwarding import (
    KEEP_TRYING_MS,
    LONGEST_REST_MS,
    OPEN_AFTER,
    Breaker,
    BreakerState,
    Delivery,
    Outcome,
    next_attempt,
    outcome_of,
)

NOW = 1_700_000_000_000
BAD, GOOD = Outcome.FAILED, Outcome.DELIVERED


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (301, Outcome.REDIRECTED),
        (404, Outcome.REFUSED),
        (410, Outcome.REFUSED),
        (500, Outcome.FAILED),
        (101, Outcome.FAILED),
    ],
)
def test_only_2xx_is_an_acceptable_answer(status: int, outcome: Outcome) -> None:
    assert outcome_of(status) is outcome


def failing(breaker: Breaker, times: int) -> Breaker:
    for _ in range(times):
        breaker = breaker.begun().ended(BAD, NOW)
    return breaker


def test_a_breaker_opens_after_failures_in_a_row_and_a_good_answer_begins_the_row_anew() -> None:
    almost = failing(Breaker(), OPEN_AFTER - 1)

    assert almost.admits(NOW)
    assert failing(almost.ended(GOOD, NOW), OPEN_AFTER - 1).admits(NOW)
    assert not failing(almost, 1).admits(NOW)
    assert failing(almost, 1).state(NOW) is BreakerState.OPEN


def test_after_its_rest_one_attempt_finds_out_whether_the_target_is_back() -> None:
    breaker = failing(Breaker(), OPEN_AFTER)
    later = breaker.open_until or 0

    assert breaker.admits(later)
    probing = breaker.begun()
    assert (probing.state(later), probing.admits(later)) == (BreakerState.HALF_OPEN, False)
    assert probing.ended(GOOD, later) == Breaker()


def test_a_failed_probe_opens_it_for_longer_up_to_a_limit() -> None:
    breaker, rests = failing(Breaker(), OPEN_AFTER), []
    for _ in range(10):
        at = breaker.open_until or 0
        breaker = breaker.begun().ended(BAD, at)
        rests.append((breaker.open_until or 0) - at)

    assert rests == sorted(rests)
    assert rests[0] < rests[1]
    assert rests[-1] == LONGEST_REST_MS


def test_attempts_from_before_it_opened_do_not_open_it_for_longer() -> None:
    breaker = failing(Breaker(), OPEN_AFTER)

    assert breaker.ended(BAD, NOW + 1).open_until == breaker.open_until
    assert breaker.ended(GOOD, NOW + 1) == Breaker()


@given(st.integers(0, 2**53), st.integers(0, 20))
def test_pauses_grow_and_end_after_seven_days(seed: int, tries: int) -> None:
    at, times = NOW, [NOW]
    while (again := next_attempt(len(times), NOW, at, seed)) is not None:
        times.append(again)
        at = again

    pauses = [later - sooner for sooner, later in pairwise(times)]
    assert 4_000 <= pauses[0] <= 6_000
    assert max(pauses) <= 72 * 60_000
    assert NOW + KEEP_TRYING_MS - 2 * 72 * 60_000 < times[-1] <= NOW + KEEP_TRYING_MS


def test_what_no_attempt_can_change_is_a_dead_letter_at_once() -> None:
    row = Delivery(1, NOW, NOW, 0, NOW, Outcome.HELD)

    assert row.failed(Outcome.GONE, "gone", NOW).dead_at == NOW
    assert row.failed(BAD, "HTTP 500", NOW).dead_at is None


def test_when_the_last_attempt_ended_is_told_by_the_next_one() -> None:
    letter = Delivery(7, NOW, NOW, 0, NOW, Outcome.HELD)
    assert letter.last_try_at is None
    at = NOW
    while letter.next_try_at is not None:
        at = letter.next_try_at + 1_234
        letter = letter.failed(BAD, "HTTP 500", at)
        assert letter.last_try_at == at
    assert letter.dead_at == at
