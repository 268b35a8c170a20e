"""Days of the simulated Meta, whose own counts are held against ours: in line, until webhooks are lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.test_polling_simulated import TOKEN, Direct
from tests.simulator.scenes import HOUR, START
from tests.support.system import Bench
from wabawatch.access_tokens import AccessTokens
from wabawatch.domain.facts import DAY_MS
from wabawatch.domain.reconciliation import Agreement, Comparison
from wabawatch.flows.polling import Polling
from wabawatch.flows.reconciling import Reconciling
from wabawatch.kinds import GraphUrl, Secret
from wabawatch.meta.graph import GraphClient
from wabawatch.ports import MONITORING, RUNNING, Body, BodyKind
from wabawatch.simulator.clock import StoryClock
from wabawatch.simulator.graph import build_graph
from wabawatch.simulator.incidents import Incident, IncidentKind
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.steps import PostWebhook
from wabawatch.storage.platform import SqlPlatform
from wabawatch.storage.reconciliation import SqlDays

SECOND = START // DAY_MS + 1
"""The first UTC day that is simulated whole"""
END = (SECOND + 1) * DAY_MS + 20 * HOUR
NOT_ASKED = range(START + HOUR, END - HOUR)
"""Days are compared from the first question on, once Meta has counted them; between, nothing needs to be asked."""


class Scene:
    """A simulated Meta with two days of traffic, and an installation that hears of it and asks."""

    def __init__(self, folder: Path) -> None:
        self.made = Simulation(3, 2_400, START, END - START - 12 * HOUR, Mix.nasty(), numbers=3)
        self.clock = StoryClock(START)
        transport = Direct(build_graph(self.made, self.clock, TOKEN))
        self.graph = GraphClient(GraphUrl("http://meta.test", "v25.0"), AccessTokens(Secret(TOKEN)), {}, transport)
        self.bench = Bench(folder, START)
        shelf = self.bench.shelf
        self.polling = Polling(self.graph, SqlPlatform(shelf.database), shelf.books, self.clock)
        self.reconciling = Reconciling(SqlDays(shelf.database), self.clock)
        with shelf.books.writing() as ledger:
            ledger.set_mark(MONITORING, RUNNING)

    def run(self) -> list[Comparison]:
        """Let it all happen; gives the comparisons of the whole day."""
        for at in range(START + 15_000, END, 450_000):
            steps = [step for step in self.made.due(at) if isinstance(step, PostWebhook)]
            self.bench.accept([Body(BodyKind.WEBHOOK, step.at, step.body) for step in steps])
            self.bench.clock.turn_to(at)
            self.bench.drain()
            self.clock.turn_to(at)
            for later in range(at, at + 450_000, 45_000) if at not in NOT_ASKED else ():
                self.clock.turn_to(later)
                self.polling.step()
        return [each for each in self.reconciling.recent(7).compared if each.counts.meta.day == SECOND]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.graph.close()
    scene.bench.close()


def test_what_meta_counted_is_in_line_with_what_its_webhooks_told(scene: Scene) -> None:
    found = scene.run()

    numbers = {each.id for each in scene.made.world.numbers}
    assert {each.counts.number for each in found} - {""} <= numbers
    assert {each.counts.waba for each in found} == {each.id for each in scene.made.world.wabas}
    assert {each.agreement for each in found} <= {Agreement.IN_LINE, Agreement.TOO_FEW}
    assert any(each.agreement is Agreement.IN_LINE for each in found)


def test_webhooks_that_were_lost_are_a_gap(scene: Scene) -> None:
    scene.made.command(Incident(IncidentKind.WEBHOOKS_LOST, SECOND * DAY_MS, 8 * HOUR))

    found = scene.run()

    busy = [each for each in found if each.agreement is not Agreement.TOO_FEW]
    assert {each.agreement for each in busy} == {Agreement.WE_KNOW_LESS}
    assert all("nobody told us" in each.cause for each in busy)
    meta, ours = sum(each.counts.meta.sent for each in busy), sum(each.counts.own.sent for each in busy)
    assert ours == pytest.approx(meta * 2 / 3, rel=0.1)
