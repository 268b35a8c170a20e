"""Two monitors on one PostgreSQL: whatever changes is written once, also when the one that leads dies in between."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from tests.support.day import Days, days
from tests.support.places import the_postgres
from wabawatch.cli.turned import MINUTE
from wabawatch.simulator.incidents import IncidentKind
from wabawatch.simulator.orders import Break
from wabawatch.simulator.pattern import Pattern
from wabawatch.simulator.template_orders import SetTemplate

MONDAY = int(datetime(2026, 3, 23, 6, tzinfo=UTC).timestamp() * 1000)
BUSY = Pattern(hourly=(90,) * 24)


def transitions(found: Days, of: str) -> Counter[tuple[str, str, str]]:
    """How often each rule and scope became what, in one installation's books."""
    query = text("SELECT rule, scope_id, became FROM alert_transitions WHERE rule = :rule")
    with found.system.database.reading() as connection:
        return Counter((row.rule, row.scope_id, row.became) for row in connection.execute(query, {"rule": of}))


def test_an_incident_is_told_once_by_two_monitors_of_which_one_dies(tmp_path: Path) -> None:
    told = {"days": 0.1, "per_day": 12_000, "numbers": 2, "pattern": BUSY, "processes": 2}
    with the_postgres().database() as url, days(tmp_path, MONDAY, database_url=url, **told) as found:
        first, second = found.processes
        world = found.simulation.world
        template = world.usable[world.wabas[0].id][0]
        found.run(10 * MINUTE)

        found.order(Break(IncidentKind.FAILURES, 3_600, share=0.8, number=world.numbers[0].id))
        found.order(SetTemplate(id=template.id, status="PAUSED"))
        for _ in range(15):
            found.run(MINUTE)
            _both_look(found)  # as when the one that led does not know yet that it does not
        assert first.system.watchman.leading.is_leading

        first.is_paused = True
        first.system.watchman.seat.leave()  # as the server does when the process dies
        found.run(3 * MINUTE)
        assert second.system.watchman.leading.is_leading
        found.order(SetTemplate(id=template.id, status="APPROVED"))
        found.run(8 * MINUTE)

        name = f"{template.waba}/{template.name}/{template.language}"
        assert set(transitions(found, "TEMPLATE_PAUSED").values()) == {1}
        assert transitions(found, "TEMPLATE_PAUSED")["TEMPLATE_PAUSED", name, "resolved"] == 1
        failing = transitions(found, "FAILURE_RATE_HIGH")
        assert failing == {("FAILURE_RATE_HIGH", world.numbers[0].id, "firing"): 1}


def _both_look(found: Days) -> None:
    """Both processes look at the same moment."""
    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(process.system.alerts.alerting.step) for process in found.processes]:
            each.result()
