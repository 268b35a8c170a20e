"""A window is judged as a whole: what it rests on, and what it must not be called."""

from __future__ import annotations

from typing import Any

import pytest

from wabawatch.domain.compliance import Thresholds, Verdict, WebhookTimes
from wabawatch.domain.histograms import index_of
from wabawatch.domain.metrics import Rate, Tally, Weights
from wabawatch.domain.report import Assessment, BodyCounts, Evidence, assess
from wabawatch.domain.standing import Outcome, Role, Standing, TemplateUse

PROMPT = WebhookTimes({index_of(20): 1_000}, 1_000)
SILENT = WebhookTimes({}, 0)


def send(status: Outcome = Outcome.DELIVERED, **more: Any) -> Standing:
    known = {"is_accepted": True, "is_recorded": True, "in_delivery": True, "in_failure": True}
    return Standing(Role.ATTEMPTED, status, **known | more)


def judged(tally: Tally, times: WebhookTimes = PROMPT, **more: Any) -> Assessment:
    return assess(Evidence(tally, tally, times, **more), Thresholds(), Weights())


def test_good_figures_of_recorded_sends_are_compliant() -> None:
    assert judged({send(): 99, send(Outcome.FAILED): 1}).verdict is Verdict.COMPLIANT


@pytest.mark.parametrize("tally", [{}, {Standing(Role.INBOUND, Outcome.PENDING): 1_000}])
@pytest.mark.parametrize("times", [PROMPT, SILENT])
def test_nothing_sent_is_not_compliant(tally: Tally, times: WebhookTimes) -> None:
    assert judged(tally, times).verdict is Verdict.INSUFFICIENT_DATA


def test_webhooks_alone_are_not_compliant() -> None:
    seen = judged({send(is_recorded=False): 1_000})

    assert seen.delivery_rate.verdict is seen.failure_rate.verdict is Verdict.COMPLIANT
    assert seen.template_usage.verdict is Verdict.INSUFFICIENT_DATA
    assert not seen.refusals_seen
    assert seen.verdict is Verdict.INSUFFICIENT_DATA


def test_webhooks_alone_can_still_show_a_violation() -> None:
    assert judged({send(Outcome.FAILED, is_recorded=False): 1_000}).verdict is Verdict.VIOLATION


@pytest.mark.parametrize(("recorded", "seen"), [(900, True), (899, False)])
def test_refusals_are_seen_from_90_percent_coverage(recorded: int, seen: bool) -> None:
    found = judged({send(): recorded, send(is_recorded=False): 1_000 - recorded})

    assert found.coverage == Rate(recorded, 1_000)
    assert found.refusals_seen is seen


def test_delivery_is_judged_on_the_matured_window_and_failure_on_the_whole() -> None:
    evidence = Evidence({send(): 200, send(Outcome.SENT): 100}, {send(): 150}, PROMPT)

    found = assess(evidence, Thresholds(), Weights())

    assert (found.delivery_rate.n, found.delivery_rate.value) == (150, 1)
    assert (found.failure_rate.n, found.failure_rate.value) == (300, 0)


def test_template_usage_counts_violations_and_what_is_unverified() -> None:
    uses = {TemplateUse.COMPLIANT: 90, TemplateUse.UNVERIFIED: 8, TemplateUse.VIOLATION: 2}

    found = judged({send(template_use=use): n for use, n in uses.items()})

    assert (found.template_usage.n, found.template_violations, found.template_unverified) == (100, 2, 8)
    assert found.template_usage.verdict is found.verdict is Verdict.VIOLATION


def test_the_score_takes_the_part_of_bodies_answered_in_time() -> None:
    found = judged({send(): 100}, WebhookTimes({index_of(20): 90, index_of(30_000): 10}, 50))

    part = found.quality.parts["webhook"]
    assert (part.value, part.n) == (0.9, 50)


def test_where_no_webhook_was_answered_the_score_has_no_such_part() -> None:
    assert "webhook" not in judged({send(): 100}, SILENT).quality.parts
    assert judged({send(): 100}, WebhookTimes({}, 10, unanswered=10)).quality.parts["webhook"].value == 0


def test_the_score_rests_on_the_smallest_sample_of_its_rates() -> None:
    found = judged({send(): 100, send(template_health="healthy"): 29}, number_quality=1.0)

    assert found.quality_score.n == 29
    assert found.quality_score.verdict is Verdict.INSUFFICIENT_DATA


def test_the_webhook_response_is_its_p99_in_seconds_over_distinct_bodies() -> None:
    found = judged({}, WebhookTimes({index_of(100): 98, index_of(3_000): 2}, 80)).webhook_response

    assert found.value == pytest.approx(3.0, rel=0.02)
    assert (found.threshold, found.n, found.interval) == (20.0, 80, None)


def test_received_is_processed_and_backlog_and_parked() -> None:
    counts = BodyCounts(100, 20, 3, duplicates=40, unparsed_items=0, unknown=0, distinct_live=60)

    assert counts.received == 123
