"""The rules that come with the product, as data (SPEC.md 1 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wabawatch.domain.alerts import Comparison, NoData, Rule, RuleKind, ScopeKind, Severity
from wabawatch.domain.standing import MINUTE_MS

_CRITICAL, _WARNING, _INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO
_ABOVE, _BELOW = Comparison.ABOVE, Comparison.BELOW


def _rate(
    name: str,
    title: str,
    severity: Severity,
    comparison: Comparison,
    threshold: float,
    *,
    scope: ScopeKind = ScopeKind.NUMBER,
    metric: str = "",
    min_sample: int = 30,
    confidence: float = 0.999,
) -> Rule:
    """A share of a closed or growing hour. While nobody sends, what was so stays so."""
    return Rule(
        name,
        title,
        RuleKind.RATE,
        scope,
        severity,
        metric=metric or name.lower(),
        comparison=comparison,
        threshold=threshold,
        unit="share",
        min_sample=min_sample,
        confidence=confidence,
        keep_firing_ms=30 * MINUTE_MS,
        no_data=NoData.KEEP,
        runbook=name.lower(),
    )


def _state(
    name: str,
    title: str,
    scope: ScopeKind,
    severity: Severity,
    *,
    threshold: float | None = None,
    comparison: Comparison = Comparison.ABOVE,
    unit: str = "",
    clear: float | None = None,
    for_ms: int = 0,
    keep_firing_ms: int = 0,
    no_data: NoData = NoData.KEEP,
) -> Rule:
    """Something that is so or is not."""
    return Rule(
        name,
        title,
        RuleKind.STATE,
        scope,
        severity,
        metric=name.lower(),
        comparison=comparison,
        threshold=threshold,
        unit=unit,
        clear=clear,
        for_ms=for_ms,
        keep_firing_ms=keep_firing_ms,
        no_data=no_data,
        runbook=name.lower(),
    )


def _event(name: str, title: str, scope: ScopeKind, severity: Severity) -> Rule:
    """Something that happened once."""
    return Rule(name, title, RuleKind.EVENT, scope, severity, metric=name.lower(), runbook=name.lower())


_MESSAGES = (
    _rate("DELIVERY_RATE_LOW", "Too few messages arrive", _CRITICAL, _BELOW, 0.95, metric="delivery_rate"),
    _rate("FAILURE_RATE_HIGH", "Too many messages fail", _CRITICAL, _ABOVE, 0.05, metric="failure_rate"),
    _rate("QUALITY_SCORE_LOW", "The quality score is too low", _WARNING, _BELOW, 0.90, metric="quality_score"),
    _rate(
        "DELIVERY_ANOMALY", "More fails than usual", _WARNING, _ABOVE, 0.03, scope=ScopeKind.COUNTRY, confidence=0.9999
    ),
    _state(
        "UNAPPROVED_TEMPLATE_USED",
        "A template was sent that was not approved",
        ScopeKind.TEMPLATE,
        _CRITICAL,
        threshold=0,
        unit="count",
        keep_firing_ms=30 * MINUTE_MS,
        no_data=NoData.OK,
    ),
    _state(
        "OPT_OUT_IGNORED",
        "Marketing was sent to people who had stopped it",
        ScopeKind.NUMBER,
        _CRITICAL,
        threshold=0,
        unit="count",
        keep_firing_ms=30 * MINUTE_MS,
        no_data=NoData.OK,
    ),
    _state(
        "RATE_LIMIT_HIT",
        "Meta's limits are hit",
        ScopeKind.NUMBER,
        _WARNING,
        threshold=10,
        unit="count",
        keep_firing_ms=30 * MINUTE_MS,
        no_data=NoData.OK,
    ),
    _state(
        "MESSAGING_LIMIT_NEAR",
        "The messaging limit is nearly used up",
        ScopeKind.PORTFOLIO,
        _WARNING,
        threshold=0.8,
        unit="share",
        clear=0.75,
    ),
    _event("NEW_ERROR_CODE", "An error code that nobody has explained yet", ScopeKind.ERROR, _INFO),
)
_TEMPLATES = (
    _event("TEMPLATE_REJECTED", "A template was rejected", ScopeKind.TEMPLATE, _WARNING),
    _state("TEMPLATE_PAUSED", "A template is paused", ScopeKind.TEMPLATE, _CRITICAL),
    _event("TEMPLATE_DISABLED", "A template was disabled", ScopeKind.TEMPLATE, _CRITICAL),
    _state("TEMPLATE_QUALITY_LOW", "The quality of a template is low", ScopeKind.TEMPLATE, _WARNING),
    _event("TEMPLATE_CATEGORY_CHANGED", "Meta changed the category of a template", ScopeKind.TEMPLATE, _INFO),
)
_ACCOUNT = (
    _state("PHONE_QUALITY_LOW", "The quality rating of a number is low", ScopeKind.NUMBER, _WARNING),
    _state("PHONE_STATUS_CHANGED", "A number is not connected as it should be", ScopeKind.NUMBER, _CRITICAL),
    _state("ACCOUNT_RESTRICTED", "Meta has restricted an account", ScopeKind.WABA, _CRITICAL),
    _event("ACCOUNT_VIOLATION", "Meta has seen a violation of its policy", ScopeKind.WABA, _CRITICAL),
    _state(
        "PAYMENT_PROBLEM", "Meta cannot charge an account", ScopeKind.WABA, _CRITICAL, keep_firing_ms=30 * MINUTE_MS
    ),
    _state(
        "TOKEN_EXPIRING",
        "The access token expires soon",
        ScopeKind.ALL,
        _WARNING,
        threshold=14,
        comparison=_BELOW,
        unit="days",
    ),
    _state("TOKEN_INVALID", "The access token is not accepted", ScopeKind.ALL, _CRITICAL),
    _state(
        "API_VERSION_EXPIRING",
        "The version of the Graph API in use expires soon",
        ScopeKind.ALL,
        _WARNING,
        threshold=60,
        comparison=_BELOW,
        unit="days",
    ),
)
_WEBHOOKS = (
    _state("WEBHOOK_SILENT", "Webhooks do not arrive", ScopeKind.NUMBER, _CRITICAL),
    _rate("WEBHOOK_TIMEOUT", "Webhooks are not answered in 20 s", _CRITICAL, _ABOVE, 0.01, scope=ScopeKind.ALL),
    _rate("WEBHOOK_ERRORS", "Webhooks are answered with errors", _CRITICAL, _ABOVE, 0.05, scope=ScopeKind.ALL),
    _rate("WEBHOOK_SLOW", "Webhooks are answered slowly", _WARNING, _ABOVE, 0.01, scope=ScopeKind.ALL),
    _state(
        "SIGNATURE_FAILURES",
        "Webhooks with a wrong signature",
        ScopeKind.APP,
        _WARNING,
        threshold=20,
        unit="count",
        keep_firing_ms=30 * MINUTE_MS,
        no_data=NoData.OK,
    ),
)
_PLATFORM = (
    _state("API_ENDPOINT_DOWN", "The Graph API does not answer", ScopeKind.CHECK, _CRITICAL),
    _rate("API_ERRORS_HIGH", "Too many calls to the Graph API fail", _WARNING, _ABOVE, 0.10, scope=ScopeKind.ALL),
    _state("CHECK_FAILED", "A check fails", ScopeKind.CHECK, _WARNING),
    _state(
        "CERTIFICATE_EXPIRING",
        "A TLS certificate expires soon",
        ScopeKind.CHECK,
        _WARNING,
        threshold=14,
        comparison=_BELOW,
        unit="days",
    ),
)
_OURSELVES = (
    _state(
        "BACKLOG_OLD",
        "Accepted webhooks wait too long to be processed",
        ScopeKind.ALL,
        _WARNING,
        threshold=60,
        unit="s",
        for_ms=30_000,
        keep_firing_ms=MINUTE_MS,
    ),
    _state("DISK_LOW", "The disk is nearly full", ScopeKind.CHECK, _CRITICAL),
    _state("MONITORING_STALLED", "A part of wabawatch stands still", ScopeKind.LOOP, _CRITICAL, for_ms=MINUTE_MS),
    _state(
        "CHANNEL_FAILING",
        "A channel of notices does not work",
        ScopeKind.CHANNEL,
        _WARNING,
        threshold=2,
        unit="count",
    ),
)

BUILT_IN: Final[tuple[Rule, ...]] = (*_MESSAGES, *_TEMPLATES, *_ACCOUNT, *_WEBHOOKS, *_PLATFORM, *_OURSELVES)
"""Every rule that comes with the product."""

BY_NAME: Final[Mapping[str, Rule]] = {rule.name: rule for rule in BUILT_IN}
