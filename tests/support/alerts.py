"""Alerts as tests of telling need them."""

from __future__ import annotations

from typing import Any

from wabawatch.domain.alerts import AlertScope, OpenAlert, Reading, Reason, Rule, RuleKind, ScopeKind, Severity
from wabawatch.domain.facts import Millis

NOW: Millis = 1_780_000_000_000
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
WABA, OTHER_WABA = "102290129340398", "102290129340399"
NUMBER = AlertScope(ScopeKind.NUMBER, "106540352242922", WABA)
EVERYTHING = AlertScope(ScopeKind.ALL)


def number(i: int, waba: str = WABA) -> AlertScope:
    """The scope of the *i*-th number."""
    return AlertScope(ScopeKind.NUMBER, f"1065403522{i:05}", waba)


def fired(
    key: str = "a1",
    rule: str = "PHONE_QUALITY_LOW",
    scope: AlertScope = NUMBER,
    severity: Severity = Severity.CRITICAL,
    at: Millis = NOW,
    **more: Any,
) -> OpenAlert:
    """An alert that fires since *at*."""
    seen = Reading(scope, at, True, value=0.9, n=100, words="9 of 100 failed.")
    given = {"transition": 1, "firings": (at,), **more}
    return OpenAlert(key, rule, scope, severity, at, seen, **given)


def ended(alert: OpenAlert, at: Millis, how: Reason = Reason.RECOVERED) -> OpenAlert:
    """*alert* once it has ended."""
    from dataclasses import replace

    return replace(alert, ended_at=at, ended=how, transition=alert.transition + 1)


def rule_of(name: str = "PHONE_QUALITY_LOW", **more: Any) -> Rule:
    """A rule of that name."""
    return Rule(name, name.capitalize(), RuleKind.STATE, ScopeKind.NUMBER, Severity.CRITICAL, **more)
