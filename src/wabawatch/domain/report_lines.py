"""From what is known of a period to the lines of its compliance report: figures, numbers, templates, webhooks. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from wabawatch.domain.archives import day_name, day_of
from wabawatch.domain.calls import CallCounts
from wabawatch.domain.compliance import SLOW_MEDIAN_MS, SLOW_MS, UNANSWERED_MS, WebhookTimes
from wabawatch.domain.compliance_report import (
    FailureLine,
    NumberLine,
    PartLine,
    RequirementLine,
    SendLine,
    Share,
    TemplateEvent,
    TemplateLine,
    TrendLine,
    utc,
)
from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.histograms import Histogram, percentile, value_of
from wabawatch.domain.limit_hits import HitCount, explained
from wabawatch.domain.metrics import Rate, Score, Tally, delivery_rate, failure_rate
from wabawatch.domain.overview import Cause, NumberStands, Point
from wabawatch.domain.platform import Known
from wabawatch.domain.report import Assessment, BodyCounts, Requirement
from wabawatch.domain.report_watched import ApiLines, Latency, LimitLine, WebhookLines
from wabawatch.domain.standing import Role, TemplateUse
from wabawatch.domain.told import Told
from wabawatch.domain.violations import SendEvidence

REQUIREMENTS: Mapping[str, str] = {
    "delivery_rate": "/logs?direction=outbound",
    "failure_rate": "/logs?status=failed",
    "quality_score": "/numbers",
    "template_usage": "/templates",
    "webhook_response": "/webhooks",
}
"""The five, each with the page that shows what it rests on"""
ASPECTS = ("status", "quality", "category", "category_notice")
"""What of a template's history is in a report"""
MOST_EVENTS = 50
"""So many lines of a template's history are in a report, the newest"""


def rounded(value: float | None, digits: int = 6) -> float | None:
    """As reports write a figure: no more digits than it is good for, and the same ones on every machine."""
    return None if value is None else round(value, digits) + 0.0


def seconds(ms: float | None) -> float | None:
    """A duration in ms as reports write it."""
    return rounded(None if ms is None else ms / 1000, 3)


def share(rate: Rate) -> Share:
    """A rate with its interval."""
    low, high = rate.interval or (None, None)
    return Share(rounded(rate.value), rate.n, rounded(low), rounded(high))


def requirement_lines(now: Assessment, before: Assessment, place: str) -> tuple[RequirementLine, ...]:
    """The five requirements, each beside the period before. *place*: period and scope as the console's pages have them
    in their address."""
    return tuple(_requirement(key, getattr(now, key), getattr(before, key), place) for key in REQUIREMENTS)


def _requirement(key: str, now: Requirement, before: Requirement, place: str) -> RequirementLine:
    low, high = now.interval or (None, None)
    page = REQUIREMENTS[key]
    return RequirementLine(
        key=key,
        verdict=now.verdict,
        value=rounded(now.value),
        threshold=now.threshold,
        n=now.n,
        low=rounded(low),
        high=rounded(high),
        before=rounded(before.value),
        n_before=before.n,
        evidence=f"{page}{'&' if '?' in page else '?'}{place}",
    )


def part_lines(score: Score) -> tuple[PartLine, ...]:
    """What the quality score is made of."""
    return tuple(PartLine(key, round(part.value, 6), part.weight, part.n) for key, part in sorted(score.parts.items()))


def trend_lines(points: Iterable[Point]) -> tuple[TrendLine, ...]:
    """The period bucket by bucket."""
    return tuple(
        TrendLine(
            key=utc(point.at).isoformat(timespec="minutes"),
            at=utc(point.at),
            attempted=point.attempted,
            failed=point.failed,
            delivery_rate=share(point.delivery),
            failure_rate=share(point.failure),
            template_usage=share(point.template_use),
            quality_score=rounded(point.quality),
            webhook_p99_s=seconds(point.webhook_p99_ms),
        )
        for point in points
    )


def failure_lines(causes: Iterable[Cause]) -> tuple[FailureLine, ...]:
    """Error codes, the most frequent first."""
    return tuple(
        FailureLine(str(each.code), each.code, each.n, str(each.fault), each.meaning, each.next_step) for each in causes
    )


def number_lines(ranked: Iterable[NumberStands]) -> tuple[NumberLine, ...]:
    """Numbers, the worst first."""
    return tuple(
        NumberLine(
            each.number, each.waba, each.attempted, share(each.delivery), share(each.failure), each.rating, each.verdict
        )
        for each in ranked
    )


