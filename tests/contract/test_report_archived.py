"""What was said of a past period is said of it still when its messages are in the archive."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.support.archives import LIVE_DAYS, Attic
from tests.support.places import ON_EACH, Place
from tests.support.reports import Press
from tests.support.system import Bench, bodies_of
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.storage.schema import messages

pytestmark = ON_EACH

HOUR = 3_600_000
T0 = 1_795_000_000_000 - 1_795_000_000_000 % HOUR
COUNTED = (
    *("verdict", "requirements", "quality_parts", "coverage", "messages", "trend", "failures", "failures_by_fault"),
    *("numbers", "templates", "webhooks", "gaps"),
)


@pytest.mark.parametrize("mix", [Mix.plain(), Mix.nasty()], ids=["plain", "nasty"])
def test_a_past_period_is_judged_the_same_after_its_messages_were_archived(
    place: Place, mix: Mix, tmp_path: Path
) -> None:
    bench = Bench(place, T0 + 10 * HOUR)
    bench.accept(bodies_of(Simulation(3, 500, T0, 80 * 60_000, mix)))
    bench.drain()
    attic = Attic(bench.shelf, tmp_path / "archive", bench.clock.now())
    attic.pass_days(LIVE_DAYS + 10)
    bench.clock.turn_to(attic.clock.now())
    bench.drain()
    press = Press(bench.shelf, bench.figures, bench.clock)
    before = press.report(T0 - HOUR, T0 + 9 * HOUR)

    attic.archive()

    after = press.report(T0 - HOUR, T0 + 9 * HOUR)
    with bench.shelf.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(messages)).scalar() == 0
    assert len(attic.held()) >= 500
    assert {name: getattr(after, name) for name in COUNTED} == {name: getattr(before, name) for name in COUNTED}
    assert after.template_use.violations == before.template_use.violations
    bench.close()
