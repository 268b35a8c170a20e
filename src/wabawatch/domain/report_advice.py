"""What to do about what a compliance report shows: each piece of advice follows from a figure in it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from wabawatch.domain.compliance import COVERAGE_NEEDED, Verdict
from wabawatch.domain.compliance_report import Advice, ComplianceReport, FailureLine, RequirementLine

NOW, SOON, CONSIDER = "now", "soon", "consider"
_ORDER = {NOW: 0, SOON: 1, CONSIDER: 2}
SLOW_ACK_S = 3_600.0
"""Critical alerts that wait longer than this for somebody are waiting too long"""
MOST_CAUSES = 3


def advice(report: ComplianceReport) -> tuple[Advice, ...]:
    """What to do, the most urgent first."""
    found = [
        *_restrictions(report),
        *_templates(report),
        *_rates(report),
        *_coverage(report),
        *_webhooks(report),
        *_numbers(report),
        *_limits(report),
        *_uptime(report),
        *_alerts(report),
        *_gaps(report),
    ]
    return tuple(sorted(found, key=lambda each: _ORDER[each.urgency]))


def _of(report: ComplianceReport, key: str) -> RequirementLine:
    return next(line for line in report.requirements if line.key == key)


def _urgency(verdict: Verdict) -> str | None:
    return {Verdict.VIOLATION: NOW, Verdict.WARNING: SOON}.get(verdict)


def _templates(report: ComplianceReport) -> Iterator[Advice]:
    use = report.template_use
    if use.violations:
        worst = next((line for line in report.templates if line.violations), None)
        named = f"; most of them with {worst.name}/{worst.language} ({worst.violations})" if worst else ""
        yield Advice(
            "template_violations",
            NOW,
            "Stop sending templates that Meta has not approved",
            f"{use.violations} of {use.sends} template sends broke the rule{named}.",
            "Ask for a template's status before each campaign (`wabawatch preflight`), and stop the campaign when the"
            " alert UNAPPROVED_TEMPLATE_USED fires.",
        )
    if report.opt_outs.sent_after:
        yield Advice(
            "opt_outs",
            NOW,
            "Honour opt-outs",
            f"{report.opt_outs.sent_after} marketing templates went to people who had stopped marketing messages.",
            "Take `user_preferences` webhooks into the list of recipients before the next campaign.",
        )
    if use.unverified:
        yield Advice(
            "unverified",
            CONSIDER,
            "Let templates be known",
            f"{use.unverified} template sends cannot be judged: nobody had told what their template's status was.",
            "Give wabawatch a token (WHATSAPP_TOKEN), so that it asks Meta for templates, and subscribe the app to"
            " `message_template_status_update`.",
        )


def _restrictions(report: ComplianceReport) -> Iterator[Advice]:
    sent = max(((line.sends or 0, line.waba, line.kind) for line in report.restrictions or ()), default=(0, "", ""))
    if sent[0]:
        yield Advice(
            "restricted",
            NOW,
            "Stop sending while an account is restricted",
            f"{sent[0]} messages of account {sent[1]} were asked for that Meta's {sent[2]} barred.",
            "Pause campaigns when the alert ACCOUNT_RESTRICTED fires, and appeal in Meta's Business Support Home.",
        )


def _rates(report: ComplianceReport) -> Iterator[Advice]:
    delivery, failure = _of(report, "delivery_rate"), _of(report, "failure_rate")
    worst = min((delivery, failure), key=lambda line: _ORDER.get(_urgency(line.verdict) or "", 9))
    urgency = _urgency(worst.verdict)
    if urgency is None:
        return
    causes = report.failures[:MOST_CAUSES]
    named = "; ".join(f"{each.code} ({each.n} times, {each.fault})" for each in causes)
    steps = " ".join(dict.fromkeys(each.next_step for each in causes if each.next_step))
    title = "Bring failures down" if worst is failure else "Bring deliveries up"
    yield Advice(worst.key, urgency, title, f"{_missed(worst)} Most frequent: {named or 'no error was told'}.", steps or
                 "Look at the messages without a status: they may wait for devices that are off.")  # fmt: skip


def _missed(line: RequirementLine) -> str:
    value = "unknown" if line.value is None else f"{line.value:.2%}"
    return f"{line.key.replace('_', ' ')} is {value} of {line.n}; the line is {line.threshold:.0%}."


def _coverage(report: ComplianceReport) -> Iterator[Advice]:
    seen = report.coverage
    if seen.value is not None and seen.value < COVERAGE_NEEDED:
        yield Advice(
            "coverage",
            SOON,
            "Log every send",
            f"Only {seen.value:.1%} of {seen.n} accepted messages were recorded when they were sent, so refusals and"
            " template names are not seen.",
            "Send through the gateway (`/graph`), or log sends with the SDK or the API.",
        )


def _webhooks(report: ComplianceReport) -> Iterator[Advice]:
    line, hooks = _of(report, "webhook_response"), report.webhooks
    urgency = _urgency(line.verdict)
    if urgency is not None:
        over = f"{hooks.above_1s:.2%} above 1 s" if hooks.above_1s is not None else "no answer"
        yield Advice(
            "webhook_response",
            urgency,
            "Answer webhooks faster",
            f"The {hooks.subject} answered half of them within {hooks.answers.p50_s} s, {over}, and left"
            f" {hooks.unanswered} unanswered.",
            "Answer 200 before working on the webhook: put it into a queue first.",
        )
    if hooks.parked:
        yield Advice(
            "parked",
            SOON,
            "Look at webhooks that could not be read",
            f"{hooks.parked} webhooks are kept but could not be processed: what they tell is in no figure.",
            "Open *Webhooks* in the console, filter by *failed*, and process them again after an upgrade.",
        )


def _numbers(report: ComplianceReport) -> Iterator[Advice]:
    low = [line for line in report.numbers if line.quality_rating in ("RED", "YELLOW")]
    if low:
        is_red = any(line.quality_rating == "RED" for line in low)
        yield Advice(
            "number_quality",
            NOW if is_red else SOON,
            "Raise the quality of numbers",
            f"{len(low)} numbers are rated below GREEN: {', '.join(f'{x.key} {x.quality_rating}' for x in low[:5])}.",
            "Send less marketing from them, to people who answered lately, and look at which templates people block.",
        )


def _limits(report: ComplianceReport) -> Iterator[Advice]:
    if report.limits:
        most = report.limits[0]
        total = sum(line.n for line in report.limits)
        yield Advice(
            "limits",
            CONSIDER,
            "Stay below Meta's limits",
            f"Limits were hit {total} times, {most.n} of them {most.code}: {most.meaning}",
            _step(report.failures, most.code)
            or "Send more slowly; `wabawatch limits` shows how much more may be sent.",
        )


def _step(failures: tuple[FailureLine, ...], code: int) -> str:
    return next((line.next_step for line in failures if line.code == code), "")


def _uptime(report: ComplianceReport) -> Iterator[Advice]:
    up = report.uptime
    if up.meets_sla is False and up.uptime is not None:
        causes = [each.cause for each in up.log if each.is_essential]
        most = max(sorted(set(causes)), key=causes.count) if causes else "unknown"
        yield Advice(
            "uptime",
            SOON,
            "Shorten outages",
            f"Uptime was {up.uptime:.3%}, with {up.incidents} incident{'' if up.incidents == 1 else 's'} of"
            f" {(up.mttr_s or 0.0) / 60:.0f} minutes on average; the line is"
            f" {up.sla:.1%}. Most were the fault of: {most}.",
            "Read the incidents below; each names what was seen and who must act.",
        )


def _alerts(report: ComplianceReport) -> Iterator[Advice]:
    for times in report.alert_times:
        waited = times.median_to_acknowledge_s
        unseen = times.fired - times.acknowledged
        if times.key == "critical" and times.fired and (unseen or (waited or 0.0) > SLOW_ACK_S):
            yield Advice(
                "acknowledging",
                SOON,
                "Acknowledge critical alerts",
                f"{unseen} of {times.fired} critical alerts were acknowledged by nobody"
                + (f"; the others after {waited / 60:.0f} minutes in the middle." if waited else "."),
                "Send critical alerts to somebody on duty, with an escalation (`wabawatch alerts`).",
            )


def _gaps(report: ComplianceReport) -> Iterator[Advice]:
    if report.unknown_s:
        whole = (report.end - report.start).total_seconds()
        yield Advice(
            "gaps",
            SOON,
            "Watch without gaps",
            f"Nobody watched for {report.unknown_s / 3600:.1f} hours ({report.unknown_s / whole:.1%} of the period):"
            " what happened to uptime and alerts then is unknown.",
            "Run two monitors, and a heartbeat to the outside (docs/monitoring.md).",
        )
