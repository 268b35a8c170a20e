"""Judging one window of figures: shared by whoever shows a window and by the cycle that keeps its verdict."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch.domain.compliance import Answerer, Thresholds, WebhookTimes
from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import Weights, number_quality
from wabawatch.domain.report import Assessment, Evidence, assess
from wabawatch.domain.standing import MINUTE_MS
from wabawatch.ports import Figures, Window


@dataclass(frozen=True, slots=True)
class Rules:
    """What windows are judged by."""

    thresholds: Thresholds
    weights: Weights
    grace_ms: Millis
    interval_ms: Millis
    has_application: bool = False
    """Whether bodies are forwarded: then the application is judged even while nothing is known of it"""


def assess_window(figures: Figures, window: Window, as_of: Millis, rules: Rules) -> Assessment:
    """Judge *window* as of *as_of*: messages younger than the grace time are left out of the delivery rate."""
    end = as_of if window.end is None else min(window.end, as_of)
    evidence = Evidence(
        tally=figures.tally(window),
        matured=figures.tally(Window(window.start, closed_minute(end - rules.grace_ms))),
        webhook_times=webhook_times(figures, window, rules),
        number_quality=number_quality(figures.accepted_by_rating(Window(window.start, end))),
    )
    return assess(evidence, rules.thresholds, rules.weights)


def webhook_times(figures: Figures, window: Window, rules: Rules) -> WebhookTimes:
    """How webhooks were answered: by the application where there is one, else by our receiver."""
    answers, unanswered = figures.application_answers(window)
    distinct = sum(answers.values()) + unanswered
    if distinct or rules.has_application:
        return WebhookTimes(answers, distinct, unanswered, Answerer.APPLICATION)
    return WebhookTimes(figures.answers(window), figures.bodies(window).distinct_live)


def closed_minute(at: Millis) -> Millis:
    """The end of the last whole minute before *at*."""
    return at - at % MINUTE_MS
