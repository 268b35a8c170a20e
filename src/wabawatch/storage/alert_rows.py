"""Alerts as rows: readings and what is remembered of a state as JSON, scopes as columns."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from wabawatch.domain.alert_records import Alert
from wabawatch.domain.alerts import (
    AlertScope,
    AlertState,
    Contributor,
    Phase,
    Reading,
    Reason,
    ScopeKind,
    Severity,
    Transition,
)

_IN_COLUMNS = ("phase", "alert", "version")
"""What of a state has columns of its own"""


def scope_columns(scope: AlertScope) -> dict[str, str]:
    """The columns of a scope."""
    return {"scope": str(scope.kind), "scope_id": scope.id, "waba_id": scope.waba}


def scope_of(row: Any) -> AlertScope:
    """The scope in the columns of *row*."""
    return AlertScope(ScopeKind(row.scope), row.scope_id, row.waba_id)


def memory_of(state: AlertState) -> str:
    """What has no column of its own."""
    kept = {name: value for name, value in asdict(state).items() if name not in _IN_COLUMNS and value not in _EMPTY}
    return _dump(kept)


_EMPTY: tuple[Any, ...] = (None, "", 0, ())


def state_of(row: Any) -> AlertState:
    """A state out of a row of `alert_states`."""
    kept: dict[str, Any] = json.loads(row.memory)
    kept["fired_at"] = tuple(kept.get("fired_at", ()))
    severity = kept.get("severity")
    kept["severity"] = Severity(severity) if severity else None
    return AlertState(phase=Phase(row.phase), alert=row.alert, version=row.version, **kept)


def reading_json(reading: Reading) -> str:
    """A reading without its scope, which stands beside it."""
    told = {name: value for name, value in asdict(reading).items() if value not in (None, "", ()) and name != "scope"}
    return _dump(told)


def reading_of(text: str, scope: AlertScope) -> Reading:
    """A reading out of its JSON."""
    told: dict[str, Any] = json.loads(text)
    interval, severity = told.get("interval"), told.get("severity")
    told["is_bad"] = told.get("is_bad")
    told["interval"] = (interval[0], interval[1]) if interval else None
    told["severity"] = Severity(severity) if severity else None
    told["contributors"] = tuple(Contributor(*each) for each in told.get("contributors", ()))
    return Reading(scope=scope, **told)


def alert_of(row: Any) -> Alert:
    """An alert out of a row of `alerts`."""
    scope = scope_of(row)
    return Alert(
        row.alert,
        row.rule,
        row.title,
        scope,
        Severity(row.severity),
        Phase(row.phase),
        row.opened_at,
        row.fired_at,
        row.ended_at,
        row.ended,
        bool(row.is_flapping),
        reading_of(row.first, scope),
        reading_of(row.newest, scope),
        row.ack_at,
        row.ack_by,
        row.ack_note,
    )


def transition_columns(transition: Transition) -> dict[str, Any]:
    """The columns of a transition."""
    return {
        "alert": transition.alert,
        "rule": transition.rule,
        **scope_columns(transition.scope),
        "severity": str(transition.severity),
        "at": transition.at,
        "was": str(transition.was),
        "became": str(transition.became),
        "reason": str(transition.reason),
        "is_flapping": int(transition.is_flapping),
        "reading": reading_json(transition.reading),
    }


def transition_of(row: Any) -> Transition:
    """A transition out of a row of `alert_transitions`."""
    scope = scope_of(row)
    return Transition(
        row.alert,
        row.rule,
        scope,
        Severity(row.severity),
        row.at,
        Phase(row.was),
        Phase(row.became),
        Reason(row.reason),
        reading_of(row.reading, scope),
        bool(row.is_flapping),
    )


def _dump(told: dict[str, Any]) -> str:
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)
