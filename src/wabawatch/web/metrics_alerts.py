"""What Prometheus reads about alerts and those who are told. Labels name types, severities and channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from wabawatch.domain.alerts import Severity


@dataclass(frozen=True, slots=True)
class AlertLook:
    """What is known of alerts and notices, as of one moment."""

    firing: Mapping[tuple[str, Severity], int] = field(default_factory=dict)
    """How many alerts fire, by type and severity"""
    notices: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """How many notices there are, by channel and state"""


def families(look: AlertLook) -> Iterator[Metric]:
    """All metrics of alerts and notices."""
    firing = GaugeMetricFamily("wabawatch_alerts_firing", "Alerts that fire now.", labels=["type", "severity"])
    for (kind, severity), n in sorted(look.firing.items()):
        firing.add_metric([kind, str(severity)], n)
    told = "Notices: waiting for their first try, retrying after a failure; sent and dead (given up) in the last day."
    notices = GaugeMetricFamily("wabawatch_notices", told, labels=["channel", "state"])
    for (channel, state), n in sorted(look.notices.items()):
        notices.add_metric([channel, state], n)
    yield from (firing, notices)
