"""What the rules about accounts see: what Meta has taken from them and until when, and whether anybody pays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wabawatch.domain.alerts import AlertScope, Reading, ScopeKind, Severity
from wabawatch.domain.campaigns import Restriction
from wabawatch.domain.facts import Millis
from wabawatch.domain.platform import (
    PAYMENT,
    RESTRICTION,
    SETTLE_MS,
    Kind,
    Known,
    States,
    listed,
    of_kind,
    terms_of,
    until_of,
    value,
)
from wabawatch.domain.readings_platform import bad, live, moment, since_words, why_words

PAYMENT_CODES = ("131042", "141006", "141010")
"""Codes by which Meta's health status tells that nobody pays"""
WORKS = "active"
"""How a payment configuration is that works"""


def account_readings(
    states: States, restrictions: Mapping[str, Sequence[Restriction]], now: Millis
) -> Iterator[tuple[str, Reading]]:
    """Restrictions, whether Meta is paid, and whether each account may send."""
    wabas = {subject.id: aspects for subject, aspects in of_kind(states, Kind.WABA)}
    for waba in sorted(wabas.keys() | restrictions.keys()):
        scope, aspects = AlertScope(ScopeKind.WABA, waba, waba), wabas.get(waba, {})
        healths = [known for name in ("health", "health_business") if (known := live(aspects, name))]
        if reading := _unpaid(scope, healths, now):
            yield "PAYMENT_PROBLEM", reading
        if reading := _restricted(scope, restrictions.get(waba, ()), aspects, healths, now):
            yield "ACCOUNT_RESTRICTED", reading


def configuration_readings(states: States, now: Millis) -> Iterator[tuple[str, Reading]]:
    """Payment configurations that do not work: the mildest thing that `PAYMENT_PROBLEM` tells of, so what else it tells
    of an account goes before."""
    for subject, aspects in of_kind(states, Kind.WABA):
        if reading := _idle(AlertScope(ScopeKind.WABA, subject.id, subject.id), aspects, now):
            yield "PAYMENT_PROBLEM", reading


def _unpaid(scope: AlertScope, healths: Sequence[Known], now: Millis) -> Reading | None:
    unpaid = [each for each in healths if any(code in each.note for code in PAYMENT_CODES)]
    if not unpaid:
        return None
    words = f"Meta cannot charge account {scope.id}{why_words(unpaid[0])}"
    return bad(scope, now, unpaid[0], words, None, "account")


def _idle(scope: AlertScope, aspects: Mapping[str, Known], now: Millis) -> Reading | None:
    idle = {
        aspect.removeprefix(PAYMENT): known
        for aspect, known in sorted(aspects.items())
        if aspect.startswith(PAYMENT) and known.is_live and known.value.lower() != WORKS
    }
    if not idle:
        return None
    # Orders cannot be paid; but messages go out, and Meta is paid.
    said = ", ".join(f"{name or 'without a name'}: {known.value}" for name, known in idle.items())
    words = f"a payment configuration of account {scope.id} does not work ({said}): customers cannot pay with it"
    first = min(idle.values(), key=lambda known: known.at)
    return bad(scope, now, first, words, Severity.WARNING, "account")


def _restricted(
    scope: AlertScope,
    restrictions: Sequence[Restriction],
    aspects: Mapping[str, Known],
    healths: Sequence[Known],
    now: Millis,
) -> Reading | None:
    terms = terms_of(value(aspects, RESTRICTION))
    ended = [each._replace(until=until_of(each.kinds, terms)) for each in restrictions]
    held = [each for each in ended if not _is_over(each, healths, now)]
    if held:
        words = f"Meta has restricted account {scope.id}: {', '.join(_said(each, terms, now) for each in held)}"
        return Reading(scope, now, True, since=held[0].at, cause="account", words=words)
    for name in ("status", "review"):
        known = live(aspects, name)
        if known and known.value not in ("", "ACTIVE", "APPROVED", "PENDING", "DEFERRED"):
            return bad(scope, now, known, f"account {scope.id} is {known.value}{since_words(known)}", None, "account")
    blocked = [each for each in healths if each.value == "BLOCKED" and not any(c in each.note for c in PAYMENT_CODES)]
    if blocked:
        words = f"Meta lets account {scope.id} send nothing{why_words(blocked[0])}"
        return bad(scope, now, blocked[0], words, None, "account")
    return None


def _is_over(each: Restriction, healths: Sequence[Known], now: Millis) -> bool:
    """Whether its end has come, and nothing that Meta has said of the account's health since it began speaks against
    that. Where Meta is not asked, the end that it told holds."""
    if each.until is None or each.until > now:
        return False
    began_at, until = each.at - SETTLE_MS, each.until
    return not any(
        health.value in ("BLOCKED", "LIMITED")
        and (began_at <= health.at < until or any(kind in health.note for kind in listed(each.kinds)))
        for health in healths
    )


def _said(each: Restriction, terms: Mapping[str, Millis | None], now: Millis) -> str:
    """A restriction in words, each kind with its end."""
    kinds = [f"{kind}{_until(terms.get(kind), now)}" for kind in listed(each.kinds)]
    return f"{each.event} {' and '.join(kinds)}".strip()


def _until(end: Millis | None, now: Millis) -> str:
    if end is None:
        return ""
    if end > now:
        return f" until {moment(end)}"
    return f" (it was to end on {moment(end)}, but Meta's health does not say yet that it has)"
