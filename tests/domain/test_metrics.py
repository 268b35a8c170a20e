"""From counts to figures: hand-computed rates, intervals and scores."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.facts import T0, gathered, message_facts
from wabawatch.domain.messages import Message
from wabawatch.domain.metrics import (
    Rate,
    Tally,
    Weights,
    coverage,
    delivery_rate,
    failure_rate,
    failures_by_fault,
    message_counts,
    number_quality,
    quality_score,
    template_health,
    template_sends,
    wilson,
)
from wabawatch.domain.standing import Judgement, Outcome, Role, Standing, TemplateUse, standing

ACCEPTED = Standing(Role.ATTEMPTED, Outcome.SENT, is_accepted=True, is_recorded=True, in_delivery=True, in_failure=True)
NONE = Rate(0, 0)


def accepted(status: Outcome = Outcome.SENT, **more: Any) -> Standing:
    return ACCEPTED._replace(status=status, **more)


UNLINKED = Standing(Role.ATTEMPTED, Outcome.PENDING, is_unlinked=True, is_recorded=True)
REJECTED = Standing(
    Role.ATTEMPTED, Outcome.FAILED, is_rejected=True, is_recorded=True, in_failure=True, fault="template"
)
HELD = accepted(Outcome.PENDING, in_delivery=False)
REACTION = accepted(in_delivery=False)
MIXED: Tally = {
    accepted(Outcome.DELIVERED): 500,
    accepted(Outcome.READ): 300,
    accepted(Outcome.READ, is_recorded=False): 60,
    accepted(Outcome.SENT): 50,
    accepted(Outcome.EXPIRED): 20,
    accepted(Outcome.FAILED, fault="recipient"): 40,
    accepted(Outcome.FAILED, fault="meta", is_recorded=False): 10,
    HELD: 5,
    REACTION: 15,
    REJECTED: 30,
    UNLINKED: 70,
    Standing(Role.ORPHAN, Outcome.DELIVERED): 11,
    Standing(Role.INBOUND, Outcome.PENDING): 222,
    Standing(Role.APART, Outcome.PENDING): 333,
}


# ---------------------------------------------------------------- intervals


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(18, 20, 0.699, 0.972), (1860, 2000, 0.918, 0.940), (0, 10, 0.0, 0.278)]
)
def test_the_interval_is_wilsons(hits: int, n: int, low: float, high: float) -> None:
    assert [round(edge, 3) for edge in wilson(hits, n)] == [low, high]


@given(st.integers(1, 10**9), st.data())
def test_the_interval_holds_the_rate_and_stays_between_0_and_1(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))

    low, high = wilson(hits, n)

    assert 0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1


@given(st.integers(1, 10**6), st.data())
def test_the_interval_of_the_misses_is_the_mirror_image(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    low, high = wilson(hits, n)

    assert wilson(n - hits, n) == pytest.approx((1 - high, 1 - low))


def test_a_rate_without_a_case_has_neither_value_nor_interval() -> None:
    assert (NONE.value, NONE.interval) == (None, None)
    assert Rate(18, 20).value == 0.9


# ---------------------------------------------------------------- message counts


def test_the_counts_of_a_mixed_window() -> None:
    counts = message_counts(MIXED)

    assert (counts.attempted, counts.accepted, counts.rejected, counts.unlinked) == (1_100, 1_000, 30, 70)
    assert (counts.sent, counts.delivered, counts.read) == (65, 500, 360)
    assert (counts.failed, counts.expired, counts.pending) == (80, 20, 75)
    assert (counts.orphan, counts.inbound) == (11, 222)


messages = st.lists(message_facts, min_size=1, max_size=5).map(lambda facts: gathered(*facts))


@given(st.lists(messages, max_size=8), st.integers(0, T0 * 2))
def test_the_six_statuses_add_up_to_attempted(known: list[Message], swept_until: int) -> None:
    counts = message_counts(Counter(standing(message, Judgement(), swept_until) for message in known))

    statuses = counts.sent + counts.delivered + counts.read + counts.failed + counts.expired + counts.pending
    assert statuses == counts.attempted == counts.accepted + counts.rejected + counts.unlinked


# ---------------------------------------------------------------- rates


def test_the_delivery_rate_is_delivered_and_read_by_accepted_without_reactions_and_held_messages() -> None:
    assert delivery_rate(MIXED) == Rate(860, 980)


def test_the_failure_rate_counts_refusals_and_leaves_out_only_unlinked_sends() -> None:
    assert failure_rate(MIXED) == Rate(80, 1_030)


def test_failures_are_split_by_whose_fault_they_are() -> None:
    assert failures_by_fault(MIXED) == {"recipient": 40, "meta": 10, "template": 30}
    assert sum(failures_by_fault(MIXED).values()) == failure_rate(MIXED).hits


def test_coverage_is_the_share_of_accepted_messages_whose_send_was_recorded() -> None:
    assert coverage(MIXED) == Rate(930, 1_000)


def test_template_sends_are_counted_by_whether_they_violate() -> None:
    uses = {TemplateUse.COMPLIANT: 7, TemplateUse.UNVERIFIED: 2, TemplateUse.VIOLATION: 1, TemplateUse.NONE: 90}

    assert template_sends({accepted(template_use=use): n for use, n in uses.items()}) == Rate(9, 10)


def test_template_health_leaves_out_templates_of_unknown_state() -> None:
    tally = {accepted(template_health=state): n for state, n in (("healthy", 8), ("unhealthy", 2), ("", 90))}

    assert template_health(tally) == Rate(8, 10)


# ---------------------------------------------------------------- quality


def test_each_rating_is_weighted_by_its_accepted_messages() -> None:
    assert number_quality({"GREEN": 60, "YELLOW": 30, "RED": 10}) == pytest.approx(0.6 + 0.21 + 0.03)


def test_an_unknown_rating_is_left_out() -> None:
    assert number_quality({"GREEN": 1, "UNKNOWN": 99}) == 1
    assert number_quality({"UNKNOWN": 99, "RED": 0}) is None


def test_the_score_is_the_weighted_mean_of_its_five_parts() -> None:
    score = quality_score(Rate(95, 100), Rate(5, 200), 0.7, Rate(40, 50), Rate(990, 1000), Weights())

    assert score.value == pytest.approx(0.30 * 0.95 + 0.20 * 0.975 + 0.25 * 0.7 + 0.15 * 0.8 + 0.10 * 0.99)
    assert set(score.parts) == {"delivery", "failure", "number", "template", "webhook"}
    assert score.n == 50


def test_what_is_missing_is_left_out_and_the_rest_renormalised() -> None:
    score = quality_score(Rate(90, 100), Rate(10, 100), None, NONE, NONE, Weights())

    assert score.value == pytest.approx(0.9)
    assert set(score.parts) == {"delivery", "failure"}
    assert score.parts["failure"].value == pytest.approx(0.9)


def test_the_scores_interval_has_every_rate_part_at_its_bounds() -> None:
    score = quality_score(Rate(95, 100), Rate(5, 200), 0.7, NONE, NONE, Weights())
    delivery, failure = wilson(95, 100), wilson(195, 200)

    bounds = [(0.30 * delivery[i] + 0.20 * failure[i] + 0.25 * 0.7) / 0.75 for i in (0, 1)]
    assert score.interval == pytest.approx(tuple(bounds))


def test_a_score_of_nothing_but_number_quality_rests_on_no_case() -> None:
    score = quality_score(NONE, NONE, 1.0, NONE, NONE, Weights())

    assert (score.value, score.interval, score.n) == (1.0, (1.0, 1.0), 0)


def test_without_any_part_there_is_no_score() -> None:
    score = quality_score(NONE, NONE, None, NONE, NONE, Weights())

    assert (score.value, score.interval, score.n, dict(score.parts)) == (None, None, 0, {})


def test_a_part_without_weight_is_no_part() -> None:
    weights = replace(Weights(), webhook=0)

    score = quality_score(Rate(9, 10), NONE, None, NONE, Rate(1, 2), weights)

    assert score.value == pytest.approx(0.9)
    assert (score.n, set(score.parts)) == (10, {"delivery"})


rates = st.integers(0, 500).flatmap(lambda n: st.integers(0, n).map(lambda hits: Rate(hits, n)))


@given(rates, rates, st.none() | st.sampled_from([0.3, 0.7, 1.0]), rates, rates)
def test_the_score_lies_in_its_interval_and_between_its_parts(
    delivery: Rate, failure: Rate, number: float | None, template: Rate, webhook: Rate
) -> None:
    score = quality_score(delivery, failure, number, template, webhook, Weights())
    if score.value is None or score.interval is None:
        return

    values = [part.value for part in score.parts.values()]
    assert min(values) - 1e-9 <= score.value <= max(values) + 1e-9
    assert score.interval[0] - 1e-9 <= score.value <= score.interval[1] + 1e-9
