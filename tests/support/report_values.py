"""A compliance report with something in each of its parts: a month with three incidents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from wabawatch.domain.compliance import Verdict
from wabawatch.domain.compliance_report import (
    Advice,
    ComplianceReport,
    DutyLine,
    FailureLine,
    Judged,
    NumberLine,
    OptOuts,
    PartLine,
    Readiness,
    ReportChange,
    RequirementLine,
    SendLine,
    Share,
    Standing,
    TemplateEvent,
    TemplateLine,
    TemplateUse,
    TrendLine,
)
from wabawatch.domain.metrics import MessageCounts
from wabawatch.domain.report_watched import (
    AccountEvent,
    AlertLine,
    AlertTimes,
    ApiLines,
    CheckLine,
    GapLine,
    IncidentLine,
    Latency,
    LimitLine,
    UptimeLines,
    WebhookLines,
)

START = datetime(2026, 10, 1, tzinfo=UTC)
END = START + timedelta(days=30)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NUMBER, WABA = "106540352242922", "102290129340398"
GOOD = Share(0.9731, 41_200, 0.9715, 0.9746)
BAD = Share(0.0269, 41_500, 0.0254, 0.0285)
FAST = Latency(41_000, 0.031, 0.09, 0.21, 1.2)


def _trend(day: int) -> TrendLine:
    at, is_bad = START + day * DAY, day in (6, 14, 22)
    rate = 0.91 if is_bad else 0.972 + day % 5 * 0.002
    failed = 110 if is_bad else 30 + day % 7
    return TrendLine(
        key=at.isoformat(),
        at=at,
        attempted=1_300 + day % 7 * 40,
        failed=failed,
        delivery_rate=Share(rate, 1_300, rate - 0.01, rate + 0.01),
        failure_rate=Share(failed / 1_300, 1_300, 0.01, 0.05),
        template_usage=Share(0.999 if day == 14 else 1.0, 1_000, 0.99, 1.0),
        quality_score=0.9 if is_bad else 0.955,
        webhook_p99_s=3.2 if day == 22 else 0.21,
    )


def _requirement(key: str, verdict: Verdict, value: float, threshold: float, n: int, before: float) -> RequirementLine:
    return RequirementLine(key, verdict, value, threshold, n, value - 0.002, value + 0.002, before, n - 700, "/logs")


REPORT = ComplianceReport(
    format=1,
    id="5b2f1c9a77de",
    revision=2,
    as_of=END + timedelta(hours=6),
    made_with="wabawatch 0.1.0",
    scope="all",
    start=START,
    end=END,
    verdict=Verdict.VIOLATION,
    judged_by=Judged(
        0.95,
        0.05,
        0.9,
        30,
        900.0,
        {"delivery": 0.3, "failure": 0.2, "number": 0.25, "template": 0.15, "webhook": 0.1},
    ),
    requirements=(
        _requirement("delivery_rate", Verdict.COMPLIANT, 0.9731, 0.95, 41_200, 0.9688),
        _requirement("failure_rate", Verdict.COMPLIANT, 0.0269, 0.05, 41_500, 0.0302),
        _requirement("quality_score", Verdict.COMPLIANT, 0.9512, 0.9, 38_000, 0.9433),
        _requirement("template_usage", Verdict.VIOLATION, 0.999526, 1.0, 38_000, 1.0),
        RequirementLine(
            "webhook_response", Verdict.WARNING, 1.21, 20.0, 96_000, None, None, 0.8, 91_000, "/webhooks"
        ),
    ),
    quality_parts=(
        PartLine("delivery", 0.9731, 0.3, 41_200),
        PartLine("failure", 0.9731, 0.2, 41_500),
        PartLine("number", 0.94, 0.25, None),
        PartLine("template", 0.992, 0.15, 38_000),
        PartLine("webhook", 0.9999, 0.1, 96_000),
    ),
    coverage=Share(0.9982, 41_480, 0.9977, 0.9986),
    refusals_seen=True,
    messages=MessageCounts(41_524, 41_480, 300, 12_030, 28_061, 1_117, 4, 12, 44, 0, 3, 5_220),
    unit="day",
    trend=tuple(_trend(day) for day in range(30)),
    failures_by_fault={"account": 12, "meta": 401, "rate_limit": 60, "recipient": 626, "template": 18},
    failures=(
        FailureLine("131026", 131026, 626, "recipient", "The person cannot get it.",
                    "Check the number, and ask the person to update WhatsApp."),
        FailureLine("131049", 131049, 401, "meta", "Meta held it back to keep people well disposed.",
                    "Do not send it again at once; send less marketing."),
        FailureLine("130429", 130429, 60, "rate_limit", "Too many messages a second.", "Send more slowly."),
        FailureLine("132015", 132015, 18, "template", "The template is paused.", "Stop the campaign."),
    ),
    numbers=(
        NumberLine(NUMBER, WABA, 30_200, GOOD, BAD, "GREEN", Verdict.COMPLIANT),
        NumberLine("106540352242923", WABA, 11_324, Share(0.951, 11_300, 0.947, 0.955), BAD, "YELLOW", Verdict.WARNING),
    ),
    templates=(
        TemplateLine(
            f"{WABA}/autumn_sale/en", WABA, "autumn_sale", "en", "marketing", "PAUSED", "RED", 9_020, GOOD, BAD, 18, 2,
            (
                TemplateEvent(START + 14 * DAY, START + 14 * DAY, "status", "", "PAUSED", "LOW_QUALITY", "webhook"),
                TemplateEvent(START - 40 * DAY, START - 40 * DAY, "status", "PENDING", "APPROVED", "", "poll"),
            ),
        ),
        TemplateLine(f"{WABA}/order_update/de", WABA, "order_update", "de", "utility", "APPROVED", "GREEN", 28_980,
                     GOOD, BAD, 0, 0, ()),
    ),
    template_use=TemplateUse(
        38_000, 18, 2, {"refused_132015": 11, "template_paused": 7},
        (
            SendLine("88123", START + 14 * DAY + HOUR, NUMBER, WABA, "autumn_sale/en", "template_paused",
                     "accepted 10 minutes or more after we were told that the template is PAUSED", START + 14 * DAY,
                     "webhook", None, None, "/messages/88123"),
            SendLine("88119", START + 14 * DAY + HOUR, NUMBER, WABA, "autumn_sale/en", "refused_132015",
                     "Meta refused the template with 132015", None, "", None, 132015, "/messages/88119"),
        ),
        (
            SendLine("88101", START + 14 * DAY, NUMBER, WABA, "autumn_sale/en", "within_margin",
                     "we had been told less than 10 minutes before: it may have been on its way", None, "", None, None,
                     "/messages/88101"),
        ),
    ),
    opt_outs=OptOuts(42, 0, 9),
    webhooks=WebhookLines("application", FAST, 3, 0.012, 0.0104, 0.0001, 96_400, 96_398, 0, 2, 400, 1, 7),
    api=ApiLines(52_000, 41_524, 212, 3, Latency(41_400, 0.12, 0.33, 0.81, 4.0)),
    limits=(LimitLine(f"130429/{NUMBER}", 130429, NUMBER, WABA, 60, "Too many messages a second."),),
    uptime=UptimeLines(
        0.998701, 0.999, False, 2_580_000.0, 3_360.0, 7_200.0, 1_440.0, 3, 1_120.0, 860_000.0,
        (
            CheckLine("graph", "graph", True, 0.9991, 1_800.0, 1, 43_000, 31, Latency(42_900, 0.09, 0.21, 0.6, 4.9)),
            CheckLine("receiver", "receiver", True, 1.0, 0.0, 0, 43_000, 0, Latency(43_000, 0.002, 0.01, 0.03, 0.2)),
        ),
        (
            IncidentLine("3", "graph", "graph", True, "Meta", "others_answer", START + 22 * DAY,
                         START + 22 * DAY + HOUR / 2, 1_800.0),
            IncidentLine("2", "application", "application", True, "us", "receiver_down", START + 14 * DAY,
                         START + 14 * DAY + HOUR / 4, 900.0),
            IncidentLine("1", "graph", "graph", True, "network", "nothing_answers", START + 6 * DAY,
                         START + 6 * DAY + HOUR * 11 / 60, 660.0),
        ),
    ),
    alert_times=(
        AlertTimes("critical", 3, 2, 3, 240.0, 1_800.0, 1_900.0),
        AlertTimes("warning", 5, 1, 4, 900.0, 5_400.0, 9_000.0),
        AlertTimes("info", 0, 0, 0, None, None, None),
    ),
    alerts=(
        AlertLine("a3", "API_ENDPOINT_DOWN", "Meta's API does not answer", "critical", "check:graph",
                  START + 22 * DAY, "user:1", 180.0, 1_800.0, "recovered", None, 2),
        AlertLine("a2", "UNAPPROVED_TEMPLATE_USED", "A template that is not approved was sent", "critical",
                  f"template:{WABA}/autumn_sale/en", START + 14 * DAY, "", None, 1_700.0, "recovered", 7.0, 7),
    ),
    account_events=(
        AccountEvent(START + 14 * DAY, "number", "quality", WABA, NUMBER, "GREEN", "YELLOW"),
        AccountEvent(START + 2 * DAY, "account", "ACCOUNT_REVIEW_UPDATE", WABA, "", "", "APPROVED"),
    ),
    gaps=(GapLine("g1", START + 25 * DAY, START + 25 * DAY + HOUR * 2 / 5, "not_running", "", 1_440.0),),
    unknown_s=1_440.0,
    duties=(
        DutyLine("opt_in", "Opt-in before messages that the business begins", Standing.UNKNOWN, "Nothing shows it."),
        DutyLine("opt_out", "Opt-outs are honoured", Standing.MET, "42 people stopped marketing messages."),
    ),
    advice=(
        Advice("template_violations", "now", "Stop sending templates that Meta has not approved",
               "18 of 38000 template sends broke the rule.", "Ask for a template's status before each campaign."),
        Advice("uptime", "soon", "Shorten outages", "Uptime was 99.870%.", "Read the incidents."),
    ),
    changes=(ReportChange("messages.read", "28059", "28061"),),
    readiness=Readiness(1_530.4, 2_500, 4, 10, Share(1.0, 2, 0.34, 1.0)),
)  # fmt: skip
