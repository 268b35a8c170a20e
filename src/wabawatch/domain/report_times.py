"""From incidents, alerts, gaps and events of a period to the lines of its compliance report. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from wabawatch.domain.alert_records import Alert
from wabawatch.domain.alerts import Severity
from wabawatch.domain.compliance_report import utc
from wabawatch.domain.facts import Millis
from wabawatch.domain.report_lines import latency, rounded, seconds
from wabawatch.domain.report_watched import AlertLine, AlertTimes, CheckLine, GapLine, IncidentLine, UptimeLines
from wabawatch.domain.runs import Gap
from wabawatch.domain.uptime import CheckFigures, Incident, UptimeFigures, joined, length


def uptime_lines(figures: UptimeFigures) -> UptimeLines:
    """Uptime, check by check, and the incidents, the newest first."""
    whole = figures.whole
    return UptimeLines(
        uptime=rounded(whole.uptime),
        sla=figures.sla,
        meets_sla=whole.meets(figures.sla),
        up_s=whole.up / 1000,
        down_s=whole.down / 1000,
        maintenance_s=whole.maintenance / 1000,
        unknown_s=whole.unknown / 1000,
        incidents=whole.incidents,
        mttr_s=seconds(whole.mttr_ms),
        mtbf_s=seconds(whole.mtbf_ms),
        checks=tuple(_check(each) for each in figures.checks),
        log=tuple(_incident(each) for each in figures.incidents),
    )


def _check(figures: CheckFigures) -> CheckLine:
    return CheckLine(
        key=figures.view.name,
        kind=str(figures.view.kind),
        is_essential=figures.view.is_essential,
        uptime=rounded(figures.shares.uptime),
        down_s=figures.shares.down / 1000,
        incidents=figures.shares.incidents,
        looks=figures.looks.n,
        failed=figures.looks.failed,
        answers=latency(figures.looks.latency_ms),
    )


def _incident(each: Incident) -> IncidentLine:
    return IncidentLine(
        key=str(each.id),
        check=each.check,
        kind=str(each.kind),
        is_essential=each.is_essential,
        cause=each.cause,
        why=each.why,
        started_at=utc(each.opened_at),
        ended_at=utc(each.ended_at) if each.ended_at is not None else None,
        duration_s=None if each.ended_at is None else each.duration_ms(each.ended_at) / 1000,
    )


def alert_lines(alerts: Iterable[Alert]) -> tuple[AlertLine, ...]:
    """The alerts that fired, the newest first."""
    return tuple(_alert(each, each.fired_at) for each in alerts if each.fired_at is not None)


def _alert(alert: Alert, fired_at: Millis) -> AlertLine:
    def after(at: Millis | None) -> float | None:
        return None if at is None else max(0, at - fired_at) / 1000

    return AlertLine(
        key=alert.key,
        rule=alert.rule,
        title=alert.title,
        severity=str(alert.severity),
        scope=f"{alert.scope.kind}:{alert.scope.id}" if alert.scope.id else str(alert.scope.kind),
        fired_at=utc(fired_at),
        acknowledged_by=alert.ack_by,
        acknowledged_after_s=after(alert.ack_at),
        resolved_after_s=after(alert.ended_at),
        ended=alert.ended,
        value=rounded(alert.first.value),
        n=alert.first.n,
    )


def alert_times(lines: Sequence[AlertLine]) -> tuple[AlertTimes, ...]:
    """How long alerts of each severity took."""
    return tuple(_times(severity, [line for line in lines if line.severity == severity]) for severity in Severity)


def _times(severity: Severity, lines: Sequence[AlertLine]) -> AlertTimes:
    seen = [line.acknowledged_after_s for line in lines if line.acknowledged_after_s is not None]
    over = [line.resolved_after_s for line in lines if line.resolved_after_s is not None]
    return AlertTimes(
        key=str(severity),
        fired=len(lines),
        acknowledged=len(seen),
        resolved=len(over),
        median_to_acknowledge_s=rounded(median(seen), 3) if seen else None,
        median_to_resolve_s=rounded(median(over), 3) if over else None,
        longest_s=max(over, default=None),
    )


def gap_lines(gaps: Iterable[Gap], start: Millis, end: Millis) -> tuple[GapLine, ...]:
    """The gaps in monitoring, in order of time."""
    return tuple(
        GapLine(
            key=utc(gap.start).isoformat(),
            start=utc(gap.start),
            end=utc(gap.end) if gap.end is not None else None,
            why=gap.why.value,
            by=gap.actor,
            unknown_s=_inside(gap, start, end) / 1000,
        )
        for gap in gaps
    )


def unknown_ms(gaps: Iterable[Gap], start: Millis, end: Millis) -> Millis:
    """How much of the period nobody watched."""
    spans = ((max(gap.start, start), min(end if gap.end is None else gap.end, end)) for gap in gaps)
    return length(joined(spans))


def _inside(gap: Gap, start: Millis, end: Millis) -> Millis:
    return max(0, min(end if gap.end is None else gap.end, end) - max(gap.start, start))
