"""The state of a window as one value: what `status` shows and a report states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from wabawatch.domain.calls import CallCounts
from wabawatch.domain.compliance import (
    COVERAGE_NEEDED,
    Thresholds,
    Verdict,
    Verdicts,
    WebhookTimes,
    judge_above,
    judge_below,
    judge_quality,
    judge_template_use,
    judge_webhook_response,
    overall,
)
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import percentile
from wabawatch.domain.metrics import (
    MessageCounts,
    Rate,
    Score,
    Tally,
    Weights,
    count,
    coverage,
    delivery_rate,
    failure_rate,
    failures_by_fault,
    message_counts,
    quality_score,
    template_health,
    template_sends,
)
from wabawatch.domain.polls import Progress
from wabawatch.domain.runs import Gap
from wabawatch.domain.standing import TemplateUse

WEBHOOK_LIMIT_S = 20.0
TEMPLATE_USE_THRESHOLD = 1.0


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement: the figure, what it rests on, the line it is held against, and the verdict."""

    value: float | None
    threshold: float
    n: int
    interval: tuple[float, float] | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict on a window, with everything it was made of."""

    verdict: Verdict
    delivery_rate: Requirement
    failure_rate: Requirement
    refusals_seen: bool
    """Whether enough sends were recorded for refusals at send time to be in the failure rate"""
    failures_by_fault: Mapping[str, int]
    quality_score: Requirement
    quality: Score
    template_usage: Requirement
    template_violations: int
    template_unverified: int
    webhook_response: Requirement
    webhook_times: WebhookTimes
    coverage: Rate
    messages: MessageCounts


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a window is judged on."""

    tally: Tally
    matured: Tally
    """The same window, ended a grace time earlier"""
    webhook_times: WebhookTimes
    number_quality: float | None = None


def assess(evidence: Evidence, thresholds: Thresholds, weights: Weights) -> Assessment:
    """Judge a window."""
    delivery, failure = delivery_rate(evidence.matured), failure_rate(evidence.tally)
    covered, sends, times = coverage(evidence.tally), template_sends(evidence.tally), evidence.webhook_times
    is_covered = covered.value is not None and covered.value >= COVERAGE_NEEDED
    score = quality_score(
        delivery, failure, evidence.number_quality, template_health(evidence.tally), _in_time(times), weights
    )
    verdicts = Verdicts(
        delivery_rate=judge_above(
            delivery.value, delivery.interval, delivery.n, thresholds.delivery_rate, thresholds.min_sample
        ),
        failure_rate=judge_below(
            failure.value, failure.interval, failure.n, thresholds.failure_rate, thresholds.min_sample
        ),
        quality_score=judge_quality(score, thresholds.quality_score, thresholds.min_sample),
        template_usage=judge_template_use(sends, covered),
        webhook_response=judge_webhook_response(times, thresholds.min_sample),
    )
    p99 = percentile(times.answers, 0.99)
    return Assessment(
        # What was not recorded may be template sends: webhooks, which do not name templates, prove nothing alone.
        verdict=overall(verdicts, has_template_sends=sends.n > 0 or not is_covered),
        delivery_rate=_requirement(delivery, thresholds.delivery_rate, verdicts.delivery_rate),
        failure_rate=_requirement(failure, thresholds.failure_rate, verdicts.failure_rate),
        refusals_seen=is_covered,
        failures_by_fault=failures_by_fault(evidence.tally),
        quality_score=Requirement(
            score.value, thresholds.quality_score, score.n, score.interval, verdicts.quality_score
        ),
        quality=score,
        template_usage=_requirement(sends, TEMPLATE_USE_THRESHOLD, verdicts.template_usage),
        template_violations=count(evidence.tally, lambda s: s.template_use is TemplateUse.VIOLATION),
        template_unverified=count(evidence.tally, lambda s: s.template_use is TemplateUse.UNVERIFIED),
        webhook_response=Requirement(
            p99 / 1000 if p99 is not None else None, WEBHOOK_LIMIT_S, times.distinct, None, verdicts.webhook_response
        ),
        webhook_times=times,
        coverage=covered,
        messages=message_counts(evidence.tally),
    )


def _in_time(times: WebhookTimes) -> Rate:
    """Distinct live bodies answered in time / all of them; no case while no answer time is known."""
    late = times.share_above(WEBHOOK_LIMIT_S * 1000)
    return Rate(0, 0) if late is None else Rate(times.distinct - round(late * times.distinct), times.distinct)


def _requirement(rate: Rate, threshold: float, verdict: Verdict) -> Requirement:
    return Requirement(rate.value, threshold, rate.n, rate.interval, verdict)


@dataclass(frozen=True, slots=True)
class BodyCounts:
    """How many webhook bodies of a window are where. received = processed + backlog + parked."""

    processed: int
    backlog: int
    parked: int
    duplicates: int
    """Among the processed: byte for byte the same as an earlier one"""
    unparsed_items: int
    unknown: int
    distinct_live: int

    @property
    def received(self) -> int:
        """All accepted bodies."""
        return self.processed + self.backlog + self.parked


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """How many alerts are open, by severity."""

    critical: int = 0
    warning: int = 0
    info: int = 0


@dataclass(frozen=True, slots=True)
class Uptime:
    """The share of known time without an incident of an essential check; None as long as nothing is known."""

    value: float | None = None
    n: int = 0
    """Looks at essential checks"""
    incidents: int = 0
    """Stretches of downtime in the window"""
    open_incidents: int = 0
    """... of any check that go on now"""
    checks: Mapping[str, str] = field(default_factory=dict)
    """How each check stands: ok, failed or unknown"""


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """What `status --json` shows."""

    as_of: Millis
    assessment: Assessment
    bodies: BodyCounts
    calls: CallCounts
    is_running: bool
    last_cycle_at: Millis | None
    interval_ms: Millis
    alerts: OpenAlerts
    uptime: Uptime
    limit_hits: Mapping[int, int]
    """How often each limit of Meta's was hit, by error code, in whole hours"""
    polling: Progress | None = None
    """How Meta is asked; None: it is not"""
    gaps: tuple[Gap, ...] = ()
    """When monitoring did not run in this window: what passed then is unknown"""


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One figure of one closed bucket."""

    at: Millis
    """Start of the bucket"""
    scope: str
    """all | number:ID | waba:ID | ..."""
    metric: str
    value: float | None
    n: int
    interval: tuple[float, float] | None


def metric_points(at: Millis, scope: str, tally: Tally) -> list[MetricPoint]:
    """The figures of one bucket. The delivery rate is that of its own messages: it matures as they arrive."""
    rates = {
        "delivery_rate": delivery_rate(tally),
        "failure_rate": failure_rate(tally),
        "coverage": coverage(tally),
        "template_usage": template_sends(tally),
    }
    points = [MetricPoint(at, scope, name, rate.value, rate.n, rate.interval) for name, rate in rates.items()]
    counted = asdict(message_counts(tally))
    return points + [MetricPoint(at, scope, name, n, n, None) for name, n in counted.items()]
