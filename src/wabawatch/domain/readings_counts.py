"""What the rules about counts see: template sends against the rules, limits, calls, and answers to webhooks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from wabawatch.domain.alert_evidence import Answers, Misuse, Owners, largest
from wabawatch.domain.alert_rates import RateWindow, Seen, judged
from wabawatch.domain.alerts import EVERYTHING, AlertScope, Contributor, Reading, Rule, ScopeKind, Severity
from wabawatch.domain.calls import CallCounts
from wabawatch.domain.error_codes import RATE_LIMIT_CODES, is_known, lookup
from wabawatch.domain.facts import Millis
from wabawatch.domain.headroom import MessagingLimit
from wabawatch.domain.histograms import above
from wabawatch.domain.limit_hits import HitCount
from wabawatch.domain.metrics import Rate
from wabawatch.domain.readings_platform import new_code
from wabawatch.domain.standing import HOUR_MS
from wabawatch.domain.templates import OPTED_OUT

LATE_MS, SLOW_MS = 20_000, 1_000
"""Meta's limits for answers to webhooks (SPEC.md 2.4)"""
SLOW_MEDIAN_MS = 250
FULL = 0.95
"""A messaging limit that is used by so much is as good as used up."""

Found = list[tuple[str, Reading]]


# ---------------------------------------------------------------- template sends that broke the rule


def misuse_readings(misuses: Iterable[Misuse], at: Millis) -> Found:
    """Templates that were sent though they were not approved, and marketing to people who had stopped it."""
    of_template: defaultdict[tuple[str, str], list[Misuse]] = defaultdict(list)
    of_number: defaultdict[tuple[str, str], list[Misuse]] = defaultdict(list)
    for each in misuses:
        if each.reason == OPTED_OUT:
            of_number[each.waba, each.number].append(each)
        else:
            of_template[each.waba, each.template].append(each)
    found: Found = []
    for (waba, template), some in sorted(of_template.items()):
        n = sum(each.n for each in some)
        reasons = ", ".join(sorted({each.reason.replace("_", " ") for each in some}))
        words = f"{_times(n, 'send')} with template {template or 'without a name'} in the last hour: {reasons}"
        scope = AlertScope(ScopeKind.TEMPLATE, f"{waba}/{template}", waba)
        numbers = largest([Contributor("number", e.number, e.n, n) for e in some])
        name, told = _counted("UNAPPROVED_TEMPLATE_USED", scope, at, n, words, "sender", numbers)
        found.append((name, replace(told, counted_from=at - HOUR_MS)))
    for (waba, number), some in sorted(of_number.items()):
        n = sum(each.n for each in some)
        words = f"{_times(n, 'marketing message')} in the last hour to people who had stopped them"
        templates = largest([Contributor("template", e.template, e.n, n) for e in some])
        scope = AlertScope(ScopeKind.NUMBER, number, waba)
        found.append(_counted("OPT_OUT_IGNORED", scope, at, n, words, "sender", templates))
    return found


# ---------------------------------------------------------------- limits


def limit_readings(hits: Iterable[HitCount], most: float, since: Millis, at: Millis) -> Found:
    """Numbers that hit limits of Meta's more than *most* times since then.

    Only limits that a slower pace would keep: what one person may get of marketing (131049) is not one of them, and is
    hit all day long by whoever sends much.
    """
    by_number: defaultdict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for hit in hits:
        if hit.code in RATE_LIMIT_CODES:
            by_number[hit.number, hit.waba][hit.code] += hit.n
    found: Found = []
    for (number, waba), codes in sorted(by_number.items()):
        n = sum(codes.values())
        if n > most:
            worst, _ = max(codes.items(), key=lambda item: (item[1], -item[0]))
            known = lookup(worst)
            said = f", mostly {worst} ({known.title})" if known else f", mostly {worst}"
            words = f"limits of Meta's were hit {_times(n, 'time')} since {clock_time(since)}{said}"
            parts = largest([Contributor("error", str(code), count, n) for code, count in codes.items()])
            scope = AlertScope(ScopeKind.NUMBER, number, waba) if number else EVERYTHING
            found.append(_counted("RATE_LIMIT_HIT", scope, at, n, words, "sender", parts))
    return found


