"""The five requirements at their edges, and what they make together."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.compliance import (
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
from wabawatch.domain.histograms import index_of
from wabawatch.domain.metrics import Rate, Score

COMPLIANT, WARNING, VIOLATION, UNKNOWN = (
    Verdict.COMPLIANT,
    Verdict.WARNING,
    Verdict.VIOLATION,
    Verdict.INSUFFICIENT_DATA,
)
NONE = Rate(0, 0)


def delivery(hits: int, n: int, threshold: float = 0.95) -> Verdict:
    rate = Rate(hits, n)
    return judge_above(rate.value, rate.interval, rate.n, threshold, 30)


def failure(hits: int, n: int, threshold: float = 0.05) -> Verdict:
    rate = Rate(hits, n)
    return judge_below(rate.value, rate.interval, rate.n, threshold, 30)


# ---------------------------------------------------------------- delivery and failure rate


def test_the_defaults_are_those_of_the_specification() -> None:
    assert Thresholds() == Thresholds(delivery_rate=0.95, failure_rate=0.05, quality_score=0.90, min_sample=30)


@pytest.mark.parametrize(
    ("hits", "n", "verdict"),
    [
        (1_860, 2_000, VIOLATION),
        (18, 20, UNKNOWN),
        (29, 29, UNKNOWN),
        (30, 30, COMPLIANT),
        (28, 30, WARNING),
        (0, 30, VIOLATION),
        (95, 100, WARNING),
        (951, 1_000, COMPLIANT),
        (2_000, 2_000, COMPLIANT),
    ],
)
def test_a_delivery_rate_violates_when_its_whole_interval_is_below_the_line(hits: int, n: int, verdict: Any) -> None:
    assert delivery(hits, n) is verdict


def test_18_of_20_would_be_no_violation_even_if_20_were_enough() -> None:
    rate = Rate(18, 20)

    assert judge_above(rate.value, rate.interval, rate.n, 0.95, 20) is WARNING


@pytest.mark.parametrize(
    ("hits", "n", "verdict"),
    [
        (0, 29, UNKNOWN),
        (0, 30, COMPLIANT),
        (2, 30, WARNING),
        (5, 100, WARNING),
        (49, 1_000, COMPLIANT),
        (140, 2_000, VIOLATION),
    ],
)
def test_a_failure_rate_violates_when_its_whole_interval_is_above_the_line(hits: int, n: int, verdict: Any) -> None:
    assert failure(hits, n) is verdict


def test_a_line_that_cannot_be_passed_can_be_reached() -> None:
    assert delivery(100, 100, threshold=1.0) is COMPLIANT
    assert delivery(99, 100, threshold=1.0) is not COMPLIANT
    assert failure(0, 100, threshold=0.0) is COMPLIANT
    assert failure(1, 100, threshold=0.0) is not COMPLIANT


def test_without_a_case_there_is_nothing_to_judge() -> None:
    assert delivery(0, 0) is UNKNOWN
    assert failure(0, 0) is UNKNOWN
    assert judge_above(None, None, 0, 0.95, 0) is UNKNOWN


@given(st.integers(1, 5_000), st.data(), st.sampled_from([0.9, 0.95, 0.99]))
def test_failing_is_the_mirror_image_of_delivering(n: int, data: st.DataObject, line: float) -> None:
    hits = data.draw(st.integers(0, n))

    if hits / n != line:  # there the two differ in the last digit of a float
        assert failure(n - hits, n, threshold=1 - line) is delivery(hits, n, threshold=line)


@given(st.integers(30, 5_000), st.data())
def test_one_delivery_more_never_makes_it_worse(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n - 1))
    order = [VIOLATION, WARNING, COMPLIANT]

    assert order.index(delivery(hits, n)) <= order.index(delivery(hits + 1, n))


# ---------------------------------------------------------------- quality score


@pytest.mark.parametrize(
    ("value", "interval", "n", "verdict"),
    [
        (0.95, (0.91, 0.97), 100, COMPLIANT),
        (0.95, (0.80, 0.97), 100, COMPLIANT),
        (0.89, (0.85, 0.93), 100, WARNING),
        (0.85, (0.80, 0.89), 100, VIOLATION),
        (0.95, (0.91, 0.97), 29, UNKNOWN),
        (None, None, 0, UNKNOWN),
    ],
)
def test_the_quality_score_is_judged_by_its_interval_too(value: Any, interval: Any, n: int, verdict: Any) -> None:
    assert judge_quality(Score(value, interval, n, {}), 0.90, 30) is verdict


# ---------------------------------------------------------------- template usage

SEEN = Rate(95, 100)


@pytest.mark.parametrize(
    ("sends", "coverage", "verdict"),
    [
        (Rate(100, 100), SEEN, COMPLIANT),
        (Rate(1, 1), SEEN, COMPLIANT),
        (Rate(999, 1_000), SEEN, VIOLATION),
        (Rate(0, 1), Rate(0, 100), VIOLATION),
        (Rate(0, 1), NONE, VIOLATION),
        (NONE, SEEN, UNKNOWN),
        (Rate(50, 50), Rate(90, 100), COMPLIANT),
        (Rate(50, 50), Rate(899, 1_000), UNKNOWN),
        (Rate(50, 50), NONE, UNKNOWN),
    ],
)
def test_one_violating_send_is_a_violation_and_low_coverage_tells_nothing(
    sends: Rate, coverage: Rate, verdict: Any
) -> None:
    assert judge_template_use(sends, coverage) is verdict


# ---------------------------------------------------------------- webhook response


def times(answers: dict[float, int], unanswered: int = 0, distinct: int | None = None) -> WebhookTimes:
    total = sum(answers.values()) + unanswered
    histogram = {index_of(ms): n for ms, n in answers.items()}
    return WebhookTimes(histogram, total if distinct is None else distinct, unanswered)


@pytest.mark.parametrize(
    ("answers", "unanswered", "verdict"),
    [
        ({5: 30}, 0, COMPLIANT),
        ({5: 29}, 0, UNKNOWN),
        ({}, 0, UNKNOWN),
        ({200: 1_000}, 0, COMPLIANT),
        ({300: 1_000}, 0, WARNING),
        ({5: 600, 300: 400}, 0, COMPLIANT),
        ({5: 990, 2_000: 10}, 0, COMPLIANT),
        ({5: 989, 2_000: 11}, 0, WARNING),
        ({5: 990, 25_000: 10}, 0, COMPLIANT),
        ({5: 989, 25_000: 11}, 0, VIOLATION),
        ({5: 990}, 10, COMPLIANT),
        ({5: 989}, 11, VIOLATION),
        ({5: 995, 25_000: 5}, 6, VIOLATION),
        ({}, 30, VIOLATION),
    ],
)
def test_20_s_is_the_hard_line_and_metas_bar_the_warning(answers: Any, unanswered: int, verdict: Any) -> None:
    assert judge_webhook_response(times(answers, unanswered), 30) is verdict


def test_a_body_that_meta_repeats_is_one_case() -> None:
    assert judge_webhook_response(times({5: 100}, distinct=29), 30) is UNKNOWN
    assert judge_webhook_response(times({5: 100}, distinct=30), 30) is COMPLIANT


def test_the_share_above_a_limit_counts_what_was_never_answered() -> None:
    assert times({5: 60, 2_000: 30}, 10).share_above(1_000) == pytest.approx(0.4)
    assert times({}).share_above(1_000) is None


# ---------------------------------------------------------------- together


def verdicts(**given: Verdict) -> Verdicts:
    names = ("delivery_rate", "failure_rate", "quality_score", "template_usage", "webhook_response")
    return Verdicts(**dict.fromkeys(names, COMPLIANT) | given)


REQUIREMENTS = ["delivery_rate", "failure_rate", "quality_score", "template_usage", "webhook_response"]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_any_violation_is_one_and_any_warning_is_one(name: str) -> None:
    others = [other for other in REQUIREMENTS if other != name]

    assert overall(verdicts(**{name: VIOLATION, others[0]: WARNING, others[1]: UNKNOWN}), True) is VIOLATION
    assert overall(verdicts(**{name: WARNING, others[0]: UNKNOWN}), True) is WARNING


@pytest.mark.parametrize("name", ["delivery_rate", "failure_rate"])
def test_without_deliveries_and_failures_nothing_is_compliant(name: str) -> None:
    assert overall(verdicts(**{name: UNKNOWN}), has_template_sends=False) is UNKNOWN


def test_unknown_template_usage_matters_while_template_sends_exist() -> None:
    assert overall(verdicts(template_usage=UNKNOWN), has_template_sends=True) is UNKNOWN
    assert overall(verdicts(template_usage=UNKNOWN), has_template_sends=False) is COMPLIANT


def test_unknown_quality_or_webhook_response_alone_does_not_matter() -> None:
    assert overall(verdicts(quality_score=UNKNOWN, webhook_response=UNKNOWN), True) is COMPLIANT


def test_compliant_is_said_of_known_and_good_deliveries_only() -> None:
    for given_ in product(Verdict, repeat=5):
        told = Verdicts(*given_)
        if overall(told, has_template_sends=True) is COMPLIANT:
            assert told.delivery_rate is told.failure_rate is told.template_usage is COMPLIANT
            assert {told.quality_score, told.webhook_response} <= {COMPLIANT, UNKNOWN}
