"""What all rules of one kind found in a look: held to each rule's own threshold, and complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from wabawatch.domain.alerting import is_past
from wabawatch.domain.alerts import AlertScope, AlertState, Phase, Reading, Rule, RuleKind
from wabawatch.domain.facts import Millis

Found = Iterable[tuple[str, Reading]]
"""Names of rules with what they see"""


def held_to(rule: Rule, reading: Reading) -> Reading:
    """*reading*, good or bad by the threshold of *rule*, where it has a value and the rule a threshold."""
    if rule.kind is not RuleKind.STATE or rule.threshold is None or reading.value is None or not reading.is_bad:
        return reading
    return replace(reading, is_bad=is_past(rule.comparison, reading.value, rule.threshold))


def complete(
    found: Found, states: Mapping[tuple[str, AlertScope], AlertState], now: Millis
) -> Iterator[tuple[str, Reading]]:
    """What was *found*, the first of each rule and scope; and that all is well with whatever else is open."""
    seen: set[tuple[str, AlertScope]] = set()
    for name, reading in found:
        if (name, reading.scope) not in seen:
            seen.add((name, reading.scope))
            yield name, reading
    for (name, scope), state in states.items():
        if (name, scope) not in seen and state.phase in (Phase.PENDING, Phase.FIRING):
            yield name, Reading(scope, now, False, words="nothing is wrong any more")
