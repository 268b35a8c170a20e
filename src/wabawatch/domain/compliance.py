"""The five requirements, their verdicts and the overall one (SPEC.md section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wabawatch.domain.histograms import Histogram, above, percentile
from wabawatch.domain.metrics import Rate, Score

COVERAGE_NEEDED = 0.90
"""Below this share of recorded sends, templates and refusals are not seen well enough to judge."""

UNANSWERED_MS = 20_000
SLOW_MEDIAN_MS = 250
SLOW_MS = 1_000
TOLERATED_SHARE = 0.01


class Verdict(StrEnum):
    """What a figure means for compliance."""

    COMPLIANT = "compliant"
    WARNING = "warning"
    VIOLATION = "violation"
    INSUFFICIENT_DATA = "insufficient_data"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The lines that the figures are held against."""

    delivery_rate: float = 0.95
    failure_rate: float = 0.05
    quality_score: float = 0.90
    min_sample: int = 30


def judge_above(
    value: float | None, interval: tuple[float, float] | None, n: int, threshold: float, min_sample: int
) -> Verdict:
    """The verdict on a figure that must lie above *threshold*.

    A violation needs the whole interval on the wrong side: 18 of 20 is none of 95 %, 1,860 of 2,000 is one.
    """
    if value is None or interval is None or n < min_sample:
        return Verdict.INSUFFICIENT_DATA
    if interval[1] <= threshold and value < 1:
        return Verdict.VIOLATION
    return Verdict.WARNING if value <= threshold and value < 1 else Verdict.COMPLIANT


def judge_below(
    value: float | None, interval: tuple[float, float] | None, n: int, threshold: float, min_sample: int
) -> Verdict:
    """The verdict on a figure that must lie below *threshold*."""
    if value is None or interval is None:
        return Verdict.INSUFFICIENT_DATA
    return judge_above(1 - value, (1 - interval[1], 1 - interval[0]), n, 1 - threshold, min_sample)


def judge_quality(score: Score, threshold: float, min_sample: int) -> Verdict:
    """The verdict on the quality score."""
    return judge_above(score.value, score.interval, score.n, threshold, min_sample)


def judge_template_use(sends: Rate, coverage: Rate) -> Verdict:
    """One violating send is a violation. Without template sends, or with too few recorded, nothing can be said."""
    if sends.hits < sends.n:
        return Verdict.VIOLATION
    if not sends.n or coverage.value is None or coverage.value < COVERAGE_NEEDED:
        return Verdict.INSUFFICIENT_DATA
    return Verdict.COMPLIANT


class Answerer(StrEnum):
    """Whose answers to webhooks are judged."""

    RECEIVER = "receiver"
    """Our own, where there is no other"""
    APPLICATION = "application"
    """The application behind it, to which bodies are forwarded or whose middleware tells us"""


@dataclass(frozen=True, slots=True)
class WebhookTimes:
    """How the subject answered live bodies: answer times, and how many it did not answer at all."""

    answers: Histogram
    distinct: int
    """How many different bodies that were: a body that Meta repeats is one case"""
    unanswered: int = 0
    subject: Answerer = Answerer.RECEIVER

    def share_above(self, limit_ms: float) -> float | None:
        """Share of bodies answered later than *limit_ms*, or never; None without a body."""
        total = sum(self.answers.values()) + self.unanswered
        return (above(self.answers, limit_ms) + self.unanswered) / total if total else None

    @property
    def late_share(self) -> float | None:
        """Share of bodies that were not answered within the 20 s that Meta waits; None without a body."""
        return self.share_above(UNANSWERED_MS)


def judge_webhook_response(times: WebhookTimes, min_sample: int) -> Verdict:
    """20 s is the hard line; Meta's bar for the Cloud API is a median of 250 ms and less than 1 % above 1 s."""
    p50, p99 = percentile(times.answers, 0.50), percentile(times.answers, 0.99)
    late, slow = times.late_share, times.share_above(SLOW_MS)
    if times.distinct < min_sample or late is None or slow is None:
        return Verdict.INSUFFICIENT_DATA
    if late > TOLERATED_SHARE or (p99 is not None and p99 >= UNANSWERED_MS):
        return Verdict.VIOLATION
    return Verdict.WARNING if slow > TOLERATED_SHARE or (p50 or 0) > SLOW_MEDIAN_MS else Verdict.COMPLIANT


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdict on each of the five requirements."""

    delivery_rate: Verdict
    failure_rate: Verdict
    quality_score: Verdict
    template_usage: Verdict
    webhook_response: Verdict


def overall(verdicts: Verdicts, has_template_sends: bool) -> Verdict:
    """The worst that is known. No data about deliveries is not compliance."""
    given = (
        verdicts.delivery_rate,
        verdicts.failure_rate,
        verdicts.quality_score,
        verdicts.template_usage,
        verdicts.webhook_response,
    )
    for worst in (Verdict.VIOLATION, Verdict.WARNING):
        if worst in given:
            return worst
    if Verdict.INSUFFICIENT_DATA in (verdicts.delivery_rate, verdicts.failure_rate):
        return Verdict.INSUFFICIENT_DATA
    if has_template_sends and verdicts.template_usage is Verdict.INSUFFICIENT_DATA:
        return Verdict.INSUFFICIENT_DATA
    return Verdict.COMPLIANT
