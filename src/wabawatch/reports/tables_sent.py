"""The tables of a report about what was sent: requirements, messages, failures, numbers, templates, what to do."""

from __future__ import annotations

from dataclasses import replace

from wabawatch.domain.compliance_report import ComplianceReport, RequirementLine, Share
from wabawatch.reports.tables import NARROW, Cell, Kind, Table, columns

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
        columns(
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
    return Table("Messages", "Messages", columns("What", ("Messages", Kind.WHOLE)), rows)


def quality(report: ComplianceReport) -> Table:
    """What the quality score is made of."""
    return Table(
        "Quality score",
        "What the quality score is made of",
        columns("Part", ("Value", Kind.SHARE), ("Weight", Kind.SHARE), ("Cases", Kind.WHOLE)),
        tuple((part.key, part.value, part.weight, part.n) for part in report.quality_parts),
        "Nothing is known of any part.",
    )


def failures(report: ComplianceReport) -> Table:
    """Failures by cause."""
    return Table(
        "Failures",
        "Failures by cause",
        columns(
            ("Code", Kind.ID),
            ("Messages", Kind.WHOLE),
            "Who can mend it",
            ("What it means", Kind.LONG),
            ("Next step", Kind.LONG),
        ),
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
        columns("Who", ("Messages", Kind.WHOLE), ("Share", Kind.SHARE)),
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
        columns(
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
    several = len({x.waba for x in report.templates}) > 1
    heads = columns(
        "Template", ("WABA", Kind.ID), ("Category", Kind.WORD), ("Status", Kind.WORD), ("Quality", Kind.WORD),
        ("Sends", Kind.WHOLE), ("Delivered", Kind.SHARE), ("Failed", Kind.SHARE), ("Violations", Kind.WHOLE),
        ("Unverified", Kind.WHOLE),
    )  # fmt: skip
    return Table(
        "Templates",
        "Templates that were sent",
        tuple(replace(each, is_shown=each.title not in ("WABA", "Category")) for each in heads),
        tuple(
            (
                f"{x.name}/{x.language}{f' (…{x.waba[-4:]})' if several else ''}", x.waba, x.category.lower(),
                x.status, x.quality, x.attempted, x.delivery_rate.value, x.failure_rate.value, x.violations,
                x.unverified,
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
        columns(("Template", Kind.LONG), ("At", Kind.TIME), "What", "From", "To", "Reason", "Told by"),
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
        columns(
            ("Verdict", Kind.WORD), ("At", Kind.TIME), ("Message", Kind.ID), "Template", ("Why", Kind.LONG),
            ("Known since", Kind.TIME), ("Code", Kind.ID),
        ),
        tuple((word, x.at, x.key, x.template, x.sentence, x.known_since, x.error_code) for word, x in both),
        "No send broke the rule, and all can be judged." if not use.violations + use.unverified else "None is listed.",
    )  # fmt: skip


def duties(report: ComplianceReport) -> Table:
    """Duties of Meta's policies."""
    return Table(
        "Duties",
        "Duties of Meta's policies, and what the data show of each",
        columns("Duty", ("Shown", Kind.WORD), ("Evidence", Kind.LONG)),
        tuple((x.title, x.standing.value, x.evidence) for x in report.duties),
    )


def readiness(report: ComplianceReport) -> Table:
    """What is asked of a Tech Partner."""
    found, rows = report.readiness, list[tuple[Cell, ...]]()
    if found is not None:
        not_red = found.numbers_not_red
        rows = [
            ("Messages a day, over the last 7 days", f"{found.daily_messages:,.0f}", f"{found.daily_needed:,}"),
            ("Customers with a message in the last 30 days", str(found.customers), str(found.customers_needed)),
            (
                f"Numbers not rated RED, of {not_red.n} that are rated",
                "unknown" if not_red.value is None else f"{not_red.value:.0%}",
                "90 % quality; how Meta counts it is not published",
            ),
        ]
    return Table(
        "Tech Partner",
        "What Meta asks of a Tech Partner",
        columns("What", "Counted here", "Asked for"),
        tuple(rows),
        "It is counted for everything together only.",
    )


def trend(report: ComplianceReport) -> Table:
    """The period hour by hour or day by day."""
    return Table(
        "Trend",
        f"The period by {report.unit}",
        columns(
            (report.unit.capitalize(), Kind.DAY if report.unit == "day" else Kind.TIME),
            ("Sends", Kind.WHOLE), ("Failed", Kind.WHOLE),
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
        columns(("When", Kind.WORD), "What", ("Because", Kind.LONG), ("How", Kind.LONG)),
        tuple((x.urgency, x.title, x.because, x.do) for x in report.advice),
        "Nothing that is seen here calls for anything.",
    )


def changes(report: ComplianceReport) -> Table:
    """What is otherwise than in the revision before."""
    return Table(
        "Changes",
        f"What is otherwise than in revision {report.revision - 1}",
        columns(("Figure", Kind.LONG), "Before", "Now"),
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
    return Table("About", "About this report", columns("What", "Value"), tuple(rows))
