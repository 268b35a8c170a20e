"""The tables of a report about what was watched: answers, limits, uptime, alerts, accounts, gaps."""

from __future__ import annotations

from wabawatch.domain.compliance_report import ComplianceReport
from wabawatch.reports.tables import Kind, Table, columns


def responses(report: ComplianceReport) -> Table:
    """How long answers took."""
    hooks, api = report.webhooks, report.api
    rows = ((f"Webhooks, answered by the {hooks.subject}", hooks.answers), ("Sends through the gateway", api.sending))
    return Table(
        "Response times",
        "Response times",
        columns(
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
        columns(
            ("Code", Kind.ID),
            ("Hits", Kind.WHOLE),
            ("Number id", Kind.ID),
            ("WABA", Kind.ID),
            ("What it means", Kind.LONG),
        ),
        tuple((x.code, x.n, x.number, x.waba, x.meaning) for x in report.limits),
        "No limit was hit.",
    )


def checks(report: ComplianceReport) -> Table:
    """Checks of uptime."""
    return Table(
        "Checks",
        "What was checked",
        columns(
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
        columns("Check", ("Began", Kind.TIME), ("Ended", Kind.TIME), ("Took", Kind.SECONDS), "Cause", "Evidence"),
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
        columns(
            ("Severity", Kind.WORD), ("Alerts", Kind.WHOLE), ("Acknowledged", Kind.WHOLE), ("Resolved", Kind.WHOLE),
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
        "Alerts that fired in the period, or were not over when it began",
        columns(
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
        columns(("At", Kind.TIME), "Of what", "What", "From", "To", "Why"),
        tuple((x.at, x.number or x.waba, x.event, x.before, x.after, x.reason) for x in report.account_events),
        "Meta told nothing of them.",
    )


def restrictions(report: ComplianceReport) -> Table:
    """Times in which Meta restricted an account."""
    which = {"every": "all messages", "templates": "templates", "": "none that is counted"}
    found = report.restrictions
    return Table(
        "Restrictions",
        "When Meta restricted an account, and what was sent meanwhile",
        columns(
            ("WABA", Kind.ID), ("Restriction", Kind.LONG), ("From", Kind.TIME), ("To", Kind.TIME), "Bars",
            ("Sent meanwhile", Kind.WHOLE), ("Acknowledged after", Kind.SECONDS),
        ),
        tuple(
            (x.waba, x.kind, x.start, x.end, which[x.barred], x.sends, x.acknowledged_after_s)
            for x in found or ()
        ),
        "Meta told of no restriction in this period." if found is not None else "This was not looked at.",
    )  # fmt: skip


def gaps(report: ComplianceReport) -> Table:
    """When nobody watched."""
    return Table(
        "Gaps",
        "When nobody watched",
        columns(("From", Kind.TIME), ("To", Kind.TIME), ("Unknown", Kind.SECONDS), "Why"),
        tuple((x.start, x.end, x.unknown_s, x.why.replace("_", " ")) for x in report.gaps),
        "Monitoring ran all the time.",
    )
