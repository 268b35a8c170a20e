"""Notices: what a person is told about alerts, as a value. How it looks in a channel is up to `notifiers`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wabawatch.domain.alerts import AlertScope, Comparison, Contributor, Severity
from wabawatch.domain.facts import Millis


class NoticeKind(StrEnum):
    """Why somebody is written to."""

    FIRING = "firing"
    RESOLVED = "resolved"
    REMINDER = "reminder"
    """It is still firing, and nobody has acknowledged it"""
    ESCALATION = "escalation"
    """The same, to those who are told when the first do not react"""
    TEST = "test"
    """Somebody tries a channel"""


@dataclass(frozen=True, slots=True)
class Told:
    """What a notice tells of one alert."""

    alert: str
    """Key of the alert; with the channel it makes the thread"""
    type: str
    """The rule's name, such as DELIVERY_RATE_LOW"""
    title: str
    severity: Severity
    scope: AlertScope
    about: str
    """The scope in words, such as `number 106540352242922 of WABA 102290129340398`"""
    words: str
    """What changed, in one sentence"""
    since: Millis
    value: float | None = None
    n: int = 0
    interval: tuple[float, float] | None = None
    threshold: float | None = None
    comparison: Comparison = Comparison.BELOW
    unit: str = ""
    """As in `alerts.Rule`"""
    cause: str = ""
    contributors: tuple[Contributor, ...] = ()
    explains: int = 0
    """How many other alerts are not told because this one explains them"""
    ended_at: Millis | None = None
    ended: str = ""
    """How it ended: recovered | acknowledged | aged | went_dark | replaced | rule_gone"""
    first_steps: tuple[str, ...] = ()
    """From the runbook: what to check first, a sentence each"""
    runbook: str = ""
    """Name of the runbook page"""
    runbook_url: str = ""
    link: str = ""
    """Its page in the console"""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one channel. Repeats of it carry the same key."""

    key: str
    kind: NoticeKind
    channel: str
    at: Millis
    told: tuple[Told, ...]
    """The gravest first; at most `MOST_TOLD`"""
    total: int
    """How many alerts it is about; more than are told in full when there are many"""
    by_type: tuple[tuple[str, int], ...] = ()
    """How many of each type, the most first"""
    thread: str = ""
    """What belongs together in the channel: notices of one alert or group share it"""
    link: str = ""


MOST_TOLD = 20


class Outcome(StrEnum):
    """How an attempt to deliver a notice ended."""

    SENT = "sent"
    RETRY = "retry"
    """It failed, and another attempt may succeed: no answer, 5xx, 429"""
    REFUSED = "refused"
    """It failed, and no further attempt would succeed: wrong address, wrong credentials, 4xx"""


@dataclass(frozen=True, slots=True)
class Delivered:
    """How an attempt went."""

    outcome: Outcome
    detail: str = ""
    """For a person; never a secret, never the URL of a channel"""
    thread: str = ""
    """What the service calls the thread that this began (Slack's `ts`, the e-mail's Message-ID); "" none"""
    retry_after_s: float | None = None
    """As the service asked"""
