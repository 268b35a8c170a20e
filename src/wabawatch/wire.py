"""Our own public JSON: what the HTTP API takes, what the inbox keeps of it, and what the status gives."""

from __future__ import annotations

import base64
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec

from wabawatch.domain.calls import calls_shown
from wabawatch.domain.compliance import SLOW_MEDIAN_MS, SLOW_MS, UNANSWERED_MS, WebhookTimes
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import LoadSeen, Millis, SendOutcome, Source, Status
from wabawatch.domain.histograms import percentile
from wabawatch.domain.metrics import Score
from wabawatch.domain.polls import Progress
from wabawatch.domain.report import Assessment, MetricPoint, Requirement, SystemStatus
from wabawatch.wire_errors import ErrorIn, Errors, Word
from wabawatch.wording import not_json, plain

S = TypeVar("S")


class Direction(StrEnum):
    """Which way a logged message went."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class MessageIn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A message to log: `POST /api/v1/messages`."""

    phone_number: Word | None = None
    """The contact's number, in any usual spelling"""
    bsuid: Word | None = None
    group: Word | None = None
    template_name: Word | None = None
    template_language: Word | None = None
    user_id: Word | None = None
    lead_id: Word | None = None
    conversation_id: Word | None = None
    message_id: Word | None = None
    """The wamid, if it is known already"""
    local_id: Word | None = None
    """A UUID made by the client, so that a repeated call logs nothing twice; made here when missing"""
    phone_number_id: Word | None = None
    type: Word | None = None
    category: Word | None = None
    direction: Direction = Direction.OUTBOUND
    at: int | str | None = None
    """When it was asked for: ISO 8601 with offset, or milliseconds since 1970; now when missing"""
    outcome: SendOutcome | None = None
    error: Errors | None = None
    biz_opaque_callback_data: Word | None = None
    """What the sender attached for its own use"""


class StatusIn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What became of a message: `POST /api/v1/messages/{id}/status`."""

    status: Status
    wamid: Word | None = None
    """Links a message that was logged without it"""
    at: int | str | None = None
    error: Errors | None = None
    phone_number_id: Word | None = None


class AgentIn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What an agent, a person or a program, did in a conversation: `POST /api/v1/agent-interactions`."""

    agent_id: Annotated[Word, msgspec.Meta(min_length=1)]
    """Whoever it was, as you name them"""
    action: Annotated[Word, msgspec.Meta(min_length=1)]
    """What they did, in a word of yours, such as `assigned`, `replied`, `handed_over`, `closed`"""
    phone_number: Word | None = None
    """The contact's number, in any usual spelling"""
    bsuid: Word | None = None
    phone_number_id: Word | None = None
    conversation_id: Word | None = None
    user_id: Word | None = None
    lead_id: Word | None = None
    message_id: Word | None = None
    """The wamid of the message that it was about"""
    outcome: Word | None = None
    """How it ended, in a word of yours"""
    duration_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    local_id: Word | None = None
    """A UUID made by the client, so that a repeated call logs nothing twice; made here when missing"""
    at: int | str | None = None
    """When they did it: ISO 8601 with offset, or milliseconds since 1970; now when missing"""


class MessageRecord(msgspec.Struct, tag="message", omit_defaults=True):
    """A logged message as the inbox keeps it."""

    message: MessageIn
    local_id: str
    at: Millis
    source: int = Source.API


class StatusRecord(msgspec.Struct, tag="status", omit_defaults=True):
    """A told status as the inbox keeps it."""

    id: str
    told: StatusIn
    at: Millis
    source: int = Source.API


class AgentRecord(msgspec.Struct, tag="agent", omit_defaults=True):
    """What an agent did, as the inbox keeps it."""

    acted: AgentIn
    local_id: str
    at: Millis
    source: int = Source.API


class CallRecord(msgspec.Struct, tag="call", omit_defaults=True):
    """A call through the gateway as the inbox keeps it."""

    at: Millis
    """When it was passed on"""
    method: str
    node: str = ""
    edge: str = ""
    version: str = ""
    http_status: int = 0
    latency_ms: float = 0.0
    error: ErrorIn | None = None
    usage: str = ""
    loads: list[LoadSeen] = []
    is_ours: bool = False
    """It was made with the token, or for the app, that we ask Meta with"""
    is_token_known: bool = True
    message: MessageIn | None = None
    """What it asked to be sent"""
    local_id: str = ""
    """Of that message"""


