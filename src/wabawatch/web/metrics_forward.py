"""What Prometheus reads about forward targets. No label names anything but the target."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from wabawatch.domain.forwarding import Outcome, TargetState
from wabawatch.domain.histograms import Histogram, above, value_of

_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
"""Upper bounds of the answer-time buckets: 0.25, 1 and 20 s are the lines of the webhook requirement."""


@dataclass(frozen=True, slots=True)
class TargetFigures:
    """One target, as of one moment."""

    state: TargetState
    oldest_waiting_s: float
    """Age of the oldest body that waits; 0: none does"""
    outcomes: Mapping[Outcome, int]
    """Attempts since the process started"""
    answer_ms: Histogram
    """... and how long those took that were delivered"""


def families(targets: Sequence[TargetFigures]) -> Iterator[Metric]:
    """All metrics of *targets*."""

    def gauge(name: str, text: str, pick: Callable[[TargetFigures], float]) -> Metric:
        family = GaugeMetricFamily(f"wabawatch_forward_{name}", text, labels=["target"])
        for each in targets:
            family.add_metric([each.state.name], pick(each))
        return family

    yield gauge("waiting", "Accepted bodies not tried yet; some may not be for this target.", lambda t: t.state.waiting)
    yield gauge("oldest_waiting_seconds", "Age of the oldest of them; 0: none waits.", lambda t: t.oldest_waiting_s)
    yield gauge("retrying", "Bodies that a target did not take and is tried with again.", lambda t: t.state.retrying)
    yield gauge("dead_letters", "Bodies that a target did not take for 7 days.", lambda t: t.state.dead)
    yield gauge("left_alone", "1: too many attempts failed in a row, so the target rests.", _is_left_alone)
    yield gauge("paused", "1: the target was paused by hand.", lambda t: t.state.is_paused)
    attempts = CounterMetricFamily("wabawatch_forward_attempts", "Attempts, by how they ended.", labels=_ATTEMPT)
    took = HistogramMetricFamily("wabawatch_forward_answer_seconds", _TOOK, labels=["target"])
    for each in targets:
        name, total = each.state.name, sum(each.answer_ms.values())
        for outcome, n in each.outcomes.items():
            attempts.add_metric([name, outcome], n)
        within = [(str(bound), float(total - above(each.answer_ms, bound * 1000))) for bound in _BOUNDS_S]
        sum_s = sum(n * value_of(index) for index, n in each.answer_ms.items()) / 1000
        took.add_metric([name], [*within, ("+Inf", float(total))], sum_s)
    yield attempts
    yield took


_ATTEMPT = ["target", "outcome"]
_TOOK = "Time from posting a body to the end of a 2xx answer. The sum is within 2 %."


def _is_left_alone(target: TargetFigures) -> float:
    return target.state.open_since is not None
