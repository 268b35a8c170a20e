"""Checks as rows: how states, looks, counts and incidents are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from wabawatch.domain.checks import CheckKind, CheckState, Failure, Outcome, Seen
from wabawatch.domain.histograms import Histogram, index_of
from wabawatch.domain.uptime import Incident, Looks

MOST_WORDS = 500

OUTCOMES = tuple(Outcome)
FAILURES = tuple(Failure)
"""Both are stored by position: add new ones at the end."""


def code_of(seen: Seen) -> int:
    """Outcome and failure as one small number."""
    return OUTCOMES.index(seen.outcome) | FAILURES.index(seen.failure) << 2


def seen_of(name: str, row: Any) -> Seen:
    """A row of `check_results` as a value."""
    latency = None if row.latency_ms is None else float(row.latency_ms)
    return Seen(name, row.at, OUTCOMES[row.code & 3], FAILURES[row.code >> 2], row.words, latency)


def result_of(check_id: int, seen: Seen) -> dict[str, Any]:
    """*seen* as a row of `check_results`."""
    return {
        "check_id": check_id,
        "at": seen.at,
        "code": code_of(seen),
        "latency_ms": None if seen.latency_ms is None else round(seen.latency_ms),
        "words": seen.words[:MOST_WORDS],
    }


def state_json(state: CheckState) -> str:
    """*state* as text."""
    return msgspec.json.encode(state).decode()


def state_of(row: Any) -> CheckState:
    """A row of `checks` as a value. The due time of its own column holds: others move that alone."""
    return replace(msgspec.json.decode(row.state, type=CheckState), due_at=row.due_at)


def counted(before: Looks, seen: Seen) -> Looks:
    """*before* with one look more."""
    latency = Counter(before.latency_ms)
    if seen.latency_ms is not None:
        latency[index_of(seen.latency_ms)] += 1
    return Looks(
        before.n + 1,
        before.failed + (seen.outcome is Outcome.FAILED),
        before.unknown + (seen.outcome is Outcome.UNKNOWN),
        latency,
    )


def added(some: Sequence[Looks]) -> Looks:
    """All of *some* together."""
    latency: Counter[int] = Counter()
    for each in some:
        latency.update(each.latency_ms)
    return Looks(sum(s.n for s in some), sum(s.failed for s in some), sum(s.unknown for s in some), latency)


def looks_of(row: Any) -> Looks:
    """A row of `check_rollups` as a value."""
    return Looks(row.n, row.failed, row.unknown, latency_of(row.latency))


def latency_json(histogram: Histogram) -> str:
    """A histogram as text, such as `{"101":60}`."""
    return msgspec.json.encode({str(slot): n for slot, n in sorted(histogram.items())}).decode()


def latency_of(text: str) -> Mapping[int, int]:
    """What `latency_json` wrote."""
    return {int(slot): n for slot, n in msgspec.json.decode(text, type=dict[str, int]).items()}


def incident_of(row: Any) -> Incident:
    """A row of `incidents` as a value."""
    return Incident(
        row.id,
        row.check_name,
        CheckKind(row.kind),
        row.opened_at,
        row.noted_at,
        row.ended_at,
        row.cause,
        row.why,
        row.words,
        row.failures,
        bool(row.is_essential),
    )