class AnswerRecord(msgspec.Struct, tag="answer", omit_defaults=True):
    """How the application answered a webhook, as the inbox keeps it."""

    body: str
    """The fingerprint of the webhook's body, in hex"""
    at: Millis
    """When the application got it"""
    status: int
    """HTTP status; 0: none"""
    ms: int


Record = MessageRecord | StatusRecord | AgentRecord | CallRecord | AnswerRecord

_decode_record = msgspec.json.Decoder(Record)


def read(kind: type[S], content: bytes) -> S:
    """Read *content* as JSON of *kind*. Raises BadRequest that names the field and what is wrong with it."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise BadRequest(plain(kind, str(error))) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadRequest(not_json(error)) from error


def checked(value: S) -> S:
    """*value*, made in this process, with every field as it must be over HTTP. Raises BadRequest as `read` does."""
    try:
        return msgspec.convert(msgspec.to_builtins(value), type(value))
    except msgspec.ValidationError as error:
        raise BadRequest(plain(type(value), str(error))) from error
    except (msgspec.MsgspecError, TypeError) as error:
        raise BadRequest(str(error)) from error


def read_record(content: bytes) -> Record:
    """Read a record back from the inbox."""
    record: Record = _decode_record.decode(content)
    return record


def write(value: Any) -> bytes:
    """*value* as JSON."""
    return msgspec.json.encode(value)


def moment(value: int | str | None, now: Millis) -> Millis:
    """A time as a client writes it; *now* when it is missing. Raises BadRequest."""
    if value is None:
        return now
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError as error:
            raise BadRequest(f"at: {value!r} is no ISO 8601 time such as 2026-11-22T10:00:00+00:00") from error
        if at.tzinfo is None:
            raise BadRequest(f"at: {value!r} has no offset; add one, such as Z or +01:00")
        value = round(at.timestamp() * 1000)
    if not 0 <= value < 2**53:
        raise BadRequest(f"at: {value} is out of range; give milliseconds since 1970")
    return value


def instant(name: str, text: str | None, now: Millis) -> Millis | None:
    """The time that *text* says: ISO 8601 with offset, milliseconds since 1970, or so long ago (`90m`, `24h`, `7d`).

    Raises BadRequest that names the parameter.
    """
    if text is None:
        return None
    if found := re.fullmatch(r"([0-9]{1,6})([smhd])", text, re.ASCII):
        return now - int(found[1]) * {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}[found[2]]
    if re.fullmatch(r"[0-9]{10,16}", text, re.ASCII):
        return int(text)
    try:
        at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        if at.tzinfo is not None:
            return round(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        pass
    raise BadRequest(f"{name}: {text[:40]!r} is no time such as 2026-11-22T10:00:00Z (with offset), 24h or 7d")


def phone_digits(value: str) -> str:
    """A phone number as digits. Raises BadRequest when it is none."""
    digits = "".join(c for c in value if c not in "+ -().\t\u00a0")
    if not (digits.isascii() and digits.isdigit() and 3 <= len(digits) <= 20):
        raise BadRequest("phone_number: not a phone number; give it with country code, such as +15551234567")
    return digits


def uuid7(now: Millis | None = None) -> str:
    """A new UUID of version 7 (RFC 9562): ordered by time, unique without a server."""
    at = time.time_ns() // 1_000_000 if now is None else now
    number = (at & (2**48 - 1)) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(UUID(int=number))


def is_local_id(value: str) -> bool:
    """Whether *value* is one of our ids (a UUID) and not a wamid."""
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def iso(at: Millis | None) -> str | None:
    """A time as ISO 8601 in UTC."""
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def status_json(status: SystemStatus) -> dict[str, Any]:
    """*status*, with the names that SPEC.md section 13 promises. Shares are 0-1, times ISO 8601 in UTC."""
    bodies = status.bodies
    return {
        "overall_status": status.assessment.verdict.value,
        "as_of": iso(status.as_of),
        "monitoring": {
            "running": status.is_running,
            "last_cycle_at": iso(status.last_cycle_at),
            "interval_ms": status.interval_ms,
            "gaps": [
                {"from": iso(gap.start), "to": iso(gap.end), "why": gap.why.value, "by": gap.actor}
                for gap in status.gaps[-20:]  # the newest; a report tells them all
            ],
        },
        **assessment_json(status.assessment),
        "webhooks": {
            "received": bodies.received,
            "processed": bodies.processed,
            "backlog": bodies.backlog,
            "parked": bodies.parked,
            "duplicates": bodies.duplicates,
            "unparsed_items": bodies.unparsed_items,
            "unknown": bodies.unknown,
        },
        "api": calls_shown(status.calls),
        "alerts": asdict(status.alerts),
        "uptime": asdict(status.uptime),
        "rate_limits": {
            "hits": sum(status.limit_hits.values()),
            "by_code": {str(code): n for code, n in status.limit_hits.items()},
        },
        "polling": _polling(status.polling) if status.polling else None,
    }


def _polling(found: Progress) -> dict[str, Any]:
    return {
        "pace": found.pace.value,
        "detail": found.detail,
        "last_at": iso(found.last_at),
        "resumes_at": iso(found.resumes_at),
        "failing": [f"{poll.ask} {poll.subject}".strip() + f": {poll.error}" for poll in found.failing],
    }


def assessment_json(assessment: Assessment) -> dict[str, Any]:
    """The verdicts on a window and what they rest on."""
    return {
        "requirements": {
            "delivery_rate": _requirement(assessment.delivery_rate),
            "failure_rate": _requirement(assessment.failure_rate)
            | {"refusals_seen": assessment.refusals_seen, "by_fault": dict(assessment.failures_by_fault)},
            "quality_score": _requirement(assessment.quality_score) | {"parts": _parts(assessment.quality)},
            "template_usage": _requirement(assessment.template_usage)
            | {"violations": assessment.template_violations, "unverified": assessment.template_unverified},
            "webhook_response": _requirement(assessment.webhook_response) | _times(assessment.webhook_times),
        },
        "coverage": _rounded(assessment.coverage.value),
        "messages": asdict(assessment.messages),
    }


def _requirement(requirement: Requirement) -> dict[str, Any]:
    between = requirement.interval
    return {
        "value": _rounded(requirement.value),
        "threshold": requirement.threshold,
        "n": requirement.n,
        "interval": [_rounded(between[0]), _rounded(between[1])] if between else None,
        "verdict": requirement.verdict.value,
    }


def _parts(score: Score) -> dict[str, Any]:
    return {
        name: {"value": _rounded(part.value), "weight": part.weight, "n": part.n} for name, part in score.parts.items()
    }


def _times(times: WebhookTimes) -> dict[str, Any]:
    """Answer times in seconds, and the share of bodies above Meta's lines."""
    seconds = {name: percentile(times.answers, share) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}
    return {
        "subject": times.subject.value,
        **{name: _rounded(value / 1000 if value is not None else None) for name, value in seconds.items()},
        "above_250ms": _rounded(times.share_above(SLOW_MEDIAN_MS)),
        "above_1s": _rounded(times.share_above(SLOW_MS)),
        "above_20s": _rounded(times.share_above(UNANSWERED_MS)),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def metrics_json(points: Sequence[MetricPoint]) -> list[dict[str, Any]]:
    """Figures over time, as `get_recent_metrics` gives them."""
    return [
        {
            "at": iso(point.at),
            "scope": point.scope,
            "metric": point.metric,
            "value": _rounded(point.value),
            "n": point.n,
            "interval": [_rounded(point.interval[0]), _rounded(point.interval[1])] if point.interval else None,
        }
        for point in points
    ]


def token_of(value: tuple[Any, ...]) -> str:
    """*value* as a word for a URL, that nobody but us reads."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(value)).decode().rstrip("=")


def value_of(token: str, kind: type[S]) -> S:
    """The value of *kind* that `token_of` made *token* of. Raises ValueError or MsgspecError when it is none."""
    return msgspec.msgpack.decode(base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True), type=kind)
