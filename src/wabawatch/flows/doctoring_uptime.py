"""Doctoring, of uptime: incidents that are open now. Pure judgements."""

from __future__ import annotations

from collections.abc import Sequence

from wabawatch.domain.facts import Millis
from wabawatch.domain.findings import Finding, failed, ok, warning
from wabawatch.domain.uptime import Incident

SHOWN = 3


def uptime(incidents: Sequence[Incident], now: Millis) -> Finding:
    """Whether a check fails, and why. *incidents*: those that are open."""
    check = "uptime"
    if not incidents:
        return ok(check, "no incident is open")
    said = "; ".join(_said(each, now) for each in incidents[:SHOWN])
    more = f" and {len(incidents) - SHOWN} more" if len(incidents) > SHOWN else ""
    fix = "wabawatch uptime shows all; docs/uptime.md says what each reason means"
    judge = failed if any(each.is_essential for each in incidents) else warning
    return judge(check, said + more, fix)


def _said(incident: Incident, now: Millis) -> str:
    minutes = incident.duration_ms(now) // 60_000
    return f"{incident.check} fails for {minutes} min ({incident.cause}, {incident.why}): {incident.words}"