class TemplateSeen(NamedTuple):
    """A template that was sent in the period."""

    waba: str
    ref: TemplateRef
    tally: Tally
    matured: Tally
    known: Mapping[str, Known]
    history: Sequence[Told]


def template_lines(seen: Iterable[TemplateSeen], until: Millis) -> tuple[TemplateLine, ...]:
    """Templates: those that broke the rule first, then by how much they were sent. What happened after *until* is
    left out of their history."""
    found = [_template(each, until) for each in seen]
    return tuple(sorted(found, key=lambda line: (-line.violations, -line.attempted, line.key)))


def _template(seen: TemplateSeen, until: Millis) -> TemplateLine:
    told = [each for each in seen.history if each.at < until and each.event in ASPECTS]

    def known(aspect: str) -> str:
        now = seen.known.get(aspect)
        if now is not None and now.at < until:
            return now.value
        return next((each.after for each in told if each.event == aspect), "")

    def sends(use: TemplateUse) -> int:
        return sum(n for standing, n in seen.tally.items() if standing.template_use is use)

    return TemplateLine(
        key=f"{seen.waba}/{seen.ref.name}/{seen.ref.language}",
        waba=seen.waba,
        name=seen.ref.name,
        language=seen.ref.language,
        category=known("category"),
        status=known("status"),
        quality=known("quality"),
        attempted=sum(n for standing, n in seen.tally.items() if standing.role is Role.ATTEMPTED),
        delivery_rate=share(delivery_rate(seen.matured)),
        failure_rate=share(failure_rate(seen.tally)),
        violations=sends(TemplateUse.VIOLATION),
        unverified=sends(TemplateUse.UNVERIFIED),
        history=tuple(_event(each) for each in told[:MOST_EVENTS]),
    )


def _event(told: Told) -> TemplateEvent:
    return TemplateEvent(
        utc(told.at), utc(told.told_at), told.event, told.before, told.after, told.reason, told.source.name.lower()
    )


def send_lines(sends: Iterable[SendEvidence], places: Mapping[str, str]) -> tuple[SendLine, ...]:
    """Single template sends. *places* says whose a number is."""
    return tuple(_send(each, each.waba or places.get(each.number, "")) for each in sends)


def _send(each: SendEvidence, waba: str) -> SendLine:
    return SendLine(
        key=str(each.message_id),
        at=utc(each.at),
        number=each.number,
        waba=waba,
        template=f"{each.template.name}/{each.template.language}" if each.template else "",
        reason=each.reason,
        sentence=each.sentence,
        known_since=utc(each.told_at) if each.told_at is not None else None,
        told_by=each.told_by.name.lower() if each.told_by is not None else "",
        opted_out_at=utc(each.opted_out_at) if each.opted_out_at is not None else None,
        error_code=each.error_code,
        evidence=f"/messages/{each.message_id}@{day_name(day_of(each.at))}",  # so it is found archived, too
    )


def latency(histogram: Histogram) -> Latency:
    """Percentiles of a histogram."""
    p50, p95, p99 = (seconds(percentile(histogram, part)) for part in (0.50, 0.95, 0.99))
    used = [index for index, n in histogram.items() if n > 0]
    return Latency(sum(histogram.values()), p50, p95, p99, seconds(value_of(max(used))) if used else None)


def webhook_lines(times: WebhookTimes, bodies: BodyCounts) -> WebhookLines:
    """What came by webhook and how it was answered."""
    return WebhookLines(
        subject=times.subject.value,
        answers=latency(times.answers),
        unanswered=times.unanswered,
        above_250ms=rounded(times.share_above(SLOW_MEDIAN_MS)),
        above_1s=rounded(times.share_above(SLOW_MS)),
        above_20s=rounded(times.share_above(UNANSWERED_MS)),
        received=bodies.received,
        processed=bodies.processed,
        waiting=bodies.backlog,
        parked=bodies.parked,
        duplicates=bodies.duplicates,
        unparsed_items=bodies.unparsed_items,
        unknown=bodies.unknown,
    )


def api_lines(calls: CallCounts) -> ApiLines:
    """Calls through the gateway."""
    return ApiLines(calls.calls, calls.sends, calls.errors, calls.unanswered, latency(calls.send_ms))


def limit_lines(counts: Iterable[HitCount], mine: Collection[str] | None) -> tuple[LimitLine, ...]:
    """Limits that the numbers *mine* (None: all) hit, the most frequent first."""
    return tuple(
        LimitLine(f"{each.code}/{each.number}", each.code, each.number, each.waba, each.n, explained(each.code).meaning)
        for each in counts
        if mine is None or each.number in mine
    )
