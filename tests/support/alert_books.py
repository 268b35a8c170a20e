"""Rules, scopes and readings for tests about alerts."""

from __future__ import annotations

from dataclasses import replace

from tests.support.facts import MINUTE, NUMBERS, T0, WABA
from wabawatch.alerting_ports import AlertBook
from wabawatch.domain.alert_records import Change, change_of
from wabawatch.domain.alerting import step
from wabawatch.domain.alerts import (
    NEVER,
    AlertScope,
    Comparison,
    Contributor,
    NoData,
    Reading,
    Rule,
    RuleKind,
    ScopeKind,
    Severity,
    Transition,
)

NUMBER = AlertScope(ScopeKind.NUMBER, NUMBERS[0], WABA)
RATE = Rule(
    "DELIVERY_RATE_LOW",
    "Delivery rate too low",
    RuleKind.RATE,
    ScopeKind.NUMBER,
    Severity.CRITICAL,
    comparison=Comparison.BELOW,
    threshold=0.95,
    no_data=NoData.KEEP,
)
PAUSED = Rule("TEMPLATE_PAUSED", "Template paused", RuleKind.STATE, ScopeKind.TEMPLATE, Severity.WARNING)
VIOLATION = Rule("ACCOUNT_VIOLATION", "Violation", RuleKind.EVENT, ScopeKind.WABA, Severity.WARNING)


def bad(minute: float, scope: AlertScope = NUMBER, **more: object) -> Reading:
    """Something bad was seen so many minutes after the beginning."""
    told = Reading(scope, T0 + int(minute * MINUTE), True, 0.8, 200, (0.7, 0.87), words="160 of 200 arrived")
    return replace(told, contributors=(Contributor("country", "ID", 38, 40),), **more)  # type: ignore[arg-type]


def good(minute: float, scope: AlertScope = NUMBER) -> Reading:
    """All was well so many minutes after the beginning."""
    return Reading(scope, T0 + int(minute * MINUTE), False, 0.98, 200, (0.96, 0.99), words="196 of 200 arrived")


def looked(book: AlertBook, rule: Rule, reading: Reading) -> list[Change]:
    """What a look finds to write, by the books as they are."""
    before = book.states().get((rule.name, reading.scope), NEVER)
    change = change_of(rule, reading.scope, before, step(rule, before, reading, reading.at), reading)
    return [change] if change else []


def look(book: AlertBook, rule: Rule, *readings: Reading) -> list[Transition]:
    """Look again and again, and write what is found."""
    return [changed for reading in readings for changed in book.save(looked(book, rule, reading), {})]
