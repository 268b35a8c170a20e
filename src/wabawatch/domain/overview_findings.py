"""The overview in one glance: what is wrong, since when, and who can mend it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from wabawatch.domain.alert_records import Alert
from wabawatch.domain.compliance import SLOW_MS, Thresholds, Verdict
from wabawatch.domain.error_codes import Fault
from wabawatch.domain.facts import Millis
from wabawatch.domain.overview import Overview, Point
from wabawatch.domain.report import Assessment, Requirement

NAMES = ("delivery_rate", "failure_rate", "quality_score", "template_usage", "webhook_response")
"""The five requirements, as `Assessment` names them"""

RULES: Mapping[str, tuple[str, ...]] = {
    "delivery_rate": ("DELIVERY_RATE_LOW",),
    "failure_rate": ("FAILURE_RATE_HIGH", "DELIVERY_ANOMALY"),
    "quality_score": ("QUALITY_SCORE_LOW", "PHONE_QUALITY_LOW"),
    "template_usage": ("UNAPPROVED_TEMPLATE_USED", "OPT_OUT_IGNORED"),
    "webhook_response": ("WEBHOOK_TIMEOUT", "WEBHOOK_ERRORS", "WEBHOOK_SLOW"),
}
"""The alerts that tell since when a requirement is not met"""


@dataclass(frozen=True, slots=True)
class Finding:
    """A requirement that is not met."""

    name: str
    requirement: Requirement
    since: Millis | None
    """At least; None: the newest figures are good again, or nobody can tell"""
    fault: str
    """Who can mend most of it, "" where the figures do not tell"""
    share: float
    """Of the failures that are theirs"""


def requirement_of(assessment: Assessment, name: str) -> Requirement:
    """One of the five, by its name."""
    found: Requirement = getattr(assessment, name)
    return found


def findings(overview: Overview, thresholds: Thresholds) -> list[Finding]:
    """What is not as it should be, the gravest first."""
    found = [
        _finding(overview, name, requirement, thresholds)
        for name in NAMES
        if (requirement := requirement_of(overview.assessment, name)).verdict in (Verdict.VIOLATION, Verdict.WARNING)
    ]
    return sorted(found, key=lambda each: each.requirement.verdict is Verdict.WARNING)


def _finding(overview: Overview, name: str, requirement: Requirement, thresholds: Thresholds) -> Finding:
    since = _told_since(overview.alerts, RULES[name])
    if since is None:
        since = begun(overview.points, _is_bad(name, thresholds))
    fault, share = "", 0.0
    if name in ("delivery_rate", "failure_rate", "quality_score"):
        fault, share = main_fault(overview.assessment.failures_by_fault)
    elif name == "webhook_response":
        fault, share = str(overview.assessment.webhook_times.subject), 1.0
    elif name == "template_usage":
        fault, share = Fault.SENDER, 1.0  # whoever sent it could know that it may not be sent
    return Finding(name, requirement, since, fault, share)


def _told_since(alerts: Sequence[Alert], rules: Sequence[str]) -> Millis | None:
    """Since when the oldest of *alerts* that one of *rules* raised tells that it is so."""
    return min((_since(alert) for alert in alerts if alert.rule in rules), default=None)


def _since(alert: Alert) -> Millis:
    told = alert.newest.since or alert.first.since
    return alert.opened_at if told is None else min(told, alert.opened_at)


def main_fault(by_fault: Mapping[str, int]) -> tuple[str, float]:
    """Who can mend the most of the failures, and which share of them; "" without any."""
    total = sum(by_fault.values())
    if not total:
        return "", 0.0
    name = min(by_fault, key=lambda each: (-by_fault[each], each))
    return name, by_fault[name] / total


def begun(points: Sequence[Point], is_bad: Callable[[Point], bool | None]) -> Millis | None:
    """The start of the unbroken row of bad points that ends with the newest; None: that one is good."""
    since: Millis | None = None
    for point in reversed(points):
        bad = is_bad(point)
        if bad is False:
            break
        if bad:
            since = point.at
    return since


def _is_bad(name: str, thresholds: Thresholds) -> Callable[[Point], bool | None]:
    def bad(point: Point) -> bool | None:
        match name:
            case "delivery_rate":
                return None if point.delivery.value is None else point.delivery.value <= thresholds.delivery_rate
            case "failure_rate":
                return None if point.failure.value is None else point.failure.value >= thresholds.failure_rate
            case "quality_score":
                return None if point.quality is None else point.quality <= thresholds.quality_score
            case "template_usage":
                return None if point.template_use.value is None else point.template_use.value < 1
            case _:
                return None if point.webhook_p99_ms is None else point.webhook_p99_ms > SLOW_MS

    return bad
