"""Which alerts explain which others: nobody is told of consequences as long as their cause fires, nor afterwards as
long as they count what happened meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from wabawatch.domain.alerts import AlertScope, OpenAlert, ScopeKind, Severity
from wabawatch.domain.facts import Millis
from wabawatch.domain.silences import waba_of
from wabawatch.domain.standing import HOUR_MS

_RATES = ("DELIVERY_RATE_LOW", "FAILURE_RATE_HIGH", "QUALITY_SCORE_LOW", "DELIVERY_ANOMALY")

EXPLAINS: Mapping[str, tuple[str, ...]] = {
    # Meta does not answer: nothing is sent, nothing is delivered, no status comes.
    "API_ENDPOINT_DOWN": (*_RATES, "API_ERRORS_HIGH", "WEBHOOK_SILENT", "NEW_ERROR_CODE", "RATE_LIMIT_HIT"),
    # Meta refuses every call.
    "TOKEN_INVALID": (*_RATES, "API_ERRORS_HIGH", "WEBHOOK_SILENT", "TOKEN_EXPIRING", "NEW_ERROR_CODE"),
    "ACCOUNT_RESTRICTED": (*_RATES, "API_ERRORS_HIGH", "NEW_ERROR_CODE"),
    "PAYMENT_PROBLEM": (*_RATES, "API_ERRORS_HIGH", "NEW_ERROR_CODE"),
    "RATE_LIMIT_HIT": ("FAILURE_RATE_HIGH", "QUALITY_SCORE_LOW", "API_ERRORS_HIGH"),
    # No status comes back: what was delivered is not known to have been.
    "WEBHOOK_SILENT": ("DELIVERY_RATE_LOW", "QUALITY_SCORE_LOW", "DELIVERY_ANOMALY"),
    "DISK_LOW": ("BACKLOG_OLD",),
    "WEBHOOK_TIMEOUT": ("WEBHOOK_SLOW", "WEBHOOK_ERRORS"),
    "TEMPLATE_PAUSED": ("UNAPPROVED_TEMPLATE_USED", "TEMPLATE_QUALITY_LOW"),
    "TEMPLATE_DISABLED": ("UNAPPROVED_TEMPLATE_USED", "TEMPLATE_QUALITY_LOW", "TEMPLATE_PAUSED"),
    "TEMPLATE_REJECTED": ("UNAPPROVED_TEMPLATE_USED",),
    # What failed does not arrive, and the score is made of both.
    "FAILURE_RATE_HIGH": ("DELIVERY_RATE_LOW", "QUALITY_SCORE_LOW", "DELIVERY_ANOMALY"),
    "DELIVERY_RATE_LOW": ("QUALITY_SCORE_LOW", "DELIVERY_ANOMALY"),
}
"""Consequences by their cause. No type explains itself, also not by way of others (a test walks the table)."""

_EVERYWHERE = frozenset({ScopeKind.ALL, ScopeKind.CHECK, ScopeKind.APP})
"""What is about these is about everything that passes through them."""


def covers(cause: AlertScope, consequence: AlertScope) -> bool:
    """Whether what is so for *cause* is so for *consequence*: all of it, or the WABA, number or template itself."""
    if cause.kind in _EVERYWHERE:
        return cause.waba in ("", waba_of(consequence))
    if cause.kind is ScopeKind.WABA:
        return waba_of(consequence) == cause.id
    return (cause.kind, cause.id) == (consequence.kind, consequence.id)


AFTERMATH_MS = 6 * HOUR_MS
"""A cause that ended longer ago explains nothing any more: no rule of the product looks so far back."""


def explanations(firing: Iterable[OpenAlert], past: Iterable[OpenAlert] = ()) -> dict[str, str]:
    """Alerts of *firing* that others, at least as grave, explain: key of the explained to key of the cause, which is
    itself not explained. Of several causes the gravest counts, then the one that fired first.

    *past*: causes that have ended. They explain what counts something that happened before they did.
    """
    ranked = sorted(firing, key=_by_gravity)
    now, before = _by_rule(ranked), _by_rule(past)
    direct: dict[str, str] = {}
    for alert in ranked:
        found = _causes_of(alert, now) or [c for c in _causes_of(alert, before) if _reaches_back(alert, c)]
        if found:
            direct[alert.key] = min(found, key=_by_gravity).key
    return {key: _root(direct, key) for key in direct}


def outage_end(rule: str, severity: Severity, scope: AlertScope, past: Iterable[OpenAlert]) -> Millis:
    """When the last of the causes in *past* ended that explain *rule* for *scope*, or for a part of it; 0: none did.

    *severity*: how grave the rule is. What is milder explains nothing of it, neither while it fires nor afterwards.
    """
    causes = _CAUSES.get(rule, ())
    found = (c for c in past if c.rule in causes and _ORDER[c.severity] <= _ORDER[severity])
    return max((c.ended_at or 0 for c in found if _touches(c.scope, scope)), default=0)


def _touches(cause: AlertScope, scope: AlertScope) -> bool:
    if covers(cause, scope) or scope.kind is ScopeKind.ALL:
        return True
    return scope.kind is ScopeKind.WABA and waba_of(cause) == scope.id


def _causes_of(alert: OpenAlert, by_rule: Mapping[str, list[OpenAlert]]) -> list[OpenAlert]:
    causes = chain.from_iterable(by_rule.get(rule, ()) for rule in _CAUSES.get(alert.rule, ()))
    return [cause for cause in causes if covers(cause.scope, alert.scope) and _is_as_grave(cause, alert)]


def _reaches_back(alert: OpenAlert, cause: OpenAlert) -> bool:
    since = alert.reading.counted_from
    return since is not None and since < (cause.ended_at or 0)


def _by_rule(alerts: Iterable[OpenAlert]) -> dict[str, list[OpenAlert]]:
    found: dict[str, list[OpenAlert]] = {}
    for alert in alerts:
        found.setdefault(alert.rule, []).append(alert)
    return found


_ORDER = {"critical": 0, "warning": 1, "info": 2}


def _by_gravity(alert: OpenAlert) -> tuple[int, int, str]:
    return _ORDER[alert.severity], alert.fired_at, alert.key


def _is_as_grave(cause: OpenAlert, alert: OpenAlert) -> bool:
    """A dozen throttled calls are no reason to say nothing of a number that fails."""
    return _ORDER[cause.severity] <= _ORDER[alert.severity]


def firing_children(firing: Iterable[OpenAlert]) -> dict[str, str]:
    """Alerts of *firing* about a whole of which a part fires by the same rule: key of the whole to key of a part."""
    by_rule: dict[str, list[OpenAlert]] = {}
    for alert in sorted(firing, key=lambda each: each.key):
        by_rule.setdefault(alert.rule, []).append(alert)
    found = {}
    for some in by_rule.values():
        for whole in some:
            if whole.scope.kind in (ScopeKind.ALL, ScopeKind.WABA):
                part = next((each for each in some if _is_part(each.scope, whole.scope)), None)
                if part is not None:
                    found[whole.key] = part.key
    return found


def _is_part(part: AlertScope, whole: AlertScope) -> bool:
    if whole.kind is ScopeKind.ALL:
        return part.kind is not ScopeKind.ALL
    return part.kind not in (ScopeKind.ALL, ScopeKind.WABA, ScopeKind.PORTFOLIO) and part.waba == whole.id


def _root(direct: Mapping[str, str], key: str) -> str:
    while key in direct:
        key = direct[key]
    return key


def _turned() -> dict[str, tuple[str, ...]]:
    causes: dict[str, list[str]] = {}
    for cause, consequences in EXPLAINS.items():
        for each in consequences:
            causes.setdefault(each, []).append(cause)
    return {each: tuple(some) for each, some in causes.items()}


_CAUSES = _turned()
