"""Alerts as they are kept: one record from the first bad look to the end, and what one look writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wabawatch.domain.alerts import AlertScope, AlertState, Phase, Reading, Rule, Severity, Transition
from wabawatch.domain.facts import Millis


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of one rule and scope."""

    key: str
    rule: str
    title: str
    scope: AlertScope
    severity: Severity
    phase: Phase
    """pending or firing while it is open; what it became when it ended"""
    opened_at: Millis
    fired_at: Millis | None
    """None: it never lasted for as long as its rule demands"""
    ended_at: Millis | None
    ended: str
    """The `Reason` of its end; "" while it is open"""
    is_flapping: bool
    first: Reading
    newest: Reading
    ack_at: Millis | None = None
    ack_by: str = ""
    ack_note: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is pending or firing."""
        return self.ended_at is None

    @property
    def status(self) -> str:
        """How it stands, in one word: pending, firing, acknowledged or resolved, as in `alert_history`."""
        if not self.is_open:
            return "resolved"
        if self.fired_at is None:
            return "pending"
        return "firing" if self.ack_at is None else "acknowledged"

    @property
    def incidents(self) -> tuple[int, ...]:
        """Ids of the incidents that it is about, where it is about any: the newest last."""
        return tuple(dict.fromkeys(seen.incident for seen in (self.first, self.newest) if seen.incident is not None))

    @property
    def number(self) -> str:
        """The number it is about, "" if about none or several."""
        return self.scope.id if self.scope.kind == "number" else ""


@dataclass(frozen=True, slots=True)
class Change:
    """What one look changes: written whole, or not at all when somebody else was faster."""

    rule: str
    title: str
    scope: AlertScope
    before: AlertState
    after: AlertState
    reading: Reading
    transition: Transition | None


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts are wanted."""

    is_open: bool | None = None
    rule: str = ""
    severity: Severity | None = None
    waba: str = ""
    number: str = ""
    since: Millis | None = None
    """Fired at this time or later, or not over yet: what fires is listed however long it has"""
    before: tuple[Millis, str] | None = None
    """For the next page: fired before this, by time and key"""
    with_pending: bool = False
    """Also those that never fired"""


def change_of(
    rule: Rule, scope: AlertScope, before: AlertState, stepped: tuple[AlertState, Transition | None], reading: Reading
) -> Change | None:
    """What to write after a step; None: nothing."""
    after, transition = stepped
    return Change(rule.name, rule.title, scope, before, after, reading, transition) if after != before else None


def worst(alerts: Iterable[Alert]) -> list[Alert]:
    """*alerts* with the gravest first, of those the newest."""
    order = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return sorted(alerts, key=lambda a: (order[a.severity], -(a.fired_at or a.opened_at), a.key))
