"""The report of a time with three incidents at the simulated Meta: each count is the truth, each incident is in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.support.day import FAST, HOUR, days
from wabawatch import signed_reports
from wabawatch.cli.turned import MINUTE
from wabawatch.domain.compliance import Verdict
from wabawatch.domain.compliance_report import utc
from wabawatch.domain.overview import EVERYTHING
from wabawatch.simulator.incidents import IncidentKind
from wabawatch.simulator.orders import Break
from wabawatch.simulator.pattern import Pattern
from wabawatch.simulator.template_orders import SetTemplate

MONDAY = int(datetime(2026, 3, 23, 6, tzinfo=UTC).timestamp() * 1000)
HALF_AN_HOUR_S = 1_800.0


def test_every_count_and_all_three_incidents_are_in_the_report(tmp_path: Path) -> None:
    with days(tmp_path, MONDAY, days=0.4, per_day=6_000, pattern=Pattern(hourly=(90,) * 24)) as found:
        world = found.simulation.world
        template = world.usable[world.wabas[0].id][0]
        found.run(HOUR, every_ms=FAST)
        found.order(Break(IncidentKind.API_DOWN, HALF_AN_HOUR_S))
        found.run(HOUR, every_ms=FAST)
        found.order(Break(IncidentKind.FAILURES, HALF_AN_HOUR_S, share=0.6))
        found.run(HOUR, every_ms=FAST)
        found.order(SetTemplate(id=template.id, status="PAUSED"))
        found.run(30 * MINUTE, every_ms=FAST)
        found.order(SetTemplate(id=template.id, status="APPROVED"))
        found.run(HOUR, every_ms=FAST)

        kept = found.system.reports.reporting.make(MONDAY, found.now, EVERYTHING, "test")
        truth = found.simulation.totals(since=MONDAY)

    report = signed_reports.decode(kept.document)
    messages = report.messages
    names = (
        "attempted",
        "accepted",
        "sent",
        "delivered",
        "read",
        "failed",
        "expired",
        "pending",
        "rejected",
        "inbound",
    )
    assert {name: getattr(messages, name) for name in names} == {name: truth[name] for name in names}  # type: ignore[literal-required]
    assert sum(line.n for line in report.failures) == truth["failed"]
    assert sum(line.attempted for line in report.trend) == truth["attempted"]
    assert sum(line.attempted for line in report.numbers) == truth["attempted"]
    assert report.verdict is Verdict.VIOLATION

    fired = {line.rule for line in report.alerts}
    assert {"API_ENDPOINT_DOWN", "FAILURE_RATE_HIGH", "TEMPLATE_PAUSED"} <= fired
    (down,) = [each for each in report.uptime.log if each.check == "graph"]
    assert utc(MONDAY + HOUR) <= down.started_at <= utc(MONDAY + HOUR + 5 * MINUTE)
    assert down.ended_at is not None
    assert HALF_AN_HOUR_S - 300 <= (down.duration_s or 0) <= HALF_AN_HOUR_S + 300
    line = next(x for x in report.templates if (x.name, x.waba) == (template.name, world.wabas[0].id))
    assert [e.after for e in line.history if e.aspect == "status"][:2] == ["APPROVED", "PAUSED"]
    assert report.template_use.violations == sum(x.violations for x in report.templates) > 0
    assert sum(report.template_use.by_reason.values()) == report.template_use.violations
    assert report.gaps == ()
