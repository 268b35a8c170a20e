"""What the rules about messages see: rates of each number, of accounts and of everything, and of each country."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from wabawatch.domain.alert_evidence import Traffic
from wabawatch.domain.alert_rates import RateWindow, Seen, interval, judged, quantile
from wabawatch.domain.alerting import is_past
from wabawatch.domain.alerts import EVERYTHING, AlertScope, Reading, Rule, ScopeKind
from wabawatch.domain.metrics import (
    Rate,
    Tally,
    Weights,
    failure_rate,
    number_quality,
)
from wabawatch.domain.readings_parts import Part, Parts
from wabawatch.domain.standing import MINUTE_MS, Outcome, Pace

RuleFor = Callable[[AlertScope], Rule | None]
"""The rule as it holds for a scope; None: it does not"""
Sight = Callable[[AlertScope], Sequence[tuple[Parts, RateWindow]]]
"""What a scope is judged by: the traffic of which window. Of several, by the last one if it is bad in the others"""

DELIVERY, FAILURE, QUALITY, READ = "delivery_rate", "failure_rate", "quality_score", "read_rate"
LEAST_ON_TIME = 0.85
"""However late messages usually are: below this the delivery rate says so itself."""
ENOUGH_ARRIVED = 200
"""From so many messages on it is known how late a number's usually arrive."""
PARENT_WAITS_MS = 5 * MINUTE_MS
"""So long an account, or everything, is bad before it fires: by then one of its numbers may be known to be bad."""
_PARENTS = frozenset({ScopeKind.ALL, ScopeKind.WABA})


def scope_of_number(traffic: Traffic, number: str) -> AlertScope:
    """A number as a scope."""
    return AlertScope(ScopeKind.NUMBER, number, traffic.owners.get(number, ""))


def number_readings(rule_for: RuleFor, parts: Parts, sight: Sight, metric: str, more: More) -> list[Reading]:
    """The readings of every number that sent anything in *parts*."""
    found = []
    for number in parts.numbers:
        scope = scope_of_number(parts.traffic, number)
        rule = rule_for(scope)
        if rule is not None:
            found.append(_reading(rule, scope, [number], sight, metric, more))
    return found


def patient(rule: Rule, scope: AlertScope) -> Rule:
    """*rule* as it holds for *scope*: the parent of numbers waits for them, of which together more is known sooner."""
    if rule.scope is not ScopeKind.NUMBER or scope.kind not in _PARENTS:
        return rule
    return replace(rule, for_ms=max(rule.for_ms, PARENT_WAITS_MS))


def parent_readings(
    rule_for: RuleFor, parts: Parts, sight: Sight, metric: str, more: More, told: Collection[AlertScope]
) -> list[Reading]:
    """The readings of accounts and of everything. *told*: numbers that are bad, and whatever fires already; what tells
    of a part replaces what tells of the whole."""
    explained = {scope.waba for scope in told if scope.kind is ScopeKind.NUMBER}
    is_told = any(scope.kind is not ScopeKind.ALL for scope in told)
    numbers = parts.numbers
    of_waba: dict[str, list[str]] = {}
    for number in numbers:
        if waba := parts.traffic.owners.get(number, ""):
            of_waba.setdefault(waba, []).append(number)
    found = []
    for waba, some in sorted(of_waba.items()):
        scope = AlertScope(ScopeKind.WABA, waba, waba)
        rule = rule_for(scope)
        if rule is not None and (len(some) > 1 or rule.scope is ScopeKind.WABA):
            reading = _reading(rule, scope, some, sight, metric, more)
            found.append(_replaced(reading) if waba in explained else reading)
    rule = rule_for(EVERYTHING)
    if rule is not None and (len(numbers) > 1 or rule.scope is ScopeKind.ALL):
        reading = _reading(rule, EVERYTHING, numbers, sight, metric, more)
        found.append(_replaced(reading) if is_told or any(r.is_bad for r in found) else reading)
    return found


def _replaced(reading: Reading) -> Reading:
    return replace(reading, is_bad=False, is_replaced=True)


class More:
    """What a score is made of besides messages."""

    def __init__(self, webhook: Rate, weights: Weights) -> None:
        """*webhook*: how many webhooks were answered in time; without a case: not known."""
        self.webhook = webhook
        self.weights = weights


def _reading(rule: Rule, scope: AlertScope, numbers: list[str], sight: Sight, metric: str, more: More) -> Reading:
    found = Reading(scope, 0, None)
    for parts, window in sight(scope):
        begins_at = window.start - (0 if metric == FAILURE else parts.traffic.grace_ms)
        found = replace(_within(rule, scope, parts.of(numbers), window, metric, more), counted_from=begins_at)
        if found.value is None or not is_past(rule.comparison, found.value, rule.threshold or 0.0):
            break
    return found


