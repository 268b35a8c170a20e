"""The tables of a report, as values: what spreadsheets, pages and print are all made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from wabawatch.domain.compliance_report import ComplianceReport, RequirementLine, Share

Cell: TypeAlias = str | int | float | bool | datetime | None

NARROW = "\u202f"
"""The narrow space between a number and its unit, at which no line breaks"""


class Kind(StrEnum):
    """What stands in a column."""

    TEXT = "text"
    WORD = "word"
    """One of few words, which may have a colour: a verdict, a severity"""
    WHOLE = "whole"
    SHARE = "share"
    SECONDS = "seconds"
    TIME = "time"
    ID = "id"
    """A code or an id, which is no number to be counted with, and is not broken"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and what stands in it."""

    title: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a report."""

    name: str
    """Short, for sheets and files"""
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "None."
    """What is said where there are no rows"""


def _columns(*told: str | tuple[str, Kind]) -> tuple[Column, ...]:
    return tuple(Column(each) if isinstance(each, str) else Column(*each) for each in told)


REQUIREMENT_NAMES = {
    "delivery_rate": "Delivery rate",
    "failure_rate": "Failure rate",
    "quality_score": "Quality score",
    "template_usage": "Only approved templates",
    "webhook_response": "Webhook response (p99)",
}
ABOVE = {"delivery_rate": "above", "failure_rate": "below", "quality_score": "above", "template_usage": "no violation",
         "webhook_response": "below"}  # fmt: skip


def spelled(line: RequirementLine, value: float | None) -> str:
    """A value of a requirement as people read it."""
    if value is None:
        return "unknown"
    if line.key == "webhook_response":
        return f"{value:.2f}{NARROW}s" if value < 10 else f"{value:.0f}{NARROW}s"
    return f"100{NARROW}%" if value == 1 else f"{value * 100:.2f}{NARROW}%"


def line_of(line: RequirementLine) -> str:
    """What is required, in words."""
    if line.key == "template_usage":
        return ABOVE[line.key]
    return f"{ABOVE[line.key]} {spelled(line, line.threshold).replace(f'.00{NARROW}', NARROW)}"


def requirements(report: ComplianceReport) -> Table:
    """The five requirements."""
    return Table(
        "Requirements",
        "The five requirements",
        _columns(
            "Requirement", ("Verdict", Kind.WORD), "Value", "Required", ("Cases", Kind.WHOLE), "95 % interval",
            "Period before",
        ),
        tuple(
            (
                REQUIREMENT_NAMES[line.key],
                line.verdict.value,
                spelled(line, line.value),
                line_of(line),
                line.n,
                "–" if line.low is None else f"{line.low * 100:.2f} – {(line.high or 0.0) * 100:.2f}{NARROW}%",
                spelled(line, line.before),
            )
            for line in report.requirements
        ),
    )  # fmt: skip


def messages(report: ComplianceReport) -> Table:
    """Messages by status."""
    counts, words = report.messages, {
        "attempted": "Sends asked for",
        "read": "... read",
        "delivered": "... delivered, not read",
        "sent": "... sent, on the way",
        "failed": "... failed",
        "expired": "... expired",
        "pending": "... without a status",
        "accepted": "Accepted by Meta",
        "rejected": "Refused at once",
        "unlinked": "Logged without the message's id",
        "orphan": "Statuses of messages never seen sent",
        "inbound": "Inbound messages",
    }  # fmt: skip
    rows = tuple((said, getattr(counts, name)) for name, said in words.items())
    return Table("Messages", "Messages", _columns("What", ("Messages", Kind.WHOLE)), rows)


def quality(report: ComplianceReport) -> Table:
    """What the quality score is made of."""
    return Table(
        "Quality score",
        "What the quality score is made of",
        _columns("Part", ("Value", Kind.SHARE), ("Weight", Kind.SHARE), ("Cases", Kind.WHOLE)),
        tuple((part.key, part.value, part.weight, part.n) for part in report.quality_parts),
        "Nothing is known of any part.",
    )


def failures(report: ComplianceReport) -> Table:
    """Failures by cause."""
    return Table(
        "Failures",
        "Failures by cause",
        _columns(("Code", Kind.ID), ("Messages", Kind.WHOLE), "Who can mend it", "What it means", "Next step"),
        tuple((x.code, x.n, x.fault.replace("_", " "), x.meaning, x.next_step) for x in report.failures),
        "No message failed.",
    )


def faults(report: ComplianceReport) -> Table:
    """Failures by who can mend them."""
    total = sum(report.failures_by_fault.values())
    ranked = sorted(report.failures_by_fault.items(), key=lambda each: (-each[1], each[0]))
    return Table(
        "Faults",
        "Failures by who can mend them",
        _columns("Who", ("Messages", Kind.WHOLE), ("Share", Kind.SHARE)),
        tuple((fault.replace("_", " "), n, n / total if total else None) for fault, n in ranked),
        "No message failed.",
    )


def _rate(share: Share) -> tuple[Cell, Cell]:
    return share.value, share.n


def numbers(report: ComplianceReport) -> Table:
    """Numbers, the worst first."""
    return Table(
        "Numbers",
        "Numbers, the worst first",
        _columns(
            ("Number id", Kind.ID), ("WABA", Kind.ID), ("Verdict", Kind.WORD), ("Sends", Kind.WHOLE),
            ("Delivered", Kind.SHARE), ("Failed", Kind.SHARE), ("Quality", Kind.WORD),
        ),
        tuple(
            (x.key, x.waba, x.verdict.value, x.attempted, x.delivery_rate.value, x.failure_rate.value, x.quality_rating)
            for x in report.numbers
        ),
        "No number sent anything.",
    )  # fmt: skip


def templates(report: ComplianceReport) -> Table:
    """Templates that were sent."""
    return Table(
        "Templates",
        "Templates that were sent",
        _columns(
            "Template", ("WABA", Kind.ID), "Category", ("Status", Kind.WORD), ("Quality", Kind.WORD),
            ("Sends", Kind.WHOLE), ("Delivered", Kind.SHARE), ("Failed", Kind.SHARE), ("Violations", Kind.WHOLE),
            ("Unverified", Kind.WHOLE),
        ),
        tuple(
            (
                f"{x.name}/{x.language}", x.waba, x.category.lower(), x.status, x.quality, x.attempted,
                x.delivery_rate.value, x.failure_rate.value, x.violations, x.unverified,
            )
            for x in report.templates
        ),
        "No template was sent.",
    )  # fmt: skip


def history(report: ComplianceReport) -> Table:
    """What Meta told of the templates."""
    return Table(
        "Template history",
        "Approval history of the templates",
        _columns("Template", ("At", Kind.TIME), "What", "From", "To", "Reason", "Told by"),
        tuple(
            (f"{x.name}/{x.language}", e.at, e.aspect, e.before, e.after, e.reason, e.told_by)
            for x in report.templates
            for e in x.history
        ),
        "Nothing was told of them.",
    )


def sends(report: ComplianceReport) -> Table:
    """Single sends that broke the rule or cannot be judged."""
    use = report.template_use
    both = [("violation", x) for x in use.violating] + [("unverified", x) for x in use.unproven]
    return Table(
        "Sends",
        "Sends that broke the template rule, and the newest that nobody can judge",
        _columns(
            ("Verdict", Kind.WORD), ("At", Kind.TIME), ("Message", Kind.ID), "Template", "Why",
            ("Known since", Kind.TIME), ("Code", Kind.ID),
        ),
        tuple((word, x.at, x.key, x.template, x.sentence, x.known_since, x.error_code) for word, x in both),
        "No send broke the rule, and all can be judged.",
    )  # fmt: skip


def duties(report: ComplianceReport) -> Table:
    """Duties of Meta's policies."""
    return Table(
        "Duties",
        "Duties of Meta's policies, and what the data show of each",
        _columns("Duty", ("Shown", Kind.WORD), "Evidence"),
        tuple((x.title, x.standing.value, x.evidence) for x in report.duties),
    )


