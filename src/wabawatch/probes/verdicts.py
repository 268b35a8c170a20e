"""What looks give, in short: used by every probe."""

from __future__ import annotations

from wabawatch.domain.checks import Failure, Outcome, Plan, Seen
from wabawatch.ports import Clock
from wabawatch.probes.asking import Asked


def well(
    plan: Plan, clock: Clock, latency_ms: float | None = None, words: str = "", value: float | None = None
) -> Seen:
    """It went well."""
    return Seen(plan.name, clock.now(), Outcome.OK, words=words, latency_ms=latency_ms, value=value)


def failing(
    plan: Plan, clock: Clock, failure: Failure, words: str, *, latency_ms: float | None = None,
    value: float | None = None,
) -> Seen:  # fmt: skip
    """It failed."""
    return Seen(plan.name, clock.now(), Outcome.FAILED, failure, words, latency_ms, value)


def unknown(plan: Plan, clock: Clock, words: str, failure: Failure = Failure.NONE) -> Seen:
    """It cannot be told."""
    return Seen(plan.name, clock.now(), Outcome.UNKNOWN, failure, words)


def unanswered(plan: Plan, clock: Clock, asked: Asked) -> Seen:
    """There was no answer."""
    return failing(plan, clock, asked.failure, asked.words)
