"""The compliance report: one period of everything, one account or one number, as one frozen value (SPEC.md 5, 9).

Its fields, as they are, are the JSON of a report: times are `datetime` in UTC, shares 0-1, durations seconds. It holds
ids of ours and of the business's own assets, and never a contact's phone number, BSUID or wamid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from wabawatch.domain.compliance import Verdict
from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import MessageCounts
from wabawatch.domain.report_watched import (
    AccountEvent,
    AlertLine,
    AlertTimes,
    ApiLines,
    GapLine,
    LimitLine,
    RestrictionLine,
    UptimeLines,
    WebhookLines,
)

FORMAT = 1
"""Of the JSON: it grows when a member changes its meaning or goes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(at: Millis) -> datetime:
    """A time as reports write it."""
    return _EPOCH + timedelta(milliseconds=at)


def millis(at: datetime) -> Millis:
    """The inverse of `utc`."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of *n* cases, with its 95 % interval; no value without a case."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class RequirementLine:
    """One of the five requirements."""

    key: str
    """delivery_rate | failure_rate | quality_score | template_usage | webhook_response"""
    verdict: Verdict
    value: float | None
    """A share; of webhook_response the 99th percentile in seconds"""
    threshold: float
    n: int
    low: float | None
    high: float | None
    before: float | None
    """In the period of the same length before"""
    n_before: int
    evidence: str
    """The page of the console that shows what it rests on"""


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part of the quality score."""

    key: str
    value: float
    weight: float
    n: int | None


@dataclass(frozen=True, slots=True)
class TrendLine:
    """One hour or day of the period."""

    key: str
    """Its start, as text"""
    at: datetime
    attempted: int
    failed: int
    delivery_rate: Share
    """No case where its messages were too young to be judged"""
    failure_rate: Share
    template_usage: Share
    quality_score: float | None
    webhook_p99_s: float | None


@dataclass(frozen=True, slots=True)
class FailureLine:
    """An error code that messages failed with."""

    key: str
    code: int
    n: int
    fault: str
    """Who can mend it"""
    meaning: str
    next_step: str


@dataclass(frozen=True, slots=True)
class NumberLine:
    """One number that sent anything."""

    key: str
    """phone_number_id"""
    waba: str
    attempted: int
    delivery_rate: Share
    failure_rate: Share
    quality_rating: str
    """At the end of the period, as it was known then; "" unknown"""
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class TemplateEvent:
    """A line of the history of a template, as Meta told it."""

    at: datetime
    told_at: datetime
    aspect: str
    """status | quality | category | ..."""
    before: str
    after: str
    reason: str
    told_by: str
    """webhook | poll"""


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """One template that was sent in the period."""

    key: str
    """WABA/name/language"""
    waba: str
    name: str
    language: str
    category: str
    status: str
    quality: str
    """These three at the end of the period; "" unknown"""
    attempted: int
    delivery_rate: Share
    failure_rate: Share
    violations: int
    unverified: int
    history: tuple[TemplateEvent, ...]
    """The newest first"""


@dataclass(frozen=True, slots=True)
class SendLine:
    """A template send that broke the rule, or that nobody can judge, and what it was judged by."""

    key: str
    """Our id of the message"""
    at: datetime
    number: str
    waba: str
    template: str
    reason: str
    sentence: str
    known_since: datetime | None
    told_by: str
    opted_out_at: datetime | None
    error_code: int | None
    evidence: str


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """How template sends stand to the rule "only approved templates"."""

    sends: int
    violations: int
    unverified: int
    by_reason: Mapping[str, int]
    """Violating sends by reason; the newest of them where there are very many: then they do not add up to all"""
    violating: tuple[SendLine, ...]
    """The newest of them"""
    unproven: tuple[SendLine, ...]
    """The newest of the unverified ones"""
    unlisted: str = ""
    """Why `violating` does not hold each of them: newest_only | not_looked_at | archive_unreadable | not_kept"""
    listed_by: int | None = None
    """The revision that listed them; None: this one. By now their messages are not to be had any more"""


@dataclass(frozen=True, slots=True)
class OptOuts:
    """Whether people who wanted no more marketing messages got none."""

    stopped: int
    """Words of people in the period that they want none"""
    sent_after: int
    """Marketing templates that were sent to somebody after that"""
    refused_by_meta: int
    """Messages that Meta did not deliver because the person had stopped them (131050)"""


class Standing(StrEnum):
    """Whether a duty was met, as far as the data can show."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DutyLine:
    """A duty of Meta's policies, and what the data show of it."""

    key: str
    title: str
    standing: Standing
    evidence: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, and which figure says so."""

    key: str
    urgency: str
    """now | soon | consider"""
    title: str
    because: str
    do: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What the figures were judged by."""

    delivery_rate: float
    failure_rate: float
    quality_score: float
    min_sample: int
    grace_s: float
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Readiness:
    """What Meta asks of a Tech Partner, as far as it can be counted (META.md 9.2)."""

    daily_messages: float
    """Sent or received, on average over the last 7 days of the period"""
    daily_needed: int
    customers: int
    """Accounts with a message in the last 30 days of the period"""
    customers_needed: int
    numbers_not_red: Share
    """Of the numbers whose quality rating is known; how Meta makes 90 % of ratings is not published"""


@dataclass(frozen=True, slots=True)
class ReportChange:
    """What is otherwise than in the revision before."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ComplianceReport:
    """A period, judged, with the evidence."""

    format: int
    id: str
    """The same for every revision of one period and scope"""
    revision: int
    as_of: datetime
    """What was known then is in it"""
    made_with: str
    """Name and release of the program"""
    scope: str
    """all | waba:ID | number:ID"""
    start: datetime
    end: datetime
    verdict: Verdict
    judged_by: Judged
    requirements: tuple[RequirementLine, ...]
    quality_parts: tuple[PartLine, ...]
    coverage: Share
    refusals_seen: bool
    messages: MessageCounts
    unit: str
    """Of the trend: hour | day"""
    trend: tuple[TrendLine, ...]
    failures_by_fault: Mapping[str, int]
    failures: tuple[FailureLine, ...]
    numbers: tuple[NumberLine, ...]
    templates: tuple[TemplateLine, ...]
    template_use: TemplateUse
    opt_outs: OptOuts
    webhooks: WebhookLines
    api: ApiLines
    limits: tuple[LimitLine, ...]
    uptime: UptimeLines
    alert_times: tuple[AlertTimes, ...]
    alerts: tuple[AlertLine, ...]
    account_events: tuple[AccountEvent, ...]
    gaps: tuple[GapLine, ...]
    unknown_s: float
    """So much of the period nobody watched"""
    duties: tuple[DutyLine, ...]
    advice: tuple[Advice, ...]
    changes: tuple[ReportChange, ...] = ()
    """Against the revision before; empty in the first"""
    readiness: Readiness | None = None
    """None: the report is of a part"""
    restrictions: tuple[RestrictionLine, ...] | None = None
    """Times in which Meta restricted an account; None: the report was made before this was looked at"""
