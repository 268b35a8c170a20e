"""Which alerts have to do with one message: about its number, client, template or error, and open then. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch.domain.alert_records import Alert
from wabawatch.domain.alerts import ScopeKind
from wabawatch.domain.facts import Millis


@dataclass(frozen=True, slots=True)
class About:
    """One message, as far as alerts may be about it, and when it happened."""

    start: Millis
    end: Millis
    number: str = ""
    waba: str = ""
    template: str = ""
    """`name/language`"""
    codes: frozenset[int] = frozenset()


OVERALL = frozenset({ScopeKind.ALL, ScopeKind.APP, ScopeKind.CHECK})
"""What an alert may be about that every message has to do with"""


def related(alert: Alert, about: About) -> str:
    """What *alert* and a message share, in words; "" nothing, or not at the same time. One that never fired is none."""
    if alert.fired_at is None or alert.fired_at > about.end:
        return ""
    if alert.ended_at is not None and alert.ended_at < about.start:
        return ""
    kind, id_ = alert.scope.kind, alert.scope.id
    if kind is ScopeKind.NUMBER and id_ == about.number:
        return "its number"
    if kind is ScopeKind.WABA and id_ == about.waba:
        return "its client"
    if kind is ScopeKind.TEMPLATE and about.template and id_.endswith(f"/{about.template}"):
        return "its template" if alert.scope.waba in ("", about.waba) else ""
    if kind is ScopeKind.ERROR and id_ in {str(code) for code in about.codes}:
        return "its error"
    return "everything" if kind in OVERALL else ""
