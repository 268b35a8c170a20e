"""What Prometheus reads: wabawatch itself and its figures, as text. No label ever names a person or a message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from wabawatch.domain.compliance import Verdict
from wabawatch.domain.error_codes import LIMIT_HIT_CODES
from wabawatch.domain.histograms import Histogram, above, value_of
from wabawatch.domain.limit_hits import scope_of
from wabawatch.domain.metrics import MessageCounts
from wabawatch.domain.report import BodyCounts
from wabawatch.flows.ingest import AckTally, Admission
from wabawatch.loops import LoopHealth, LoopState
from wabawatch.web import metrics_alerts, metrics_forward, metrics_uptime
from wabawatch.web.metrics_alerts import AlertLook
from wabawatch.web.metrics_forward import TargetFigures
from wabawatch.web.metrics_gateway import GatewayFigures, gateway_families
from wabawatch.web.metrics_uptime import UptimeLook

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""Of what `render` gives."""

ACK_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
"""Upper bounds of the answer-time buckets: 0.25, 1 and 20 s are the lines of the webhook requirement."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A share of *n* cases."""

    value: float | None
    """0-1; None: nothing to divide by, and then only *n* is shown"""
    n: int
    interval: tuple[float, float] | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Build:
    """What is running."""

    version: str
    python: str
    database: str
    """Its kind, as in `sqlite`"""


@dataclass(frozen=True, slots=True)
class MetricsSnapshot:
    """Everything that is shown, as of one moment."""

    window_s: float
    """What *messages*, *rates* and *verdict* look back on; 0: everything there is"""
    messages: MessageCounts
    rates: Mapping[str, Figure]
    """By name, as in `delivery_rate`"""
    verdict: Verdict
    limit_hits: Mapping[int, int]
    """How often each limit of Meta's was hit in the window, by error code"""
    webhooks: BodyCounts
    """Accepted webhook bodies since the beginning, without a window"""
    acks: Mapping[str, AckTally]
    """What the receiver answered since the process started, by app"""
    oldest_waiting_s: float
    """Age of the oldest body that is not digested; 0 when none waits"""
    loops: Sequence[LoopHealth]
    build: Build
    gateway: GatewayFigures = field(default_factory=GatewayFigures)
    targets: Sequence[TargetFigures] = ()
    """Where webhooks are forwarded to"""
    uptime: UptimeLook | None = None
    alerts: AlertLook = field(default_factory=AlertLook)


