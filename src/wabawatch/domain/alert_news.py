"""What is new about alerts, as open windows are told it: what began, got worse or ended, and what people did. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.alert_records import Alert
from wabawatch.domain.alerts import Phase, Reason, Severity, Transition
from wabawatch.domain.facts import Millis

MOST = 3
"""More of one kind at once are told together"""
_GRAVEST = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
_QUIET_ENDS = (Reason.REPLACED, Reason.ACKNOWLEDGED)
"""Ends that are told by something else: by the alert that took its place, by the deed of who acknowledged it"""


class DeedKind(StrEnum):
    """What somebody did about an alert."""

    ACKNOWLEDGED = "acknowledged"
    NOTED = "noted"
    """Wrote something about it, for whoever reads it later"""
    SILENCED = "silenced"
    UNSILENCED = "unsilenced"


@dataclass(frozen=True, slots=True)
class AlertDeed:
    """Something that somebody did about alerts."""

    id: int
    """They grow"""
    at: Millis
    by: str
    """An actor, as in the audit trail"""
    kind: DeedKind
    alert: str = ""
    """Key of the alert; "": about a silence of something else"""
    silence: int | None = None
    words: str = ""
    """What they wrote"""


class Told(NamedTuple):
    """How far somebody, or a window, has been told."""

    transition: int = 0
    deed: int = 0

    def __str__(self) -> str:
        return f"{self.transition}.{self.deed}"


class ItemKind(StrEnum):
    """What an item of news is about."""

    FIRED = "fired"
    WORSENED = "worsened"
    ENDED = "ended"
    DONE = "done"
    """Somebody did something"""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is new."""

    kind: ItemKind
    severity: Severity
    title: str
    words: str
    at: Millis
    """Since when it is so"""
    alert: str = ""
    """Key; "": it is about several"""
    transitions: tuple[int, ...] = ()
    """Numbers of the transitions that it tells of: with them it can be told again"""
    n: int = 1
    """About so many alerts or deeds"""
    by: str = ""
    """Who did it: an actor"""
    deed: DeedKind | None = None

    @property
    def is_urgent(self) -> bool:
        """Whether it stays until somebody has seen it."""
        return self.severity is Severity.CRITICAL and self.kind in (ItemKind.FIRED, ItemKind.WORSENED)


def fresh(transitions: Sequence[tuple[int, Transition]]) -> dict[str, tuple[int, Transition]]:
    """Of each alert the newest of *transitions* that says something: what began, got worse or ended."""
    found: dict[str, tuple[int, Transition]] = {}
    for number, each in transitions:
        if each.became is Phase.FIRING or each.was is Phase.FIRING:
            found[each.alert] = number, each
    return found


def items(
    transitions: Sequence[tuple[int, Transition]],
    deeds: Sequence[AlertDeed],
    alerts: Mapping[str, Alert],
    silenced: Collection[str],
    kept: Collection[int] = (),
) -> list[Item]:
    """What to show: the gravest first, many of one kind as one.

    *transitions* and *deeds* are what is new, the oldest first, and with them the *kept* transitions, which are shown
    already and not yet seen; *alerts* are those that they are about, as they stand now; of the *silenced* ones nobody
    is told.
    """
    begun: list[Item] = []
    ended: list[Item] = []
    for number, each in fresh(transitions).values():
        alert = alerts.get(each.alert)
        if alert is None or each.alert in silenced:
            continue
        if each.became is Phase.FIRING:
            if alert.phase is Phase.FIRING and alert.is_open and alert.ack_at is None:
                begun.append(_begun(alert, number, each))
        elif number not in kept and each.reason not in _QUIET_ENDS:
            since = alert.fired_at or alert.opened_at
            ended.append(Item(ItemKind.ENDED, each.severity, alert.title, str(alert.scope), since, alert.key))
    return [*_few(begun, ItemKind.FIRED), *_few(ended, ItemKind.ENDED), *_deeds(deeds, alerts)]


def _begun(alert: Alert, number: int, each: Transition) -> Item:
    kind = ItemKind.WORSENED if each.was is Phase.FIRING else ItemKind.FIRED
    since = each.reading.since or alert.fired_at or alert.opened_at
    return Item(kind, each.severity, alert.title, each.reading.words, since, alert.key, (number,))


def _few(found: list[Item], kind: ItemKind) -> list[Item]:
    """*found*, the gravest and newest first; together, where they are many."""
    found.sort(key=lambda item: (_GRAVEST.index(item.severity), -item.at))
    if len(found) <= MOST:
        return found
    counts = Counter(item.severity for item in found)
    made_up = ", ".join(f"{counts[severity]} {severity}" for severity in _GRAVEST if counts[severity])
    verb = "are over" if kind is ItemKind.ENDED else "began to fire"
    numbers = tuple(number for item in found for number in item.transitions)
    since = min(item.at for item in found)
    return [Item(kind, found[0].severity, f"{len(found)} alerts {verb}", made_up, since, "", numbers, len(found))]


def _deeds(deeds: Sequence[AlertDeed], alerts: Mapping[str, Alert]) -> list[Item]:
    done = []
    for each in deeds:
        alert = alerts.get(each.alert)
        title = alert.title if alert else ""
        done.append(
            Item(ItemKind.DONE, Severity.INFO, title, each.words, each.at, each.alert, by=each.by, deed=each.kind)
        )
    if len(done) <= MOST:
        return done
    return [Item(ItemKind.DONE, Severity.INFO, "", "", done[-1].at, n=len(done))]
