"""Whatever happens, every count of a compliance report is the simulator's truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Literal

import pytest

from tests.support.places import ON_EACH, Place
from tests.support.reports import Press
from tests.support.system import Bench, bodies_of
from wabawatch.domain.compliance_report import ComplianceReport
from wabawatch.domain.overview import Slice, SliceKind
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.truth import totals

pytestmark = ON_EACH

HOUR = 3_600_000
RATES: tuple[Literal["delivery_rate"], Literal["failure_rate"]] = ("delivery_rate", "failure_rate")
T0 = 1_795_000_000_000 - 1_795_000_000_000 % HOUR


def total(report: ComplianceReport, name: str) -> int:
    """A figure of the trend, over the whole period."""
    return sum(getattr(line, name) for line in report.trend)


@pytest.mark.parametrize("mix", [Mix.plain(), Mix.nasty()], ids=["plain", "nasty"])
def test_every_count_is_the_truth(place: Place, mix: Mix) -> None:
    simulation = Simulation(3, 500, T0, 80 * 60_000, mix)
    bench = Bench(place, T0 + 10 * HOUR)
    bench.accept(bodies_of(simulation))
    bench.drain()

    report = Press(bench.shelf, bench.figures, bench.clock).report(T0 - HOUR, bench.clock.now())

    truth = simulation.totals(bench.clock.now(), T0 - HOUR)
    assert asdict(report.messages) == {name: n for name, n in truth.items() if name in asdict(report.messages)}
    of = {line.key: line for line in report.requirements}
    for name in RATES:
        hits, n = truth[name]
        assert (of[name].n, of[name].value) == (n, round(hits / n, 6))
    assert report.webhooks.received == simulation.brought().received
    assert sum(line.attempted for line in report.numbers) == truth["attempted"]
    assert (total(report, "attempted"), total(report, "failed")) == (truth["attempted"], truth["failed"])
    assert sum(line.n for line in report.failures) == truth["failed"]
    assert sum(report.failures_by_fault.values()) == truth["failed"]
    bench.close()


def test_the_parts_of_an_account_are_the_truth_about_its_numbers(place: Place) -> None:
    simulation = Simulation(4, 400, T0, 80 * 60_000, Mix.plain())
    bench = Bench(place, T0 + 10 * HOUR)
    bench.accept(bodies_of(simulation))
    bench.drain()
    waba = simulation.world.wabas[0].id
    theirs = {each.id for each in simulation.world.numbers if each.waba.id == waba}
    rows = [row for row in simulation.truth(bench.clock.now()) if row["number"] in theirs]

    report = Press(bench.shelf, bench.figures, bench.clock).report(T0, T0 + 9 * HOUR, Slice(SliceKind.WABA, waba))

    truth = totals(rows, bench.clock.now(), T0)
    assert (report.messages.attempted, report.messages.failed) == (truth["attempted"], truth["failed"])
    assert {line.key for line in report.numbers} <= theirs
    sent = Counter(f"{row['template']}/{row['language']}" for row in rows if row["template"])
    assert {f"{line.name}/{line.language}": line.attempted for line in report.templates} == sent
    bench.close()
