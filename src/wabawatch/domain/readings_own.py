"""What the rules about checks, loops, channels and our own backlog see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from wabawatch.domain.alert_evidence import Backlog, CheckKind, CheckStands
from wabawatch.domain.alerts import EVERYTHING, AlertScope, Reading, ScopeKind, Severity
from wabawatch.domain.facts import Millis
from wabawatch.domain.outbox import ChannelState
from wabawatch.domain.watchman import Stalled

Found = list[tuple[str, Reading]]

OF_CHECKS = {
    CheckKind.GRAPH: "API_ENDPOINT_DOWN",
    CheckKind.DISK: "DISK_LOW",
    CheckKind.TLS: "CERTIFICATE_EXPIRING",
    CheckKind.PIPELINE: "WEBHOOK_SILENT",
    CheckKind.HANDSHAKE: "WEBHOOK_SILENT",
    CheckKind.APPLICATION: "WEBHOOK_TIMEOUT",
    CheckKind.RECEIVER: "WEBHOOK_TIMEOUT",
    CheckKind.OTHER: "CHECK_FAILED",
}
"""Which rule an open incident of each kind of check is for. The others are told by rules of their own."""
GRAVE_BACKLOG = 10
"""A backlog so many times as old as the threshold is critical."""


def check_readings(checks: Iterable[CheckStands], at: Millis) -> Found:
    """The checks that fail, and those of which nothing is known."""
    found: Found = []
    for check in checks:
        rule = OF_CHECKS.get(check.kind)
        if rule is not None and check.is_bad is not False:
            scope = AlertScope(ScopeKind.CHECK, check.name)
            words = check.words or f"check {check.name} fails"
            reading = Reading(scope, at, check.is_bad, check.value, since=check.since, cause=check.cause, words=words)
            found.append((rule, replace(reading, incident=check.incident)))
    return found


def token_check_readings(checks: Iterable[CheckStands], at: Millis) -> Found:
    """The token, as the check of it and any other call tell: the same alert as that of polling."""
    return [
        ("TOKEN_INVALID", replace(_refused(check, at), incident=check.incident))
        for check in checks
        if check.is_refused or (check.kind is CheckKind.TOKEN and check.is_bad)
    ]


def backlog_readings(backlog: Backlog, oldest_s: float, at: Millis) -> Found:
    """Whether accepted bodies wait for longer than *oldest_s*."""
    if backlog.oldest_at is None:
        return []
    age_s = (at - backlog.oldest_at) / 1_000
    if age_s <= oldest_s:
        return []
    severity = Severity.CRITICAL if age_s > GRAVE_BACKLOG * oldest_s else None
    words = f"the oldest of {backlog.waiting} accepted webhooks has waited for {age_s:.0f} s to be processed"
    reading = Reading(EVERYTHING, at, True, age_s, backlog.waiting, cause="us", words=words, severity=severity)
    return [("BACKLOG_OLD", reading)]


def loop_readings(loops: Iterable[Stalled], at: Millis) -> Found:
    """Loops of ours that do no work."""
    return [
        (
            "MONITORING_STALLED",
            Reading(AlertScope(ScopeKind.LOOP, each.loop), at, True, since=each.since, cause="us", words=each.words),
        )
        for each in loops
    ]


def channel_readings(channels: Iterable[ChannelState], at: Millis) -> Found:
    """Channels of notices that failed when they were last tried; the rule says from how many failures on it is bad."""
    found: Found = []
    for each in channels:
        if each.failures:
            words = f"channel {each.channel} failed {each.failures} times in a row: {each.trouble}"
            scope = AlertScope(ScopeKind.CHANNEL, each.channel)
            reading = Reading(scope, at, True, float(each.failures), since=each.failing_since, words=words)
            found.append(("CHANNEL_FAILING", reading))
    return found


def _refused(check: CheckStands, at: Millis) -> Reading:
    return Reading(EVERYTHING, at, True, since=check.since, cause="account", words=check.words)
