"""A simulation as a whole: repeatable, in order, and with a truth that adds up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.scenes import HOUR, START, simulation

from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.steps import LogSend, PostWebhook
from wabawatch.simulator.truth import DELIVERY_GRACE_MS, Totals

SEEDS = st.integers(min_value=0, max_value=10_000)
MIXES = st.sampled_from((Mix.plain(), Mix.nasty()))


def parts(counts: Totals) -> int:
    return sum(counts[key] for key in ("sent", "delivered", "read", "failed", "expired", "pending"))


@pytest.mark.parametrize("mix", [Mix.plain(), Mix.nasty()])
def test_the_same_seed_gives_the_same_bytes_and_the_same_truth(mix: Mix) -> None:
    first, second = simulation(mix=mix), simulation(mix=mix)

    assert list(first.steps()) == list(second.steps())
    assert first.truth() == second.truth()


def test_another_seed_gives_other_bytes() -> None:
    assert list(simulation(seed=1).steps()) != list(simulation(seed=2).steps())


def test_asking_piece_by_piece_gives_the_same_steps() -> None:
    whole, pieces = simulation(), simulation()

    got = [step for until in range(START, START + 12 * HOUR, 600_000) for step in pieces.due(until)]

    assert got == list(whole.steps())


@given(seed=SEEDS)
@settings(max_examples=10)
def test_steps_come_in_the_order_of_time(seed: int) -> None:
    times = [step.at for step in simulation(seed, messages=100).steps()]

    assert times == sorted(times)


@given(seed=SEEDS, mix=MIXES, steps=st.integers(min_value=0, max_value=400), late_ms=st.integers(0, 60 * 24 * HOUR))
@settings(max_examples=40)
def test_the_six_statuses_add_up_to_attempted_at_any_moment(seed: int, mix: Mix, steps: int, late_ms: int) -> None:
    made = simulation(seed, messages=80, mix=mix)
    for _ in zip(range(steps), made.steps(), strict=False):
        pass

    counts = made.totals(made.now + late_ms)

    assert parts(counts) == counts["attempted"]
    assert counts["accepted"] + counts["rejected"] + counts["unlinked"] == counts["attempted"]


@given(seed=SEEDS, mix=MIXES)
@settings(max_examples=15)
def test_rates_never_exceed_one(seed: int, mix: Mix) -> None:
    made = simulation(seed, messages=80, mix=mix)
    list(made.steps())

    counts = made.totals()

    for arrived, of in (counts["delivery_rate"], counts["failure_rate"]):
        assert 0 <= arrived <= of <= counts["attempted"]


def test_nothing_told_is_nothing_true() -> None:
    assert simulation().truth() == []


def test_a_plain_simulation_delivers_about_97_percent_and_fails_2_to_3() -> None:
    made = Simulation(1, 10_000, START, HOUR, Mix.plain())
    list(made.steps())

    counts = made.totals(made.now + DELIVERY_GRACE_MS)

    delivered, accepted = counts["delivery_rate"]
    failed, attempted = counts["failure_rate"]
    assert 0.96 < delivered / accepted < 0.98
    assert 0.02 < failed / attempted < 0.032
    assert attempted == 10_000


def test_a_plain_simulation_knows_every_send() -> None:
    made = simulation(mix=Mix.plain())
    list(made.steps())

    counts = made.totals()

    assert (counts["unlinked"], counts["orphan"], counts["inbound"]) == (0, 0, 0)
    assert counts["attempted"] == 300
    assert {row["origin"] for row in made.truth()} == {"api"}


def test_repeated_bodies_are_counted_as_such() -> None:
    made = simulation()
    posted = [step.body for step in made.steps() if isinstance(step, PostWebhook)]

    assert made.brought().received == len(posted)
    assert made.brought().duplicates == len(posted) - len(set(posted))


def test_a_simulation_that_goes_on_continues_its_plan_at_the_new_pace() -> None:
    plain, going_on = simulation(messages=50), simulation(messages=50)
    going_on.go_on(gap_ms=1_000)

    first = list(going_on.due(START + HOUR))
    later = [step for step in going_on.due(START + HOUR + 120_000) if isinstance(step, LogSend)]

    assert first == list(plain.due(START + HOUR))
    assert len({step.payload["local_id"] for step in later}) > 60
    assert not going_on.is_told


def test_a_simulation_without_a_plan_may_go_on_too() -> None:
    made = simulation(messages=0)
    made.go_on(gap_ms=60_000)
    from_the_end = START + HOUR

    sends = [step for step in made.due(from_the_end + 600_000) if isinstance(step, LogSend)]

    assert sends
    assert all(step.at >= from_the_end for step in sends)


def test_a_simulation_is_told_when_its_last_step_has_been_given() -> None:
    made = simulation(messages=5)
    before = made.is_told

    list(made.steps())

    assert (before, made.is_told) == (False, True)
