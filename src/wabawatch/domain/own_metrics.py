"""What rules of one's own can be about: every figure that can be had at any moment, with what it is counted in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from wabawatch.domain.alerts import Comparison, RuleKind, ScopeKind
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS

LEAST_RATE_WINDOW_MS, LEAST_WINDOW_MS = 20 * MINUTE_MS, 5 * MINUTE_MS


class OwnMetric(NamedTuple):
    """One figure."""

    words: str
    comparison: Comparison
    """On which side it is bad"""
    unit: str
    scopes: tuple[ScopeKind, ...]
    """What a rule may look at; the first one if it does not say"""
    kind: RuleKind = RuleKind.STATE
    metric: str = ""
    """As the looks call it, where that is another name"""
    window_ms: Millis = 0
    """How far it looks back if a rule does not say; 0: it has no window"""
    min_sample: int = 0
    like: str = ""
    """The rule of the product that looks at it, too: what that sees is held against another threshold"""


_ABOVE, _BELOW = Comparison.ABOVE, Comparison.BELOW
_NUMBERS = (ScopeKind.NUMBER, ScopeKind.WABA, ScopeKind.ALL)
_ALL = (ScopeKind.ALL,)


def _rate(words: str, comparison: Comparison, scopes: tuple[ScopeKind, ...], metric: str = "") -> OwnMetric:
    return OwnMetric(words, comparison, "share", scopes, RuleKind.RATE, metric, HOUR_MS, 30)


def _time(words: str) -> OwnMetric:
    return OwnMetric(words, _ABOVE, "ms", _ALL, window_ms=HOUR_MS, min_sample=30)


def _like(rule: str, words: str, comparison: Comparison, unit: str, scope: ScopeKind) -> OwnMetric:
    return OwnMetric(words, comparison, unit, (scope,), like=rule)


OWN_METRICS: Final[Mapping[str, OwnMetric]] = {
    "delivery_rate": _rate("of the accepted messages, how many arrived", _BELOW, _NUMBERS),
    "failure_rate": _rate("of the sends, how many failed", _ABOVE, _NUMBERS),
    "quality_score": _rate("the quality score", _BELOW, _NUMBERS),
    "read_rate": _rate("of the messages that arrived, how many were read by then", _BELOW, _NUMBERS),
    "webhook_errors": _rate("of the webhooks, how many were answered with errors or not at all", _ABOVE, _ALL),
    "webhook_late": _rate("of the webhooks, how many were answered after 20 s", _ABOVE, _ALL, "webhook_timeout"),
    "api_errors": _rate("of the calls through the gateway, how many failed", _ABOVE, _ALL, "api_errors_high"),
    "webhook_p50": _time("half of the webhooks are answered sooner"),
    "webhook_p95": _time("95 of 100 webhooks are answered sooner"),
    "webhook_p99": _time("99 of 100 webhooks are answered sooner"),
    "api_p50": _time("Meta answers half of the sends through the gateway sooner"),
    "api_p95": _time("Meta answers 95 of 100 sends through the gateway sooner"),
    "api_p99": _time("Meta answers 99 of 100 sends through the gateway sooner"),
    "backlog_age": OwnMetric("for how long the oldest accepted webhook has waited to be processed", _ABOVE, "s", _ALL),
    "uptime": OwnMetric("the share of known time without an incident", _BELOW, "share", _ALL, window_ms=DAY_MS),
    "messaging_limit_used": _like(
        "MESSAGING_LIMIT_NEAR", "how much of the messaging limit is used at least", _ABOVE, "share", ScopeKind.PORTFOLIO
    ),
    "rate_limit_hits": _like(
        "RATE_LIMIT_HIT", "how often limits of Meta's were hit this hour", _ABOVE, "count", ScopeKind.NUMBER
    ),
    "signature_failures": _like(
        "SIGNATURE_FAILURES", "webhooks with a wrong signature in the last hour", _ABOVE, "count", ScopeKind.APP
    ),
    "certificate_days": _like(
        "CERTIFICATE_EXPIRING", "days until a TLS certificate expires", _BELOW, "days", ScopeKind.CHECK
    ),
}
"""By the name that the settings give it."""
