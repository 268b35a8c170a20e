"""Writes docs/metrics.md from what `/metrics` answers. Run by `make docs`; a test compares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from wabawatch.domain.alerts import Severity
from wabawatch.domain.calls import CallCounts
from wabawatch.domain.checks import CheckKind, CheckState, Outcome, Plan, Seen
from wabawatch.domain.compliance import Verdict
from wabawatch.domain.forwarding import Outcome as ForwardOutcome
from wabawatch.domain.forwarding import TargetState
from wabawatch.domain.metrics import message_counts
from wabawatch.domain.polls import Usage
from wabawatch.domain.report import BodyCounts, Uptime
from wabawatch.domain.uptime import view
from wabawatch.flows.ingest import AckTally
from wabawatch.loops import Group, LoopHealth, LoopState
from wabawatch.web.metrics import Build, Figure, MetricsSnapshot, render
from wabawatch.web.metrics_alerts import AlertLook
from wabawatch.web.metrics_forward import TargetFigures
from wabawatch.web.metrics_gateway import GatewayFigures
from wabawatch.web.metrics_uptime import UptimeLook
from wabawatch.web.own import FRESH_S

PAGE = Path(__file__).with_name("metrics.md")

TARGET = TargetState("crm", True, False, 0, 0, None, 0, 0, None, None)
SEEN = Seen("graph", 1, Outcome.OK, latency_ms=1.0)
CHECK = view(Plan("graph", CheckKind.GRAPH), CheckState(0, SEEN), None, 1)
EXAMPLE = MetricsSnapshot(
    window_s=0,
    messages=message_counts({}),
    rates={"delivery_rate": Figure(0.96, 1_000, (0.95, 0.97), 0.95)},
    verdict=Verdict.COMPLIANT,
    limit_hits={},
    webhooks=BodyCounts(0, 0, 0, 0, 0, 0, 0),
    acks={"": AckTally({0: 1}, {})},
    oldest_waiting_s=0,
    loops=[LoopHealth("digest", Group.CORE, LoopState.RUNNING, 0, 0, 0, 0, "")],
    build=Build("", "", ""),
    targets=[TargetFigures(TARGET, 0, {ForwardOutcome.DELIVERED: 1}, {0: 1})],
    uptime=UptimeLook(Uptime(1.0), [CHECK]),
    alerts=AlertLook({("TOKEN_INVALID", Severity.CRITICAL): 1}, {("email", "sent"): 1}),
    gateway=GatewayFigures(CallCounts(rate_limit_hits={4: 1}), usages=[Usage("", 42, 0)]),
)
"""So much of everything that each metric has a sample."""

OPENING = f"""\
# Metrics for Prometheus

This page is generated (`make docs`).

`GET /metrics` answers in Prometheus' text format, without a password: let only your own network reach it. It is made
anew every {FRESH_S:.0f} seconds at most. No label names a person or a message. Messages, rates and verdict look back on
the time that `wabawatch_window_seconds` tells; [figures.md](figures.md) says what they mean. Counters of the receiver
and the loops begin at 0 when the process starts; those of webhooks and of calls through the gateway count all
that is in the books.

| metric | kind | labels | |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The page as it should be."""
    families = text_string_to_metric_families(render(EXAMPLE).decode())
    return OPENING + "".join(_rows(sorted(families, key=lambda family: family.name)))


def _rows(families: list[Metric]) -> Iterator[str]:
    for family in families:
        suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        said = ", ".join(f"`{label}`" for label in labels)
        yield f"| `{family.name.removesuffix(suffix)}{suffix}` | {family.type} | {said} | {family.documentation} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