def render(snapshot: MetricsSnapshot) -> bytes:
    """*snapshot* in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(snapshot))
    return generate_latest(registry)


class _Families(Collector):
    def __init__(self, snapshot: MetricsSnapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        s = self._snapshot
        yield from _messages(s.messages, s.window_s)
        yield from _rates(s.rates)
        yield _verdict(s.verdict)
        yield _limits(s.limit_hits)
        yield from _webhooks(s.webhooks, s.oldest_waiting_s)
        yield from _receiver(s.acks)
        yield from gateway_families(s.gateway, _cumulative, _sum_s)
        yield from _loops(s.loops)
        yield from metrics_forward.families(s.targets)
        if s.uptime is not None:
            yield from metrics_uptime.families(s.uptime)
        yield from metrics_alerts.families(s.alerts)
        yield _build(s.build)


_Samples = Iterable[tuple[Sequence[str], float]]


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"wabawatch_{name}", text, value=value)


def _gauges(name: str, text: str, labels: Sequence[str], samples: _Samples) -> Metric:
    family = GaugeMetricFamily(f"wabawatch_{name}", text, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"wabawatch_{name}", text, value=value)


def _counters(name: str, text: str, labels: Sequence[str], samples: _Samples) -> Metric:
    family = CounterMetricFamily(f"wabawatch_{name}", text, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


_STATUSES = ("sent", "delivered", "read", "failed", "expired", "pending")
_SUB_COUNTS = {
    "attempted": "Messages that were asked for; the six statuses add up to them.",
    "accepted": "Messages whose message id is known.",
    "rejected": "Messages that the Graph API answered with an error; they count as failed.",
    "unlinked": "Recorded sends whose message id is not known yet; they are in no rate.",
    "orphan": "Messages known only by a late status; they are in no rate.",
    "inbound": "Messages that came in.",
}


def _messages(counts: MessageCounts, window_s: float) -> Iterator[Metric]:
    yield _gauge("window_seconds", "How far back the message counts, rates and verdict look; 0: everything.", window_s)
    statuses = [((status,), getattr(counts, status)) for status in _STATUSES]
    yield _gauges("messages", "Messages of the window by their effective status.", ["status"], statuses)
    for name, text in _SUB_COUNTS.items():
        yield _gauge(f"messages_{name}", f"{text} In the window.", getattr(counts, name))


def _rates(rates: Mapping[str, Figure]) -> Iterator[Metric]:
    def of(pick: Callable[[Figure], float | None]) -> Iterator[tuple[Sequence[str], float]]:
        for name, figure in rates.items():
            if (value := pick(figure)) is not None:
                yield (name,), value

    label = ["rate"]
    yield _gauges("rate_ratio", "Rates of the window, 0-1; absent without a case.", label, of(lambda f: f.value))
    yield _gauges("rate_cases", "How many cases a rate rests on.", label, of(lambda f: f.n))
    yield _gauges(
        "rate_low_ratio",
        "Lower end of a rate's 95 % interval.",
        label,
        of(lambda f: f.interval[0] if f.interval else None),
    )
    yield _gauges(
        "rate_high_ratio",
        "Upper end of a rate's 95 % interval.",
        label,
        of(lambda f: f.interval[1] if f.interval else None),
    )
    yield _gauges("rate_threshold_ratio", "The line a rate is held against.", label, of(lambda f: f.threshold))


def _verdict(verdict: Verdict) -> Metric:
    states = [((each.value,), float(each is verdict)) for each in Verdict]
    return _gauges(
        "overall_status", "Compliance of the window: 1 for what it is, 0 for the others.", ["status"], states
    )


def _limits(hits: Mapping[int, int]) -> Metric:
    samples = [((str(code), str(scope_of(code))), float(hits.get(code, 0))) for code in sorted(LIMIT_HIT_CODES)]
    text = "How often each limit of Meta's was hit in the window, by error code and by what it is counted on."
    return _gauges("rate_limit_hits", text, ["code", "scope"], samples)


def _webhooks(totals: BodyCounts, oldest_waiting_s: float) -> Iterator[Metric]:
    yield _counter("webhooks_received", "Webhook bodies that were accepted.", totals.received)
    yield _counter("webhooks_processed", "Accepted webhook bodies that were digested.", totals.processed)
    yield _counter("webhooks_duplicates", "Digested bodies that were the same as an earlier one.", totals.duplicates)
    yield _counter("webhooks_unparsed_items", "Items of a known field that gave no fact.", totals.unparsed_items)
    yield _counter("webhooks_unknown", "Fields and values that this release does not know.", totals.unknown)
    yield _gauge("webhooks_backlog", "Accepted webhook bodies that wait to be digested.", totals.backlog)
    yield _gauge("webhooks_parked", "Webhook bodies that could not be digested and are kept.", totals.parked)
    yield _gauge("inbox_oldest_waiting_seconds", "Age of the oldest body that waits; 0: none does.", oldest_waiting_s)


def _receiver(acks: Mapping[str, AckTally]) -> Iterator[Metric]:
    accepted = [((app,), float(tally.accepted)) for app, tally in acks.items()]
    yield _counters("receiver_accepted", "POSTs answered 200, by app.", ["app"], accepted)
    refused = [
        ((app, reason.value), float(tally.refused.get(reason, 0)))
        for app, tally in acks.items()
        for reason in Admission
        if reason not in (Admission.ACCEPTED, Admission.SYNTHETIC)
    ]
    yield _counters("receiver_refused", "POSTs turned away, by app and reason.", ["app", "reason"], refused)
    text = "Time from the start of an accepted POST to its answer. The sum is within 2 %, less than 1 ms taken as 1 ms."
    family = HistogramMetricFamily("wabawatch_receiver_ack_seconds", text, labels=["app"])
    for app, tally in acks.items():
        family.add_metric([app], _cumulative(tally.ack_ms), _sum_s(tally.ack_ms))
    yield family


def _cumulative(histogram: Histogram) -> list[tuple[str, float]]:
    total = sum(histogram.values())
    within = [(str(bound_s), float(total - above(histogram, bound_s * 1000))) for bound_s in ACK_BOUNDS_S]
    return [*within, ("+Inf", float(total))]


def _sum_s(histogram: Histogram) -> float:
    return sum(n * value_of(index) for index, n in histogram.items()) / 1000


def _loops(loops: Sequence[LoopHealth]) -> Iterator[Metric]:
    labels = ["loop", "group"]
    states = [((loop.name, loop.group, state), float(loop.state is state)) for loop in loops for state in LoopState]
    yield _gauges("loop_state", "1 for the state a loop is in, 0 for the others.", [*labels, "state"], states)
    quiet = [((loop.name, loop.group), loop.quiet_s) for loop in loops]
    yield _gauges("loop_quiet_seconds", "Time since a loop's last good step; 0 while paused.", labels, quiet)
    failures = [((loop.name, loop.group), float(loop.failures)) for loop in loops]
    yield _counters("loop_failures", "Steps of a loop that raised.", labels, failures)


def _build(build: Build) -> Metric:
    named = {"version": build.version, "python": build.python, "database": build.database}
    return InfoMetricFamily("wabawatch_build", "What is running.", value=named)
