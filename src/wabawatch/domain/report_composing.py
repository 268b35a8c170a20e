"""Everything that was gathered of a period, put together into its compliance report. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b

from wabawatch.domain.alert_records import Alert
from wabawatch.domain.calls import CallCounts
from wabawatch.domain.compliance import Thresholds
from wabawatch.domain.compliance_report import (
    FORMAT,
    ComplianceReport,
    FailureLine,
    Judged,
    OptOuts,
    Readiness,
    TemplateUse,
    utc,
)
from wabawatch.domain.facts import Millis
from wabawatch.domain.limit_hits import HitCount
from wabawatch.domain.metrics import Tally, Weights
from wabawatch.domain.overview import EVERYTHING, Cause, NumberStands, Point, Slice, SliceKind
from wabawatch.domain.report import Assessment, BodyCounts
from wabawatch.domain.report_advice import advice
from wabawatch.domain.report_changes import changes
from wabawatch.domain.report_duties import Handling, duties
from wabawatch.domain.report_lines import (
    TemplateSeen,
    api_lines,
    failure_lines,
    limit_lines,
    number_lines,
    part_lines,
    requirement_lines,
    send_lines,
    share,
    template_lines,
    trend_lines,
    webhook_lines,
)
from wabawatch.domain.report_restrictions import Restricted, restriction_lines
from wabawatch.domain.report_times import alert_lines, alert_times, gap_lines, unknown_ms, uptime_lines
from wabawatch.domain.report_watched import AccountEvent, AlertLine, RestrictionLine
from wabawatch.domain.runs import Gap
from wabawatch.domain.standing import HOUR_MS
from wabawatch.domain.uptime import UptimeFigures
from wabawatch.domain.violations import SendEvidence

STOPPED_BY_PERSON = 131050
"""The code with which Meta refuses marketing to somebody who stopped it"""
OPTED_OUT = "opted_out"


class Unlisted(StrEnum):
    """Why not each violating send is listed."""

    NEWEST_ONLY = "newest_only"
    """There are more than a report lists"""
    NOT_LOOKED_AT = "not_looked_at"
    """Too many messages would have to be looked through"""
    ARCHIVE_UNREADABLE = "archive_unreadable"
    NOT_KEPT = "not_kept"
    """The messages are neither live nor archived any more"""


@dataclass(frozen=True, slots=True)
class Sends:
    """The template sends of the period that broke the rule, or that nobody can judge."""

    by_reason: Mapping[str, int]
    violating: Sequence[SendEvidence]
    unproven: Sequence[SendEvidence]
    unlisted: Unlisted | None = None
    """None: each violating send is listed"""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is known of a period."""

    as_of: Millis
    start: Millis
    end: Millis
    of: Slice
    mine: Collection[str] | None
    """The numbers that it is of; None: all"""
    places: Mapping[str, str]
    """The account of each number"""
    thresholds: Thresholds
    weights: Weights
    grace_ms: Millis
    assessment: Assessment
    before: Assessment
    unit: str
    points: Sequence[Point]
    causes: Sequence[Cause]
    numbers: Sequence[NumberStands]
    templates: Sequence[TemplateSeen]
    sends: Sends
    opt_outs: int
    bodies: BodyCounts
    calls: CallCounts
    limits: Sequence[HitCount]
    uptime: UptimeFigures
    alerts: Sequence[Alert]
    events: Sequence[AccountEvent]
    gaps: Sequence[Gap]
    handling: Handling
    readiness: Readiness | None
    restricted: Sequence[Restricted]
    barred: Callable[[str, Millis, Millis], Tally]
    """The messages of an account, or of the number that the report is of, from a whole hour to another"""


def scope_of(of: Slice) -> str:
    """A slice in one word: `all`, `waba:ID` or `number:ID`."""
    return "all" if of == EVERYTHING else f"{of.kind.value}:{of.id}"


def report_id(of: Slice, start: Millis, end: Millis) -> str:
    """What every revision of one period and scope is called."""
    return blake2b(f"{scope_of(of)} {start} {end}".encode(), digest_size=6).hexdigest()


def whole_hours(start: Millis, end: Millis) -> tuple[Millis, Millis]:
    """The whole hours that hold a period: reports are of these, for so messages are counted."""
    return start // HOUR_MS * HOUR_MS, -(-end // HOUR_MS) * HOUR_MS


