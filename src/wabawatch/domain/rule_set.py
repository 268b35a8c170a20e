"""The rules as they hold: those of the product and own ones, with what the settings override for all or for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from wabawatch.domain.alert_rules import BY_NAME
from wabawatch.domain.alerts import AlertScope, Rule, RuleKind, ScopeKind

Place = tuple[ScopeKind, str]
"""WABA or NUMBER, and which"""


class Ruling(Protocol):
    """The rules as they hold now: they may be others at the next look."""

    @property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule by name, as it holds where nothing else is said."""

    def rule(self, name: str, scope: AlertScope) -> Rule | None:
        """The rule as it holds for *scope*; None: there is none, or it is not wanted there."""

    def of_kind(self, kind: RuleKind) -> Iterator[Rule]:
        """The rules of one kind that are wanted anywhere, in order."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """`notifying_ports.RuleBook`."""

    rules: Mapping[str, Rule] = field(default_factory=lambda: BY_NAME)
    overrides: Mapping[str, Mapping[Place, Mapping[str, Any]]] = field(default_factory=dict)
    """By rule and place: fields of the rule that are otherwise there. A number's win over its account's"""
    told: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By rule: the fields that the settings file says, which nothing else changes"""

    def rule(self, name: str, scope: AlertScope) -> Rule | None:
        """The rule as it holds for *scope*; None: there is none, or it is not wanted there."""
        rule = self.rules.get(name)
        if rule is None:
            return None
        special = self.overrides.get(name)
        if special:
            waba = scope.id if scope.kind is ScopeKind.WABA else scope.waba
            for place in ((ScopeKind.WABA, waba), (ScopeKind.NUMBER, scope.id)):
                if place[0] is ScopeKind.WABA or scope.kind is ScopeKind.NUMBER:
                    rule = replace(rule, **special.get(place, {}))
        if rule.kind is RuleKind.RATE and scope.kind is ScopeKind.CHECK:  # a check fails or does not: that is no rate
            rule = replace(rule, kind=RuleKind.STATE, threshold=None, clear=None, keep_firing_ms=0, unit="")
        return rule if rule.is_enabled else None

    def of_kind(self, kind: RuleKind) -> Iterator[Rule]:
        """The rules of one kind that are wanted anywhere, in order."""
        for name in sorted(self.rules):
            rule = self.rules[name]
            wanted = rule.is_enabled or any(each.get("is_enabled") for each in self.overrides.get(name, {}).values())
            if rule.kind is kind and wanted:
                yield rule
