"""What the states of alerts and checks are called on pages, each with the kind of its tag."""

from __future__ import annotations

from collections.abc import Mapping

from wabawatch.domain.alert_news import DeedKind
from wabawatch.domain.alerts import Phase, Reason, Transition

STATES: Mapping[str, tuple[str, str]] = {
    "firing": ("bad", "Firing"),
    "acknowledged": ("warn", "Acknowledged"),
    "pending": ("none", "Pending"),
    "resolved": ("good", "Resolved"),
}
"""Of each `Alert.status`"""
DEEDS: Mapping[DeedKind, str] = {
    DeedKind.ACKNOWLEDGED: "acknowledged it",
    DeedKind.NOTED: "wrote",
    DeedKind.SILENCED: "silenced it",
    DeedKind.UNSILENCED: "ended a silence of it",
}
"""What somebody did about an alert, after their name"""
REASONS: Mapping[Reason, str] = {
    Reason.BREACHED: "Bad for the first time; it fires if it stays so",
    Reason.FIRED: "Fired: bad for as long as its rule demands",
    Reason.FIRED_AGAIN: "Fired again soon after it was resolved",
    Reason.WORSENED: "Got worse: graver, or about more",
    Reason.CLEARED: "Good again before it fired",
    Reason.RECOVERED: "Resolved: good for as long as its rule demands",
    Reason.ACKNOWLEDGED: "Ended: somebody has seen it, and it was about an event",
    Reason.AGED: "Ended: the event was a day ago",
    Reason.WENT_DARK: "Ended: nothing has been known for too long",
    Reason.REPLACED: "Ended: another alert of the rule tells of it now, about a part of it or the whole",
    Reason.RULE_GONE: "Ended: its rule was switched off, or what it was about is gone",
}
"""Why an alert changed, for a person"""
CAUSES: Mapping[str, str] = {"us": "us", "meta": "Meta", "Meta": "Meta", "network": "the network"}
"""Whose fault an incident is"""


def kind_of(change: Transition) -> str:
    """The colour of a change in a timeline."""
    if change.became is Phase.FIRING:
        return "bad"
    return "good" if change.became in (Phase.OK, Phase.RESOLVED) else ""