def headroom_readings(limits: Sequence[MessagingLimit], at: Millis) -> Found:
    """How much of each finite messaging limit is used. Where nobody was counted yet, what fires goes on."""
    found: Found = []
    for limit in limits:
        if limit.limit and limit.used is None:
            words = "people have not been counted since the start"
            found.append(
                ("MESSAGING_LIMIT_NEAR", Reading(AlertScope(ScopeKind.PORTFOLIO, limit.owner), at, None, words=words))
            )
        elif limit.limit and limit.used is not None:
            share = limit.used / limit.limit
            words = f"at least {limit.used} of {limit.limit} people were reached in the last 24 hours"
            severity = Severity.CRITICAL if share >= FULL else None
            scope = AlertScope(ScopeKind.PORTFOLIO, limit.owner)
            found.append(
                ("MESSAGING_LIMIT_NEAR", Reading(scope, at, True, share, limit.used, words=words, severity=severity))
            )
    return found


# ---------------------------------------------------------------- payment, and codes nobody knows

PAYMENT_CODES = frozenset({131042, 131044})


def payment_readings(failed: Mapping[tuple[str, int], int], owners: Owners, since: Millis, at: Millis) -> Found:
    """Accounts whose sends fail because nobody pays. *failed*: messages since then, by number and code."""
    unpaid: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for (number, code), n in failed.items():
        if code in PAYMENT_CODES and n > 0:
            unpaid[owners.get(number, "")][code] += n
    found: Found = []
    for waba, codes in sorted(unpaid.items()):
        n, said = sum(codes.values()), ", ".join(map(str, sorted(codes)))
        words = f"{_times(n, 'send')} failed since {clock_time(since)}: the account's payment does not work ({said})"
        scope = AlertScope(ScopeKind.WABA, waba, waba) if waba else EVERYTHING
        found.append(_counted("PAYMENT_PROBLEM", scope, at, n, words, "account", ()))
    return found


def code_readings(failed: Mapping[tuple[str, int], int], at: Millis) -> Found:
    """Codes that messages failed with and that nobody has explained to us."""
    codes = sorted({code for (_, code), n in failed.items() if n > 0 and not is_known(code)})
    return [("NEW_ERROR_CODE", new_code(code, at)) for code in codes]


def clock_time(at: Millis) -> str:
    """A time of the day, in words."""
    return f"{datetime.fromtimestamp(at / 1_000, UTC):%H:%M} UTC"


# ---------------------------------------------------------------- calls and webhooks


def api_reading(rule: Rule, calls: CallCounts, window: RateWindow) -> Reading:
    """How many calls through the gateway went wrong."""
    return judged(rule, EVERYTHING, window, Seen(Rate(calls.errors + calls.unanswered, calls.calls)), "calls failed")


def webhook_reading(rule: Rule, answers: Answers, window: RateWindow, metric: str) -> Reading:
    """How webhooks were answered, in the eyes of one of the three rules about it."""
    answered = sum(answers.times.values())
    whole = answered + answers.unanswered
    who = "the application" if answers.is_application else "the receiver"
    if metric == "webhook_timeout":
        return judged(rule, EVERYTHING, window, Seen(Rate(above(answers.times, LATE_MS), answered)), _by(who, "late"))
    if metric == "webhook_errors":
        return judged(rule, EVERYTHING, window, Seen(Rate(answers.unanswered, whole)), _by(who, "not answered well"))
    slow = judged(
        rule, EVERYTHING, window, Seen(Rate(above(answers.times, SLOW_MS), answered)), _by(who, "slow (>1 s)")
    )
    if slow.is_bad or slow.is_bad is None:
        return slow
    half = judged(
        _half(rule), EVERYTHING, window, Seen(Rate(above(answers.times, SLOW_MEDIAN_MS), answered)), _by(who, ">250 ms")
    )
    return half if half.is_bad else slow


def _half(rule: Rule) -> Rule:
    return replace(rule, threshold=0.5)


def _by(who: str, how: str) -> str:
    return f"webhooks were answered by {who} {how}"


def _counted(
    rule: str, scope: AlertScope, at: Millis, n: int, words: str, cause: str, parts: tuple[Contributor, ...]
) -> tuple[str, Reading]:
    return rule, Reading(scope, at, True, float(n), n, cause=cause, words=words, contributors=parts)


def _times(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