def responses(report: ComplianceReport) -> Table:
    """How long answers took."""
    hooks, api = report.webhooks, report.api
    rows = ((f"Webhooks, answered by the {hooks.subject}", hooks.answers), ("Sends through the gateway", api.sending))
    return Table(
        "Response times",
        "Response times",
        _columns(
            "What", ("Cases", Kind.WHOLE), ("Half within", Kind.SECONDS), ("95 % within", Kind.SECONDS),
            ("99 % within", Kind.SECONDS), ("Longest", Kind.SECONDS),
        ),
        tuple((what, x.n, x.p50_s, x.p95_s, x.p99_s, x.max_s) for what, x in rows),
    )  # fmt: skip


def limits(report: ComplianceReport) -> Table:
    """Limits that were hit."""
    return Table(
        "Limits",
        "Limits of Meta's that were hit",
        _columns(("Code", Kind.ID), ("Hits", Kind.WHOLE), ("Number id", Kind.ID), ("WABA", Kind.ID), "What it means"),
        tuple((x.code, x.n, x.number, x.waba, x.meaning) for x in report.limits),
        "No limit was hit.",
    )


def checks(report: ComplianceReport) -> Table:
    """Checks of uptime."""
    return Table(
        "Checks",
        "What was checked",
        _columns(
            "Check", ("Uptime", Kind.SHARE), ("Down", Kind.SECONDS), ("Incidents", Kind.WHOLE), ("Looks", Kind.WHOLE),
            ("Half within", Kind.SECONDS), ("99 % within", Kind.SECONDS),
        ),
        tuple(
            (x.key, x.uptime, x.down_s, x.incidents, x.looks, x.answers.p50_s, x.answers.p99_s)
            for x in report.uptime.checks
        ),
        "Nothing was checked.",
    )  # fmt: skip


def incidents(report: ComplianceReport) -> Table:
    """Incidents, the newest first."""
    return Table(
        "Incidents",
        "Incidents",
        _columns("Check", ("Began", Kind.TIME), ("Ended", Kind.TIME), ("Took", Kind.SECONDS), "Cause", "Evidence"),
        tuple(
            (x.check, x.started_at, x.ended_at, x.duration_s, x.cause, x.why.replace("_", " "))
            for x in report.uptime.log
        ),
        "There was none.",
    )


