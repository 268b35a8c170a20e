"""Rules that people change in the console: what can be changed, how it is written, and what holds in the end. Pure.

A rule is what comes with the product, then what the console says, then what the settings file says: field by field, and
for an account or number again in the same order. So what a file says is never changed by a click.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from wabawatch.domain.alerts import Comparison, Rule, RuleKind, ScopeKind, Severity
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.domain.own_metrics import LEAST_RATE_WINDOW_MS
from wabawatch.domain.rule_set import Place, RuleSet
from wabawatch.domain.standing import MINUTE_MS

EVERYWHERE: Final[Place] = (ScopeKind.ALL, "")
LONGEST_MIN = 1_440
MOST_SAMPLE = 1_000_000
TARGETS: Final[Mapping[str, str]] = {
    "enabled": "is_enabled",
    "severity": "severity",
    "threshold": "threshold",
    "clear": "clear",
    "window": "window_ms",
    "min_sample": "min_sample",
    "for": "for_ms",
    "keep_firing": "keep_firing_ms",
}
"""What can be changed, as the settings file names it, and which field of `Rule` it is"""
IN_MINUTES = frozenset({"window", "for", "keep_firing"})


@dataclass(frozen=True, slots=True)
class Edit:
    """What the console says of one rule, everywhere or at one place."""

    rule: str
    place: Place
    said: Mapping[str, Any]
    """By the names of `TARGETS`, as the settings file would have it: shares from 0 to 1, minutes"""
    changed_at: Millis
    changed_by: str


def editable(rule: Rule, place: Place = EVERYWHERE) -> tuple[str, ...]:
    """What can be changed of *rule*."""
    if rule.kind is RuleKind.EVENT:
        return ("enabled", "severity")
    lines = ("threshold", "clear") if rule.threshold is not None else ()
    counted = ("window", "min_sample") if rule.kind is RuleKind.RATE else ()
    if place != EVERYWHERE:
        return ("enabled", "severity", *lines, *counted[1:])
    return ("enabled", "severity", *lines, *counted, "for", "keep_firing")


def places(rule: Rule) -> tuple[ScopeKind, ...]:
    """For what the rule can be otherwise."""
    if rule.scope is ScopeKind.NUMBER:
        return ScopeKind.WABA, ScopeKind.NUMBER
    return (ScopeKind.WABA,) if rule.scope in (ScopeKind.WABA, ScopeKind.TEMPLATE) else ()


def said_of(rule: Rule, name: str) -> Any:
    """A field of *rule* as the settings file would have it."""
    value = getattr(rule, TARGETS[name])
    if name in IN_MINUTES:
        return value / MINUTE_MS
    return str(value) if name == "severity" else value


def written(rule: Rule, name: str) -> str:
    """A field of *rule* as people write it: shares in per cent, times in minutes; "" for none."""
    value = said_of(rule, name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in ("threshold", "clear") and rule.unit == "share":
        value = round(value * 100, 6)
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def read(rule: Rule, name: str, text: str) -> Any:
    """What somebody wrote, as the settings file would have it. Raises BadRequest that begins with the field's name."""
    text = text.strip()
    if name == "enabled":
        return text in ("yes", "on", "true")
    if name == "severity":
        if text not in set(Severity):
            raise BadRequest(f"severity: choose one of {', '.join(Severity)}")
        return text
    if name == "clear" and not text:
        return None
    number = _number(name, text)
    if name == "min_sample":
        if not (number.is_integer() and 1 <= number <= MOST_SAMPLE):
            raise BadRequest(f"min_sample: a whole number from 1 to {MOST_SAMPLE:,}")
        return int(number)
    if name in IN_MINUTES:
        least = LEAST_RATE_WINDOW_MS // MINUTE_MS if name == "window" else 0
        if not least <= number <= LONGEST_MIN:
            raise BadRequest(f"{name}: from {least} to {LONGEST_MIN:,} minutes")
        return number
    if rule.unit == "share":
        if number > 100:
            raise BadRequest(f"{name}: a percentage from 0 to 100")
        return round(number / 100, 8)
    return number


def _number(name: str, text: str) -> float:
    try:
        number = float(text.removesuffix("%").replace(",", ""))
    except ValueError:
        raise BadRequest(f"{name}: {text[:40]!r} is no number") from None
    if not (math.isfinite(number) and number >= 0):
        raise BadRequest(f"{name}: a number that is not negative")
    return number


def changed(rule: Rule, said: Mapping[str, Any]) -> Rule:
    """*rule* with what is *said* of it; what it does not know, or cannot be, is left out."""
    fields: dict[str, Any] = {}
    for name, value in said.items():
        if name in TARGETS and _fits(name, value):
            fields[TARGETS[name]] = _AS.get(name, _as_it_is)(value)
    return replace(rule, **fields)


def _fits(name: str, value: Any) -> bool:
    if name == "enabled":
        return isinstance(value, bool)
    if name == "severity":
        return value in set(Severity)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return is_number or (name == "clear" and value is None)


def _as_it_is(value: Any) -> Any:
    return value


def _minutes(value: float) -> Millis:
    return round(value * MINUTE_MS)


_AS: Mapping[str, Callable[[Any], Any]] = {
    "severity": Severity,
    "min_sample": int,
    **dict.fromkeys(IN_MINUTES, _minutes),
}


def check(rule: Rule) -> None:
    """Raises BadRequest where the fields of *rule* contradict each other."""
    if rule.clear is None or rule.threshold is None:
        return
    is_good_side = rule.clear >= rule.threshold if rule.comparison is Comparison.BELOW else rule.clear <= rule.threshold
    if not is_good_side:
        side = "below" if rule.comparison is Comparison.BELOW else "above"
        raise BadRequest(f"clear: it is bad {side} the threshold, so it cannot be good again there; or leave it empty")


def merged(settings: RuleSet, edits: Iterable[Edit]) -> RuleSet:
    """The rules as they hold: *settings* win over *edits*, field by field."""
    rules = dict(settings.rules)
    overrides = {
        name: {place: dict(fields) for place, fields in each.items()} for name, each in settings.overrides.items()
    }
    for edit in edits:
        rule = rules.get(edit.rule)
        if rule is None:  # it was one of one's own, and is not in the settings any more
            continue
        if edit.place == EVERYWHERE:
            fixed = settings.told.get(edit.rule, frozenset())
            rules[edit.rule] = changed(rule, {n: v for n, v in edit.said.items() if TARGETS.get(n) not in fixed})
        else:
            otherwise = changed(rule, edit.said)
            fields = {
                TARGETS[n]: getattr(otherwise, TARGETS[n]) for n, v in edit.said.items() if n in TARGETS and _fits(n, v)
            }
            here = overrides.setdefault(edit.rule, {})
            here[edit.place] = fields | here.get(edit.place, {})
    return RuleSet(rules, overrides, settings.told)
