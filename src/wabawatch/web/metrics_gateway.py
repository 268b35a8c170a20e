"""What `/metrics` shows of the gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from wabawatch.domain.calls import CallCounts
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.polls import Usage

Buckets = Callable[[Histogram], list[tuple[str, float]]]


@dataclass(frozen=True, slots=True)
class GatewayFigures:
    """Calls through the gateway since the beginning, and records that wait."""

    calls: CallCounts = field(default_factory=CallCounts)
    spooled_bytes: int = 0
    """Records that the inbox could not take, on this server's disk"""
    lost: int = 0
    """Records that neither disk nor memory had room for, since the process started"""
    usages: Sequence[Usage] = ()
    """How much of the limits on calls is used, as told in the last hour"""


def gateway_families(
    figures: GatewayFigures, buckets: Buckets, sum_s: Callable[[Histogram], float]
) -> Iterator[Metric]:
    """The families of *figures*. *buckets* and *sum_s*: how a histogram is shown."""
    calls = figures.calls
    counted = {
        "calls": ("Calls that were passed on to the Graph API.", calls.calls),
        "sends": ("Calls that asked for a message.", calls.sends),
        "errors": ("Calls answered with HTTP 400 or above.", calls.errors),
        "unanswered": ("Calls that got no answer, or half of one.", calls.unanswered),
        "records_lost": ("Records that no disk and no memory had room for, since the process started.", figures.lost),
    }
    for name, (text, n) in counted.items():
        yield CounterMetricFamily(f"wabawatch_gateway_{name}", text, value=n)
    text = "Answers with the code of a rate limit."
    hits = CounterMetricFamily("wabawatch_gateway_rate_limit_hits", text, labels=["code"])
    for code, n in sorted(calls.rate_limit_hits.items()):
        hits.add_metric([str(code)], n)
    yield hits
    text = "Time from passing a send on to its whole answer. The sum is within 2 %."
    family = HistogramMetricFamily("wabawatch_gateway_send_seconds", text)
    family.add_metric([], buckets(calls.send_ms), sum_s(calls.send_ms))
    yield family
    text = "Share used of a limit on calls to Meta, as told within the last hour: the app's, or a WABA's."
    used = GaugeMetricFamily("wabawatch_graph_usage_ratio", text, labels=["scope"])
    for usage in figures.usages:
        used.add_metric([usage.scope or "app"], usage.percent / 100)
    yield used
    text = "Records of calls that wait on disk until the inbox takes them."
    yield GaugeMetricFamily("wabawatch_gateway_spooled_bytes", text, value=figures.spooled_bytes)
