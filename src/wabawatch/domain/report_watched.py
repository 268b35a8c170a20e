"""What a compliance report tells of the time between the messages: webhooks, calls, limits, uptime, alerts, gaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of durations in seconds; None without a case."""

    n: int
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None
    max_s: float | None


@dataclass(frozen=True, slots=True)
class WebhookLines:
    """What came by webhook, and how it was answered."""

    subject: str
    """Whose answers are judged: application | receiver"""
    answers: Latency
    unanswered: int
    above_250ms: float | None
    above_1s: float | None
    above_20s: float | None
    received: int
    processed: int
    waiting: int
    parked: int
    duplicates: int
    unparsed_items: int
    unknown: int


@dataclass(frozen=True, slots=True)
class ApiLines:
    """Calls to Meta's Graph API that went through the gateway."""

    calls: int
    sends: int
    errors: int
    unanswered: int
    sending: Latency


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit of Meta's that was hit."""

    key: str
    """CODE/number"""
    code: int
    number: str
    waba: str
    n: int
    meaning: str


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check of uptime."""

    key: str
    kind: str
    is_essential: bool
    uptime: float | None
    down_s: float
    incidents: int
    looks: int
    failed: int
    answers: Latency


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """A stretch of time in which a check failed."""

    key: str
    check: str
    kind: str
    is_essential: bool
    cause: str
    why: str
    started_at: datetime
    ended_at: datetime | None
    duration_s: float | None
    """None: it goes on"""


@dataclass(frozen=True, slots=True)
class UptimeLines:
    """Where the time of the period went; up + down + maintenance + unknown = period."""

    uptime: float | None
    """The share of known time without an incident, maintenance left out; None: nothing is known"""
    sla: float
    meets_sla: bool | None
    up_s: float
    down_s: float
    maintenance_s: float
    unknown_s: float
    incidents: int
    mttr_s: float | None
    mtbf_s: float | None
    checks: tuple[CheckLine, ...]
    log: tuple[IncidentLine, ...]


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert that fired in the period, or was not over when it began."""

    key: str
    rule: str
    title: str
    severity: str
    scope: str
    fired_at: datetime
    acknowledged_by: str
    acknowledged_after_s: float | None
    resolved_after_s: float | None
    ended: str
    """How it ended; "" it goes on"""
    value: float | None
    n: int


@dataclass(frozen=True, slots=True)
class AlertTimes:
    """The alerts of one severity."""

    key: str
    """critical | warning | info"""
    fired: int
    acknowledged: int
    resolved: int
    median_to_acknowledge_s: float | None
    median_to_resolve_s: float | None
    longest_s: float | None


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """What Meta told of an account or a number: restrictions, violations, reviews, ratings, limits."""

    at: datetime
    kind: str
    """account | number | payment"""
    event: str
    waba: str
    number: str
    before: str
    after: str
    reason: str = ""
    """As Meta names it, such as the policy that was violated"""


@dataclass(frozen=True, slots=True)
class RestrictionLine:
    """A time in which Meta restricted an account in one way."""

    key: str
    waba: str
    kind: str
    """As Meta names it; DISABLE: the account was disabled"""
    start: datetime
    end: datetime | None
    """None: it is not known to have ended"""
    ended: str
    """term (Meta told when it ends) | lifted | replaced (by another); "" it is not known to have ended"""
    barred: str
    """Which sends it bars: every | templates; "" none that can be told from the rest"""
    sends: int | None
    """So many of these were asked for meanwhile, in whole hours of it in the period; None: not known"""
    acknowledged_after_s: float | None
    """From Meta's word until somebody acknowledged the alert on it; None: not known"""


@dataclass(frozen=True, slots=True)
class GapLine:
    """A time of which nobody can say how things stood."""

    key: str
    start: datetime
    end: datetime | None
    """None: it lasts"""
    why: str
    by: str
    unknown_s: float
    """So much of it lies in the period"""