def compose(found: Gathered, id: str, made_with: str, newest: ComplianceReport | None = None) -> ComplianceReport:
    """The report of what was *found*, as a first revision; single sends that are gone by now as *newest* lists them."""
    judged, failures, use = found.assessment, failure_lines(found.causes), _use(found, newest)
    opt_outs = OptOuts(found.opt_outs, use.by_reason.get(OPTED_OUT, 0), _n_of(failures, STOPPED_BY_PERSON))
    alerts = alert_lines(found.alerts)
    is_whole, sees_templates = _counts_all(use), judged.refusals_seen or not judged.coverage.n
    report = ComplianceReport(
        format=FORMAT,
        id=id,
        revision=1,
        as_of=utc(found.as_of),
        made_with=made_with,
        scope=scope_of(found.of),
        start=utc(found.start),
        end=utc(found.end),
        verdict=judged.verdict,
        judged_by=_judged(found),
        requirements=requirement_lines(judged, found.before, _place(found)),
        quality_parts=part_lines(judged.quality),
        coverage=share(judged.coverage),
        refusals_seen=judged.refusals_seen,
        messages=judged.messages,
        unit=found.unit,
        trend=trend_lines(found.points),
        failures_by_fault=dict(sorted(judged.failures_by_fault.items())),
        failures=failures,
        numbers=number_lines(found.numbers),
        templates=template_lines(found.templates, found.end),
        template_use=use,
        opt_outs=opt_outs,
        webhooks=webhook_lines(judged.webhook_times, found.bodies),
        api=api_lines(found.calls),
        limits=limit_lines(found.limits, found.mine),
        uptime=uptime_lines(found.uptime),
        alert_times=alert_times(alerts),
        alerts=alerts,
        account_events=tuple(found.events),
        gaps=gap_lines(found.gaps, found.start, found.end),
        unknown_s=unknown_ms(found.gaps, found.start, found.end) / 1000,
        duties=duties(opt_outs, found.handling, is_whole=is_whole, sees_templates=sees_templates),
        advice=(),
        readiness=found.readiness,
        restrictions=_restrictions(found, alerts, sees_templates),
    )
    return replace(report, advice=advice(report))


def revised(new: ComplianceReport, newest: ComplianceReport | None) -> ComplianceReport:
    """*new* as the next revision after *newest*, which stays the newest where nothing is otherwise by now."""
    if newest is None:
        return new
    found = changes(newest, new)
    return replace(new, revision=newest.revision + 1, changes=found) if found else newest


def _use(found: Gathered, newest: ComplianceReport | None) -> TemplateUse:
    judged, sends = found.assessment, found.sends
    use = TemplateUse(
        sends=judged.template_usage.n,
        violations=judged.template_violations,
        unverified=judged.template_unverified,
        by_reason=dict(sorted(sends.by_reason.items())),
        violating=send_lines(sends.violating, found.places),
        unproven=send_lines(sends.unproven, found.places),
        unlisted=sends.unlisted.value if sends.unlisted else "",
    )
    return use if newest is None else _with_lists_of(newest, use)


def _counts_all(use: TemplateUse) -> bool:
    """Whether the reason of each violating send is counted."""
    return sum(use.by_reason.values()) >= use.violations


def _with_lists_of(newest: ComplianceReport, use: TemplateUse) -> TemplateUse:
    """*use*, or that of *newest* where it is of the same sends and lists more of them."""
    before = newest.template_use
    is_same = (before.sends, before.violations, before.unverified) == (use.sends, use.violations, use.unverified)
    has_more = (len(before.violating), len(before.unproven)) > (len(use.violating), len(use.unproven))
    return replace(before, listed_by=before.listed_by or newest.revision) if is_same and has_more else use


def _restrictions(found: Gathered, alerts: Sequence[AlertLine], sees_templates: bool) -> tuple[RestrictionLine, ...]:
    of, period = found.restricted, (found.start, found.end)
    return restriction_lines(of, *period, alerts, found.barred, sees_templates=sees_templates)


def _place(found: Gathered) -> str:
    """Period and scope as the console's pages have them in their address."""
    name = {SliceKind.WABA: "client", SliceKind.NUMBER: "number"}.get(found.of.kind)
    return f"from={_instant(found.start)}&to={_instant(found.end)}" + (f"&{name}={found.of.id}" if name else "")


def _instant(at: Millis) -> str:
    return f"{utc(at):%Y-%m-%dT%H:%M:%SZ}"


def _judged(found: Gathered) -> Judged:
    lines, weights = found.thresholds, found.weights
    return Judged(
        lines.delivery_rate,
        lines.failure_rate,
        lines.quality_score,
        lines.min_sample,
        found.grace_ms / 1000,
        {
            "delivery": weights.delivery,
            "failure": weights.failure,
            "number": weights.number,
            "template": weights.template,
            "webhook": weights.webhook,
        },
    )


def _n_of(failures: Iterable[FailureLine], code: int) -> int:
    return sum(line.n for line in failures if line.code == code)
