"""Who watches the watchman."""

from __future__ import annotations

from wabawatch.domain.runs import SILENCE_MS
from wabawatch.domain.watchman import LIVES_MS, LoopTrouble, Pulse, Stalled, is_overslept, stalled

NOW = 1_000_000_000
STUCK = LoopTrouble("cycle", is_stalled=True, quiet_ms=90_000)


def pulse(*troubles: LoopTrouble, at: int = NOW, process: str = "a") -> Pulse:
    return Pulse(process, 0, at, is_leading=True, troubles=troubles)


def find(*pulses: Pulse, alive_at: int | None = NOW, is_wanted: bool = True, started_at: int = 0) -> list[Stalled]:
    return stalled(pulses, NOW, is_wanted=is_wanted, alive_at=alive_at, started_at=started_at)


def test_a_loop_that_stalled_in_a_living_process_is_found() -> None:
    [found] = find(pulse(STUCK))

    assert (found.loop, found.since) == ("cycle", NOW - 90_000)
    assert "90 s" in found.words


def test_a_loop_that_only_fails_is_not_stalled() -> None:
    assert find(pulse(LoopTrouble("cycle", is_stalled=False, quiet_ms=5, failures_in_a_row=2, error="X"))) == []


def test_what_a_dead_process_said_counts_no_more() -> None:
    assert find(pulse(STUCK, at=NOW - LIVES_MS - 1)) == []


def test_a_loop_that_stalled_in_two_processes_is_one_trouble_since_the_earlier() -> None:
    longer = LoopTrouble("cycle", is_stalled=True, quiet_ms=600_000, error="StoreUnavailable: no")
    [found] = find(pulse(STUCK), pulse(longer, process="b"))

    assert found.since == NOW - 600_000
    assert "StoreUnavailable: no" in found.words


def test_monitoring_that_nobody_runs_is_found_by_whoever_lives() -> None:
    [found] = find(pulse(), alive_at=NOW - SILENCE_MS - 1)

    assert (found.loop, found.since) == ("monitoring", NOW - SILENCE_MS - 1)


def test_a_process_that_has_just_started_waits_before_it_complains() -> None:
    assert find(alive_at=NOW - 10 * SILENCE_MS, started_at=NOW - SILENCE_MS) == []
    assert find(alive_at=None, started_at=NOW - SILENCE_MS) == []
    assert len(find(alive_at=None, started_at=NOW - SILENCE_MS - 1)) == 1


def test_monitoring_that_is_not_wanted_is_not_missed() -> None:
    assert find(alive_at=None, is_wanted=False) == []


def test_a_process_that_was_paused_is_told_from_one_that_is_busy() -> None:
    assert is_overslept(3_600.0)
    assert not is_overslept(60.0)