def alert_times(report: ComplianceReport) -> Table:
    """How long alerts took."""
    return Table(
        "Alert times",
        "How alerts were dealt with",
        _columns(
            ("Severity", Kind.WORD), ("Fired", Kind.WHOLE), ("Acknowledged", Kind.WHOLE), ("Resolved", Kind.WHOLE),
            ("Acknowledged after (median)", Kind.SECONDS), ("Resolved after (median)", Kind.SECONDS),
            ("Longest", Kind.SECONDS),
        ),
        tuple(
            (x.key, x.fired, x.acknowledged, x.resolved, x.median_to_acknowledge_s, x.median_to_resolve_s, x.longest_s)
            for x in report.alert_times
        ),
    )  # fmt: skip


def alerts(report: ComplianceReport) -> Table:
    """Alerts, the newest first."""
    return Table(
        "Alerts",
        "Alerts that fired",
        _columns(
            ("Severity", Kind.WORD), "Alert", "Of what", ("Fired", Kind.TIME), ("Acknowledged after", Kind.SECONDS),
            ("Resolved after", Kind.SECONDS),
        ),
        tuple(
            (x.severity, x.rule, x.scope, x.fired_at, x.acknowledged_after_s, x.resolved_after_s)
            for x in report.alerts
        ),
        "No alert fired.",
    )  # fmt: skip


def events(report: ComplianceReport) -> Table:
    """What Meta told of accounts and numbers."""
    return Table(
        "Account events",
        "What Meta told of accounts and numbers",
        _columns(("At", Kind.TIME), "Of what", "What", "From", "To"),
        tuple((x.at, x.number or x.waba, x.event, x.before, x.after) for x in report.account_events),
        "Meta told nothing of them.",
    )


def gaps(report: ComplianceReport) -> Table:
    """When nobody watched."""
    return Table(
        "Gaps",
        "When nobody watched",
        _columns(("From", Kind.TIME), ("To", Kind.TIME), ("Unknown", Kind.SECONDS), "Why"),
        tuple((x.start, x.end, x.unknown_s, x.why.replace("_", " ")) for x in report.gaps),
        "Monitoring ran all the time.",
    )


def trend(report: ComplianceReport) -> Table:
    """The period hour by hour or day by day."""
    return Table(
        "Trend",
        f"The period by {report.unit}",
        _columns(
            (report.unit.capitalize(), Kind.TIME), ("Sends", Kind.WHOLE), ("Failed", Kind.WHOLE),
            ("Delivery rate", Kind.SHARE), ("Failure rate", Kind.SHARE), ("Approved templates", Kind.SHARE),
            ("Quality score", Kind.SHARE), ("Webhook p99", Kind.SECONDS),
        ),
        tuple(
            (
                x.at, x.attempted, x.failed, x.delivery_rate.value, x.failure_rate.value, x.template_usage.value,
                x.quality_score, x.webhook_p99_s,
            )
            for x in report.trend
        ),
        "Nothing was sent.",
    )  # fmt: skip


def advice(report: ComplianceReport) -> Table:
    """What to do."""
    return Table(
        "Advice",
        "What to do",
        _columns(("When", Kind.WORD), "What", "Because", "How"),
        tuple((x.urgency, x.title, x.because, x.do) for x in report.advice),
        "Nothing that is seen here calls for anything.",
    )


def changes(report: ComplianceReport) -> Table:
    """What is otherwise than in the revision before."""
    return Table(
        "Changes",
        f"What is otherwise than in revision {report.revision - 1}",
        _columns("Figure", "Before", "Now"),
        tuple((x.path, x.before, x.after) for x in report.changes),
    )


def about(report: ComplianceReport) -> Table:
    """What the report is of."""
    judged = report.judged_by
    rows: list[tuple[Cell, ...]] = [
        ("Report", report.id),
        ("Revision", str(report.revision)),
        ("Scope", report.scope),
        ("From", report.start),
        ("To", report.end),
        ("As of", report.as_of),
        ("Verdict", report.verdict.value),
        ("Made with", report.made_with),
        ("Lines", f"delivery above {judged.delivery_rate:.0%}, failures below {judged.failure_rate:.0%}, "
                  f"quality above {judged.quality_score:.0%}"),
        ("Least sample", str(judged.min_sample)),
        ("Grace of delivery", f"{judged.grace_s / 60:.0f} min"),
    ]  # fmt: skip
    return Table("About", "About this report", _columns("What", "Value"), tuple(rows))


def every(report: ComplianceReport) -> Sequence[Table]:
    """All tables, in the order of a workbook."""
    made: Iterable[Table] = (
        table(report)
        for table in (
            about, requirements, advice, messages, quality, trend, faults, failures, numbers, templates, sends, history,
            duties, responses, limits, checks, incidents, alert_times, alerts, events, gaps, changes,
        )
    )  # fmt: skip
    return [table for table in made if table.rows or table.name != "Changes"]
