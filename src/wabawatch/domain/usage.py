"""How much of Meta's limits calls through the gateway say is used: the limits that polling keeps to as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wabawatch.domain.facts import CallAnswered, Millis
from wabawatch.domain.polls import OF_THE_APP, SLOW_AT, STOP_AT, STOPPED_MS, THROTTLED_MS, Usage
from wabawatch.domain.standing import MINUTE_MS

OF_AN_ACCOUNT = frozenset({80007, 80008})
"""Limits on the calls to one WABA. What limits messages (a number's pace, a pair) does not keep polling from asking."""
REPEATED_MS = MINUTE_MS
"""Low figures are written down no more often."""


def usages_seen(calls: Iterable[tuple[CallAnswered, str]], before: Iterable[Usage]) -> list[Usage]:
    """What *calls*, each beside the WABA it was about ("" unknown), tell of the limits; only what is worth keeping.

    Calls of other apps than ours are left out: these have limits of their own.
    """
    known = {usage.scope: usage for usage in before}
    newest: dict[str, Usage] = {}
    for call, waba in calls:
        for usage in _told(call, waba):
            other = newest.get(usage.scope)
            if other is None or (usage.at, usage.percent) >= (other.at, other.percent):
                newest[usage.scope] = usage
    return [usage for usage in newest.values() if _is_worth_keeping(usage, known.get(usage.scope))]


def _told(call: CallAnswered, waba: str) -> Iterator[Usage]:
    if not call.is_ours:
        return
    at = call.when.at + round(call.latency_ms)
    codes = {error.code for error in call.errors}
    for scope, limits, loads in (
        ("", OF_THE_APP, [load for load in call.loads if not load.object]),
        (waba, OF_AN_ACCOUNT, [load for load in call.loads if load.object]),
    ):
        if limits is OF_AN_ACCOUNT and not scope:
            continue  # whose limit it is cannot be told
        percent = max((load.percent for load in loads), default=0.0)
        regain_ms = max((load.regain_ms for load in loads), default=0)
        if codes & limits:
            yield Usage(scope, max(100.0, percent), at, at + (regain_ms or THROTTLED_MS))
        elif loads:
            yield Usage(scope, percent, at, at + (regain_ms or STOPPED_MS) if percent >= STOP_AT else 0)


def _is_worth_keeping(usage: Usage, was: Usage | None) -> bool:
    if was is None:
        return True
    if usage.at <= was.at:
        return False
    return usage.percent >= SLOW_AT or was.percent >= SLOW_AT or usage.at - was.at >= REPEATED_MS


def newest_first(usages: Iterable[Usage], now: Millis, kept_ms: Millis) -> list[Usage]:
    """Those of *usages* that were told in the last *kept_ms*: the app, then the accounts, the fullest first."""
    fresh = [usage for usage in usages if now - usage.at < kept_ms or usage.is_stopped(now)]
    return sorted(fresh, key=lambda usage: (usage.scope != "", -usage.percent, usage.scope))
