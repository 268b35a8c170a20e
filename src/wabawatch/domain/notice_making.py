"""From drafts to notices: what a person reads, as values. Deterministic: no text is made up here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

from wabawatch.domain.alerts import AlertScope, OpenAlert, Rule, RuleKind, ScopeKind
from wabawatch.domain.notices import MOST_TOLD, Notice, Told
from wabawatch.domain.routing import Draft


class Knowing(Protocol):
    """What is known of rules, besides their alerts."""

    def rule(self, name: str, scope: AlertScope) -> Rule | None:
        """The rule as it holds for *scope*; None: it is gone."""

    def first_steps(self, runbook: str) -> tuple[str, ...]:
        """What to check first."""

    def runbook_url(self, runbook: str) -> str:
        """Where the runbook is shown; "" nowhere."""

    def link(self, alert: str) -> str:
        """The page of the alert in the console, or of all alerts for ""; "" when it is not known where that is."""


def compose(draft: Draft, alerts: Mapping[str, OpenAlert], knowing: Knowing) -> Notice:
    """The notice that *draft* stands for. *alerts*: by key, at least those that it names."""
    some = [alerts[key] for key in draft.alerts]
    by_type = Counter(alert.rule for alert in some)
    return Notice(
        key=draft.key,
        kind=draft.kind,
        channel=draft.channel,
        at=draft.at,
        told=tuple(tell(alert, draft.explains.get(alert.key, 0), knowing) for alert in some[:MOST_TOLD]),
        total=len(some),
        by_type=tuple(sorted(by_type.items(), key=lambda item: (-item[1], item[0]))),
        thread=draft.thread,
        link=knowing.link(some[0].key if len(some) == 1 else ""),
    )


def tell(alert: OpenAlert, explains: int, knowing: Knowing) -> Told:
    """What is told of one alert."""
    seen = alert.reading
    rule = knowing.rule(alert.rule, alert.scope) or _unknown(alert)
    runbook = rule.runbook or rule.name.lower()
    return Told(
        alert=alert.key,
        type=alert.rule,
        title=rule.title,
        severity=alert.severity,
        scope=alert.scope,
        about=_about(alert.scope, rule),
        words=seen.words,
        since=alert.fired_at if seen.since is None else min(seen.since, alert.fired_at),
        value=seen.value,
        n=seen.n,
        interval=seen.interval,
        threshold=rule.threshold,
        comparison=rule.comparison,
        unit=rule.unit,
        cause=seen.cause,
        contributors=seen.contributors,
        explains=explains,
        ended_at=alert.ended_at,
        ended="" if alert.ended is None else str(alert.ended),
        first_steps=knowing.first_steps(runbook),
        runbook=runbook,
        runbook_url=knowing.runbook_url(runbook),
        link=knowing.link(alert.key),
    )


def _unknown(alert: OpenAlert) -> Rule:
    return Rule(alert.rule, alert.rule.replace("_", " ").capitalize(), RuleKind.STATE, alert.scope.kind, alert.severity)


def _about(scope: AlertScope, rule: Rule) -> str:
    """What it is about; "" where the title says it: a token is one, but rates of numbers are also looked at as one."""
    return "" if scope.kind is ScopeKind.ALL and rule.scope is ScopeKind.ALL else in_words(scope)


def in_words(scope: AlertScope) -> str:
    """*scope* as people say it."""
    return _WORDS[scope.kind](scope)


def _template(scope: AlertScope) -> str:
    waba, _, rest = scope.id.partition("/")
    name, _, language = rest.rpartition("/")
    return f"template {name} ({language}) of WABA {waba}" if name else f"template {scope.id}"


def _number(scope: AlertScope) -> str:
    return f"number {scope.id}" + (f" of WABA {scope.waba}" if scope.waba else "")


_WORDS: Mapping[ScopeKind, Callable[[AlertScope], str]] = {
    ScopeKind.ALL: lambda _: "all numbers together",
    ScopeKind.PORTFOLIO: lambda scope: f"business portfolio {scope.id}",
    ScopeKind.WABA: lambda scope: f"WABA {scope.id}",
    ScopeKind.NUMBER: _number,
    ScopeKind.TEMPLATE: _template,
    ScopeKind.APP: lambda scope: f"Meta app {scope.id or 'without a name'}",
    ScopeKind.CHECK: lambda scope: f"check {scope.id}",
    ScopeKind.FORWARD: lambda scope: f"forward target {scope.id}",
    ScopeKind.CHANNEL: lambda scope: f"channel {scope.id}",
    ScopeKind.ERROR: lambda scope: f"error code {scope.id}" + (f" in WABA {scope.waba}" if scope.waba else ""),
    ScopeKind.COUNTRY: lambda scope: f"country {scope.id}",
    ScopeKind.LOOP: lambda scope: f"loop {scope.id}",
}