def _within(rule: Rule, scope: AlertScope, part: Part, window: RateWindow, metric: str, more: More) -> Reading:
    if metric == QUALITY:
        return _score(rule, scope, part, window, more)
    if metric == DELIVERY:
        seen, noun = Seen(part.delivered, part.on_time), "messages arrived"
    elif metric == READ:
        seen, noun = Seen(part.read), "messages that arrived were read"
    else:
        seen, noun = Seen(part.failed), "sends failed"
    return judged(rule, scope, window, seen, noun)


def _score(rule: Rule, scope: AlertScope, part: Part, window: RateWindow, more: More) -> Reading:
    """The quality score with the interval of the rule: each rate at its lower and its upper bound."""
    reach = quantile(rule.confidence, window.fraction)
    failed = part.failed
    rates = {
        "delivery": (_late(part.delivered, part.on_time), more.weights.delivery),
        "failure": (Rate(failed.n - failed.hits, failed.n), more.weights.failure),
        "template": (part.healthy, more.weights.template),
        "webhook": (more.webhook, more.weights.webhook),
    }
    parts = {
        name: (rate.hits / rate.n, *interval(rate.hits, rate.n, reach), weight, rate.n)
        for name, (rate, weight) in rates.items()
        if rate.n and weight > 0
    }
    rated = number_quality(part.ratings)
    if rated is not None and more.weights.number > 0:
        parts["number"] = (rated, rated, rated, more.weights.number, max(1, failed.n))
    n = min((each[4] for each in parts.values()), default=0)
    # Before it is known what arrived, the rest would stand for it: a yellow number alone would seem to be a fall.
    if n < max(1, rule.min_sample) or not {"delivery", "failure"} <= parts.keys():
        return Reading(scope, window.end, None, n=n, words="too few messages for a quality score")
    total = sum(each[3] for each in parts.values())
    value, low, high = (sum(each[i] * each[3] for each in parts.values()) / total for i in range(3))
    said = ", ".join(f"{name} {each[0]:.1%}".replace("%", " %") for name, each in sorted(parts.items()))
    words = f"the quality score is {value:.1%} (".replace("%", " %") + f"{said})"
    is_bad = is_past(rule.comparison, high, rule.threshold or 0.0)
    return Reading(scope, window.end, is_bad, value, n, (low, high), window.start, words=words)


def _late(rate: Rate, on_time: float) -> Rate:
    """*rate* with those counted as arrived that will, as far as is usual."""
    return Rate(min(rate.n, round(rate.hits / on_time)), rate.n) if on_time else rate


def on_time(week: Tally) -> float:
    """Which part of what arrived at all in a *week* arrived within a quarter of an hour; 1 when too little did."""
    soon = arrived = 0
    for standing, n in week.items():
        if standing.in_delivery and standing.status in (Outcome.DELIVERED, Outcome.READ) and standing.pace:
            arrived += n
            soon += n if standing.pace in (Pace.FIVE_MINUTES, Pace.QUARTER_HOUR) else 0
    return max(LEAST_ON_TIME, soon / arrived) if arrived >= ENOUGH_ARRIVED else 1.0


# ---------------------------------------------------------------- more than usual


def country_readings(
    rule_for: RuleFor, now: Mapping[str, Tally], usual: Mapping[str, Tally], window: RateWindow
) -> list[Reading]:
    """Countries in which much more fails than there is usual. *usual*: the same of the last days."""
    found = []
    for country in sorted(now):
        scope = AlertScope(ScopeKind.COUNTRY, country)
        rule = rule_for(scope)
        if rule is not None:
            found.append(
                _unusual(rule, scope, failure_rate(now[country]), failure_rate(usual.get(country, {})), window)
            )
    return found


def _unusual(rule: Rule, scope: AlertScope, seen: Rate, before: Rate, window: RateWindow) -> Reading:
    """`threshold` is by how much the share that fails must be above the usual one."""
    if seen.n < max(1, rule.min_sample) or before.n < ENOUGH_ARRIVED:
        return Reading(scope, window.end, None, n=seen.n, words=f"only {seen.n} sends to {scope.id}")
    usual = before.hits / before.n
    line = min(0.99, usual + (rule.threshold or 0.0))
    reading = judged(replace(rule, threshold=line), scope, window, Seen(seen), f"sends to {scope.id} failed")
    value = (reading.value or 0.0) - usual
    return replace(reading, value=value, words=reading.words + f"; usual are {usual * 100:.1f} %")
