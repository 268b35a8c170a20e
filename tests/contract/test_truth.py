"""Whatever happens to messages and webhooks, every count of the status is the simulator's truth."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from tests.support.places import ON_EACH, Place
from tests.support.system import Bench, bodies_of
from tests.support.thorough import examples
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation

pytestmark = ON_EACH

T0 = 1_795_000_000_000 - 1_795_000_000_000 % 60_000
HOUR = 3_600_000


@pytest.mark.parametrize("seed", range(examples(3)))
@pytest.mark.parametrize("mix", [Mix.plain(), Mix.nasty()], ids=["plain", "nasty"])
def test_counts_equal_the_truth(place: Place, seed: int, mix: Mix) -> None:
    simulation = Simulation(seed, 600, T0, 80 * 60_000, mix)
    bodies = bodies_of(simulation)
    bench = Bench(place, T0 + 10 * HOUR)
    bench.accept(bodies)
    bench.drain()
    seen = bench.status()
    truth = simulation.totals(bench.clock.now())

    counted = asdict(seen.assessment.messages)

    assert {name: n for name, n in truth.items() if name in counted} == counted
    assert seen.assessment.failure_rate.n == truth["failure_rate"][1]
    assert seen.assessment.delivery_rate.n == truth["delivery_rate"][1]
    assert seen.bodies.received == simulation.brought().received
    assert seen.bodies.duplicates == simulation.brought().duplicates
    assert seen.bodies.backlog == seen.bodies.parked == seen.bodies.unparsed_items == 0
    bench.close()
