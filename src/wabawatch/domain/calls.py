"""Calls to the Graph API: which of them are messages, and how they are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from wabawatch.domain.error_codes import RATE_LIMIT_CODES
from wabawatch.domain.facts import CallAnswered, CallKind, ErrorReported, SendOutcome, SendRecorded
from wabawatch.domain.graph_versions import name_of
from wabawatch.domain.histograms import Histogram, percentile

TOKEN_REFUSED = 190
"""The code with which the Graph API refuses a token, whatever the HTTP status"""

VERSION = "call_version_"
"""Names of counters begin so that count the calls to a version of the API; `graph_versions.name_of` follows."""
LIMIT = "call_limit_"
"""Names of counters begin so that count the answers with a rate-limit code; the code follows."""


def is_refused_token(http_status: int, codes: Collection[int]) -> bool:
    """Whether the Graph API did not accept the token of the call."""
    return http_status == 401 or TOKEN_REFUSED in codes


def message_of(call: CallAnswered, known_numbers: Collection[str]) -> SendRecorded | None:
    """The message that *call* asked for, if it counts as one (SPEC.md 2.2).

    What was accepted always does. A refusal, or no answer, does for a number that is known, unless it only says that
    a token nobody knows is not accepted: anybody may send such calls.
    """
    send = call.send
    if send is None or send.outcome in (SendOutcome.ACCEPTED, SendOutcome.HELD):
        return send
    is_stranger = not call.is_token_known and is_refused_token(call.http_status, [e.code for e in call.errors])
    return send if call.node in known_numbers and not is_stranger else None


def error_of(call: CallAnswered, known_numbers: Collection[str]) -> ErrorReported | None:
    """The errors of *call*, unless they are kept with its message."""
    if not call.errors or message_of(call, known_numbers):
        return None
    return ErrorReported(call.when, call.source, call.errors, number=number_of(call, known_numbers))


def number_of(call: CallAnswered, known_numbers: Collection[str]) -> str:
    """The number that *call* counts for; "" when it is about none that is known."""
    return call.node if call.node in known_numbers else ""


def counters_of(call: CallAnswered) -> list[str]:
    """The names of the counters that *call* adds one to."""
    names = ["calls"]
    if call.kind is CallKind.SEND:
        names.append("call_sends")
    # Anybody may name any version: only those count who are known to Meta.
    if call.is_token_known and (version := name_of(call.version)):
        names.append(VERSION + version)
    if call.http_status == 0:
        names.append("call_unanswered")
    elif call.http_status >= 400:
        names.append("call_errors")
    return names + [f"{LIMIT}{code}" for code in sorted({e.code for e in call.errors} & RATE_LIMIT_CODES)]


@dataclass(frozen=True, slots=True)
class CallCounts:
    """The calls of a window."""

    calls: int = 0
    sends: int = 0
    """Those among them that asked for a message"""
    errors: int = 0
    """Answered with HTTP 400 or above"""
    unanswered: int = 0
    rate_limit_hits: Mapping[int, int] = field(default_factory=dict)
    """How many answers carried each rate-limit code"""
    send_ms: Histogram = field(default_factory=Counter)
    """How long the answered sends took"""


def call_counts(counted: Mapping[str, int], send_ms: Histogram) -> CallCounts:
    """The counts in *counted*, which are named as in `counters_of`."""
    return CallCounts(
        calls=counted.get("calls", 0),
        sends=counted.get("call_sends", 0),
        errors=counted.get("call_errors", 0),
        unanswered=counted.get("call_unanswered", 0),
        rate_limit_hits={int(name.removeprefix(LIMIT)): n for name, n in counted.items() if name.startswith(LIMIT)},
        send_ms=send_ms,
    )


def calls_shown(calls: CallCounts) -> dict[str, object]:
    """*calls* in plain values, as the status gives them; how long sends took in seconds."""
    took = {name: percentile(calls.send_ms, share) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}
    return {
        "calls": calls.calls,
        "sends": calls.sends,
        "errors": calls.errors,
        "unanswered": calls.unanswered,
        "rate_limit_hits": {str(code): n for code, n in sorted(calls.rate_limit_hits.items())},
        "send_seconds": {name: None if ms is None else round(ms / 1000, 6) for name, ms in took.items()},
    }


def nodes_of(calls: Iterable[CallAnswered]) -> set[str]:
    """The Graph objects that *calls* are about, each of which may be a number."""
    return {call.node for call in calls if call.node}
