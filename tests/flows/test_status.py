"""The status while the digest is at work beside it."""

from __future__ import annotations

from pathlib import Path

from tests.support.system import RULES, Bench
from wabawatch.domain.metrics import Tally
from wabawatch.flows.recording import body_of, record_message
from wabawatch.flows.status import StatusFlow
from wabawatch.ports import Window
from wabawatch.storage.figures import SqlFigures
from wabawatch.wire import MessageIn

NOW = 1_795_176_000_000


class Overtaken(SqlFigures):
    """Figures that have moved on as soon as they are read."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.shelf.database, bench.inbox, bench.clock)
        self._bench = bench

    def tally(self, window: Window) -> Tally:
        found = super().tally(window)
        self._bench.drain()
        return found


def test_what_the_status_calls_done_is_in_its_figures(tmp_path: Path) -> None:
    bench = Bench(tmp_path, NOW)
    bench.accept([body_of(record_message(MessageIn(phone_number="+15550101001"), NOW), NOW)])

    seen = StatusFlow(Overtaken(bench), bench.clock, RULES).status(0)
    bench.close()

    assert seen.assessment.messages.attempted + seen.bodies.backlog == 1
