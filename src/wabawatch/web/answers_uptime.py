"""What the operations on uptime answer, as types; the commands print the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta

from wabawatch.domain.alert_records import Alert
from wabawatch.domain.checks import Seen
from wabawatch.domain.facts import Millis
from wabawatch.domain.uptime import CheckFigures, Incident, Shares, UptimeFigures
from wabawatch.web.answers import Strict, Time
from wabawatch.wire import iso


class Spent(Strict):
    """Where the time of a period went: up + down + maintenance + unknown = the period."""

    uptime: Annotated[float | None, Meta(description="Share of known time, maintenance left out; null: nothing known")]
    meets_sla: bool | None
    up_seconds: float
    down_seconds: float
    maintenance_seconds: float
    unknown_seconds: Annotated[float, Meta(description="Nobody watched: monitoring was stopped, or could not tell")]
    incidents: int
    mttr_seconds: Annotated[float | None, Meta(description="Mean time to repair; null: there was no incident")]
    mtbf_seconds: Annotated[float | None, Meta(description="Mean time between failures; null: there was no incident")]


class Response(Strict):
    """How long answers took, in ms; null: there was none."""

    p50: float | None
    p95: float | None
    p99: float | None


class CheckAnswer(Strict):
    """One check over the period, and as it stands."""

    name: str
    kind: str
    essential: Annotated[bool, Meta(description="Whether its downtime is downtime of the whole")]
    state: Annotated[str, Meta(description="ok, failed or unknown")]
    looked_at: Time | None
    ok_at: Time | None
    failing_since: Time | None
    failures: Annotated[int, Meta(description="In a row")]
    incident: Annotated[int | None, Meta(description="Id of the open incident")]
    cause: Annotated[str | None, Meta(description="Of the open incident: us, Meta or network")]
    reason: str | None
    words: str
    value: float | None
    unit: str
    looks: int
    failed: int
    response_ms: Response
    time: Spent
    bars: Annotated[list[str], Meta(description="The period in equal parts: ok, down, maintenance or unknown")]


class RaisedAnswer(Strict):
    """An alert that an incident raised."""

    id: str
    type: str
    severity: str
    status: Annotated[str, Meta(description="firing, acknowledged or resolved")]


class IncidentAnswer(Strict):
    """A stretch of time in which a check failed."""

    id: int
    check: str
    kind: str
    essential: bool
    opened_at: Time
    ended_at: Annotated[Time | None, Meta(description="null: it goes on")]
    seconds: float
    cause: Annotated[str, Meta(description="us, Meta or network")]
    reason: Annotated[str, Meta(description="The evidence, by name: docs/uptime.md")]
    words: str
    failures: int
    alerts: Annotated[list[RaisedAnswer], Meta(description="Those that it raised, the first one first")]


class UptimeAnswer(Strict, rename={"start": "from", "end": "to"}):
    """All checks over a period, and together."""

    start: Time
    end: Time
    sla: float
    n: Annotated[int, Meta(description="Looks at essential checks")]
    whole: Annotated[Spent, Meta(description="Down while any essential check was")]
    checks: list[CheckAnswer]
    incidents: list[IncidentAnswer]


class LookAnswer(Strict):
    """What one look gave."""

    check: str
    at: Time
    state: str
    failure: str | None
    words: str
    latency_ms: float | None
    value: float | None


Raised = Mapping[int, Sequence[Alert]]
"""The alerts that incidents raised, by the id of the incident"""


def uptime_answer(figures: UptimeFigures, raised: Raised) -> UptimeAnswer:
    """*figures* as they are answered."""
    return UptimeAnswer(
        start=iso(figures.start) or "",
        end=iso(figures.end) or "",
        sla=figures.sla,
        n=figures.n,
        whole=_spent(figures.whole, figures.sla),
        checks=[_check(each, figures.sla) for each in figures.checks],
        incidents=[incident_answer(each, figures.end, raised) for each in figures.incidents],
    )


def _spent(shares: Shares, sla: float) -> Spent:
    mttr, mtbf = shares.mttr_ms, shares.mtbf_ms
    return Spent(
        uptime=shares.uptime,
        meets_sla=shares.meets(sla),
        up_seconds=shares.up / 1000,
        down_seconds=shares.down / 1000,
        maintenance_seconds=shares.maintenance / 1000,
        unknown_seconds=shares.unknown / 1000,
        incidents=shares.incidents,
        mttr_seconds=None if mttr is None else mttr / 1000,
        mtbf_seconds=None if mtbf is None else mtbf / 1000,
    )


def _check(figures: CheckFigures, sla: float) -> CheckAnswer:
    view, looks = figures.view, figures.looks
    return CheckAnswer(
        name=view.name,
        kind=str(view.kind),
        essential=view.is_essential,
        state=str(view.outcome),
        looked_at=iso(view.at),
        ok_at=iso(view.ok_at),
        failing_since=iso(view.since),
        failures=view.failures,
        incident=view.incident or None,
        cause=view.cause or None,
        reason=view.reason or None,
        words=view.words,
        value=view.value,
        unit=view.unit,
        looks=looks.n,
        failed=looks.failed,
        response_ms=Response(*(looks.percentile_ms(share) for share in (0.5, 0.95, 0.99))),
        time=_spent(figures.shares, sla),
        bars=list(figures.bars),
    )


def incident_answer(incident: Incident, now: Millis, raised: Raised) -> IncidentAnswer:
    """*incident* as it is answered."""
    return IncidentAnswer(
        id=incident.id,
        check=incident.check,
        kind=str(incident.kind),
        essential=incident.is_essential,
        opened_at=iso(incident.opened_at) or "",
        ended_at=iso(incident.ended_at),
        seconds=incident.duration_ms(now) / 1000,
        cause=incident.cause,
        reason=incident.why,
        words=incident.words,
        failures=incident.failures,
        alerts=[
            RaisedAnswer(alert.key, alert.rule, str(alert.severity), alert.status)
            for alert in raised.get(incident.id, ())
        ],
    )


def look_answer(seen: Seen) -> LookAnswer:
    """*seen* as it is answered."""
    return LookAnswer(
        seen.check, iso(seen.at) or "", str(seen.outcome), str(seen.failure) or None, seen.words, seen.latency_ms,
        seen.value,
    )  # fmt: skip
