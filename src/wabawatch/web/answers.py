"""What the operations on figures and monitoring answer, as types: the OpenAPI document is made of them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from wabawatch.domain.compliance import Verdict
from wabawatch.domain.polls import Pace
from wabawatch.domain.runs import Why

Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Time: TypeAlias = Annotated[str, Meta(description="ISO 8601 in UTC", extra_json_schema={"format": "date-time"})]
Interval: TypeAlias = Annotated[tuple[float | None, float | None], Meta(description="95 % interval: low, high")]


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """An answer has the fields that are documented, and no others."""


class Id(Strict):
    """The id under which something is known from now on."""

    id: str


class Wanted(Strict):
    """Whether monitoring is wanted."""

    wanted: bool


class Gap(Strict, rename={"start": "from", "end": "to"}):
    """A time in which monitoring did not run: what passed then is unknown."""

    start: Time
    end: Annotated[Time | None, Meta(description="null: it lasts")]
    why: Why
    by: Annotated[str, Meta(description="Who stopped it")]


class Monitoring(Strict):
    """How monitoring is doing."""

    running: bool
    last_cycle_at: Time | None
    interval_ms: int
    gaps: Annotated[list[Gap], Meta(description="Of the window, at most the newest 20")]


class Polling(Strict):
    """How Meta is asked for what webhooks do not tell."""

    pace: Pace
    detail: str
    last_at: Time | None
    resumes_at: Time | None
    failing: list[str]


class Judged(Strict):
    """A figure, the line it is held against, and the verdict."""

    value: float | None
    threshold: float
    n: Annotated[int, Meta(description="How many cases it rests on")]
    interval: Interval | None
    verdict: Verdict


class FailureRate(Judged):
    """The failure rate. `refusals_seen` is false where too few sends are recorded to know of refusals."""

    refusals_seen: bool
    by_fault: dict[str, int]


class Part(Strict):
    """A part of the quality score."""

    value: float | None
    weight: float
    n: int | None
    """None for one that is no rate: the rating of numbers"""


class QualityScore(Judged):
    """The quality score and its parts."""

    parts: dict[str, Part]


class TemplateUsage(Judged):
    """The use of approved templates only."""

    violations: int
    unverified: int


class WebhookResponse(Judged):
    """How webhooks are answered: seconds, and the shares above Meta's lines."""

    subject: str
    p50: float | None
    p95: float | None
    p99: float | None
    above_250ms: float | None
    above_1s: float | None
    above_20s: float | None


class Requirements(Strict):
    """The five requirements."""

    delivery_rate: Judged
    failure_rate: FailureRate
    quality_score: QualityScore
    template_usage: TemplateUsage
    webhook_response: WebhookResponse


class Messages(Strict):
    """Messages of the window. The six statuses add up to `attempted`."""

    attempted: int
    accepted: int
    sent: int
    delivered: int
    read: int
    failed: int
    expired: int
    pending: int
    rejected: int
    unlinked: int
    orphan: int
    inbound: int


class Webhooks(Strict):
    """Webhook bodies of the window: received = processed + backlog + parked."""

    received: int
    processed: int
    backlog: int
    parked: int
    duplicates: int
    unparsed_items: int
    unknown: int


class SendSeconds(Strict):
    """How long the Graph API took to answer sends, in seconds; null without one."""

    p50: float | None
    p95: float | None
    p99: float | None


class Calls(Strict):
    """Calls through the gateway in the window."""

    calls: int
    sends: int
    """Those that asked for a message"""
    errors: int
    """Answered with HTTP 400 or above"""
    unanswered: int
    rate_limit_hits: dict[str, int]
    """How many answers carried each code of a rate limit"""
    send_seconds: SendSeconds


class Alerts(Strict):
    """Alerts that are firing."""

    critical: int
    warning: int
    info: int


class Uptime(Strict):
    """The share of known time in which no essential check failed, maintenance left out."""

    value: Annotated[float | None, Meta(description="null: nothing is known")]
    n: int
    """Looks at essential checks"""
    incidents: int
    """Stretches of downtime in the window"""
    open_incidents: int
    """... of any check that go on now"""
    checks: Annotated[dict[str, str], Meta(description="How each check stands: ok, failed or unknown")]


class RateLimits(Strict):
    """Limits of Meta's that were hit, counted in whole hours."""

    hits: int
    by_code: Annotated[dict[str, int], Meta(description="By error code")]


class Status(Strict):
    """The state of the system in a window."""

    overall_status: Verdict
    as_of: Time
    monitoring: Monitoring
    requirements: Requirements
    coverage: float | None
    messages: Messages
    webhooks: Webhooks
    api: Calls
    alerts: Alerts
    uptime: Uptime
    polling: Polling | None
    rate_limits: RateLimits


class MetricPoint(Strict):
    """A figure of one closed bucket."""

    at: Time
    scope: str
    metric: str
    value: float | None
    n: int
    interval: Interval | None
