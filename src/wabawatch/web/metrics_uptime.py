"""What Prometheus reads about checks. A label names a check as the settings do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from wabawatch.domain.checks import Outcome
from wabawatch.domain.report import Uptime
from wabawatch.domain.uptime import CheckView


@dataclass(frozen=True, slots=True)
class UptimeLook:
    """What is known of uptime, as of one moment."""

    whole: Uptime
    """Over the usual window"""
    views: Sequence[CheckView]


def families(look: UptimeLook) -> Iterator[Metric]:
    """All metrics of the checks, and of the whole."""
    share = GaugeMetricFamily("wabawatch_uptime_ratio", "Share of known time in which no essential check failed.")
    if look.whole.value is not None:
        share.add_metric([], look.whole.value)
    yield share
    up = GaugeMetricFamily("wabawatch_check_up", "1: the newest look went well; 0: it failed.", labels=["check"])
    is_open = GaugeMetricFamily("wabawatch_check_incident", "1: an incident is open.", labels=["check"])
    took = GaugeMetricFamily("wabawatch_check_latency_seconds", "How long the newest answer took.", labels=["check"])
    for view in look.views:
        if view.outcome is not Outcome.UNKNOWN:
            up.add_metric([view.name], float(view.outcome is Outcome.OK))
        is_open.add_metric([view.name], float(view.incident != 0))
        if view.latency_ms is not None and not view.is_stale:
            took.add_metric([view.name], view.latency_ms / 1000)
    yield from (up, is_open, took)
