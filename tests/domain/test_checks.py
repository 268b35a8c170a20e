"""How looks at a check become incidents, and what a pause, a restart or a set clock does not do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.checks import (
    MOST_REST_MS,
    RETRY_MS,
    Change,
    CheckKind,
    CheckState,
    Failure,
    Outcome,
    Plan,
    Seen,
    after,
    is_due,
    is_stale,
)

PLAN = Plan("graph", CheckKind.GRAPH)
NOW = 1_700_000_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE


def look(at: int, outcome: Outcome = Outcome.FAILED, rest_ms: int = 0) -> Seen:
    return Seen("graph", at, outcome, Failure.TIMEOUT if outcome is Outcome.FAILED else Failure.NONE, rest_ms=rest_ms)


def changes(*looks: Seen, plan: Plan = PLAN) -> list[Change]:
    """What each of *looks*, one after the other, changes."""
    state, found = CheckState(), []
    for seen in looks:
        step = after(plan, state, seen, seen.at)
        state = step.state
        found.append(step.change)
    return found


def test_two_failures_in_a_row_open_an_incident_and_one_success_closes_it() -> None:
    looks = [look(NOW + i * MINUTE, Outcome(word)) for i, word in enumerate(["ok", *["failed"] * 3, "ok", "ok"])]

    assert changes(*looks) == [
        Change.NOTHING,
        Change.NOTHING,
        Change.OPENS,
        Change.GOES_ON,
        Change.CLOSES,
        Change.NOTHING,
    ]


def test_an_incident_begins_at_the_first_failure_of_its_row() -> None:
    first = after(PLAN, CheckState(), look(NOW), NOW)
    second = after(PLAN, first.state, look(NOW + MINUTE), NOW + MINUTE)

    assert second.state.since == NOW


@pytest.mark.parametrize("wanted", [1, 3])
def test_how_many_failures_are_an_incident_is_configurable(wanted: int) -> None:
    found = changes(*(look(NOW + i * MINUTE) for i in range(wanted)), plan=replace(PLAN, failures=wanted))

    assert found == [Change.NOTHING] * (wanted - 1) + [Change.OPENS]


def test_a_success_between_failures_begins_the_row_anew() -> None:
    looks = [look(NOW + i * MINUTE, Outcome(word)) for i, word in enumerate(["failed", "ok", "failed", "ok", "failed"])]

    assert Change.OPENS not in changes(*looks)


@pytest.mark.parametrize("gap", [HOUR, 3 * 24 * HOUR, -HOUR])
def test_failures_with_unknown_time_between_them_are_no_row(gap: int) -> None:
    """A process that was paused, stopped or restarted, and a clock that was set, raise no incident."""
    assert changes(look(NOW), look(NOW + gap)) == [Change.NOTHING, Change.NOTHING]


def test_what_cannot_be_told_neither_opens_nor_closes() -> None:
    opened = [look(NOW), look(NOW + MINUTE)]

    assert changes(*opened, look(NOW + 2 * MINUTE, Outcome.UNKNOWN))[-1] is Change.NOTHING
    assert changes(*opened, look(NOW + 2 * MINUTE, Outcome.UNKNOWN), look(NOW + 3 * MINUTE))[-1] is Change.GOES_ON


def test_the_first_failure_is_looked_at_again_soon_and_later_ones_at_the_usual_pace() -> None:
    first = after(PLAN, CheckState(), look(NOW), NOW)
    second = after(PLAN, first.state, look(NOW + RETRY_MS), NOW + RETRY_MS)

    assert first.state.due_at == NOW + RETRY_MS
    assert second.state.due_at == NOW + RETRY_MS + PLAN.every_ms


def test_whoever_asks_to_be_left_alone_is_but_not_for_ever() -> None:
    assert after(PLAN, CheckState(), look(NOW, Outcome.OK, rest_ms=5 * MINUTE), NOW).state.due_at == NOW + 5 * MINUTE
    assert after(PLAN, CheckState(), look(NOW, Outcome.OK, rest_ms=99 * HOUR), NOW).state.due_at == NOW + MOST_REST_MS


def test_a_look_that_comes_too_late_changes_nothing() -> None:
    newer = after(PLAN, CheckState(), look(NOW, Outcome.OK), NOW).state
    step = after(PLAN, newer, look(NOW - 1), NOW + MINUTE)

    assert step.is_ignored
    assert step.state == newer


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_was_set_neither_silences_a_check_nor_makes_the_time_known(jump: int) -> None:
    before = after(PLAN, CheckState(), look(NOW, Outcome.OK), NOW).state
    now = NOW + jump + MINUTE

    assert is_due(PLAN, before, now)
    step = after(PLAN, before, look(now, Outcome.OK), now)
    assert not step.is_ignored
    assert not step.follows_on


def test_a_check_is_stale_when_nobody_has_looked_for_longer_than_its_reach() -> None:
    state = after(PLAN, CheckState(), look(NOW, Outcome.OK), NOW).state

    assert not is_stale(PLAN, state, NOW + PLAN.reach_ms)
    assert is_stale(PLAN, state, NOW + PLAN.reach_ms + 1)
    assert is_stale(PLAN, CheckState(), NOW)


_LOOKS = st.lists(st.tuples(st.sampled_from(list(Outcome)), st.integers(-2 * HOUR, 2 * HOUR)), max_size=40)


@given(_LOOKS)
def test_incidents_open_and_close_by_turns_whatever_the_clock_does(looks: list[tuple[Outcome, int]]) -> None:
    state, is_open, now = CheckState(), False, NOW
    for outcome, pause in looks:
        now += pause
        step = after(PLAN, state, look(now, outcome), now)
        if step.change is Change.OPENS:
            assert not is_open
            assert step.state.failures >= PLAN.failures
        if step.change in (Change.CLOSES, Change.GOES_ON):
            assert is_open
        is_open = step.state.is_open
        state = step.state
        assert (state.failures == 0) == (state.since is None)
