"""When monitoring did not run, in words of its runs."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.runs import SILENCE_MS, Ended, Gap, Run, Why, gaps, is_alive

MINUTE = 60_000
HOUR = 60 * MINUTE
NOW = 100 * HOUR


def at(hours: float) -> int:
    return int(hours * HOUR)


def test_a_run_lives_for_three_minutes_after_its_last_sign_of_life() -> None:
    assert is_alive(Run(0, NOW - SILENCE_MS), NOW)
    assert not is_alive(Run(0, NOW - SILENCE_MS - 1), NOW)
    assert not is_alive(Run(0, NOW, Ended.STOPPED), NOW)


def test_without_a_run_all_is_unknown() -> None:
    assert gaps([], at(90), NOW, NOW) == [Gap(at(90), None, Why.NEVER_STARTED)]
    assert gaps([], None, NOW, NOW) == []


def test_while_it_runs_there_is_no_gap() -> None:
    assert gaps([Run(at(10), NOW - MINUTE)], at(90), NOW, NOW) == []


def test_a_stop_is_a_gap_that_names_who_stopped() -> None:
    runs = [Run(at(10), at(91), Ended.STOPPED, "cli"), Run(at(92), NOW)]

    assert gaps(runs, at(90), NOW, NOW) == [Gap(at(91), at(92), Why.STOPPED, "cli")]


def test_a_gap_that_lasts_has_no_end() -> None:
    assert gaps([Run(at(10), at(91), Ended.STOPPED, "cli")], at(90), NOW, NOW) == [
        Gap(at(91), None, Why.STOPPED, "cli")
    ]


def test_a_run_that_fell_silent_is_a_gap_from_its_last_sign_of_life_on() -> None:
    assert gaps([Run(at(10), at(91))], at(90), NOW, NOW) == [Gap(at(91), None, Why.NOT_RUNNING)]
    assert gaps([Run(at(10), at(91), Ended.LOST), Run(at(95), NOW)], at(90), NOW, NOW) == [
        Gap(at(91), at(95), Why.NOT_RUNNING)
    ]


def test_a_restart_leaves_no_gap() -> None:
    assert gaps([Run(at(10), at(91), Ended.RESTARTED, "cli"), Run(at(91), NOW)], at(90), NOW, NOW) == []


def test_what_was_before_the_first_run_is_unknown() -> None:
    assert gaps([Run(at(95), NOW)], at(90), NOW, NOW) == [Gap(at(90), at(95), Why.NEVER_STARTED)]


def test_only_the_window_counts() -> None:
    runs = [Run(at(10), at(20), Ended.STOPPED, "cli"), Run(at(80), NOW)]

    assert gaps(runs, at(30), at(40), NOW) == [Gap(at(30), at(40), Why.STOPPED, "cli")]


def test_runs_that_overlap_because_the_clock_was_set_back_leave_no_gap() -> None:
    assert gaps([Run(at(10), at(101), Ended.LOST), Run(at(99), NOW)], at(90), NOW, NOW) == []


times = st.integers(0, NOW)


@given(st.lists(st.tuples(times, times).map(sorted), max_size=6), times)
def test_gaps_and_runs_together_make_up_the_whole_window(spans: list[list[int]], start: int) -> None:
    runs = [Run(began, alive, Ended.LOST) for began, alive in sorted(spans)]

    found = gaps(runs, start, NOW, NOW)

    edges = sorted({start, NOW, *(edge for span in spans for edge in span if start <= edge <= NOW)})
    for left, right in pairwise(edges):
        is_run = any(run.began_at <= left and right <= run.alive_at for run in runs)
        is_gap = any(gap.start <= left and right <= (NOW if gap.end is None else gap.end) for gap in found)
        assert is_run != is_gap
