"""What a report looks like, whatever it is drawn by: its sections in order, with their charts and tables as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from wabawatch.domain.compliance import Verdict
from wabawatch.domain.compliance_report import ComplianceReport, RequirementLine
from wabawatch.reports import tables_sent as sent
from wabawatch.reports import tables_watched as watched
from wabawatch.reports.charts import Chart, Line, svg
from wabawatch.reports.tables import NARROW, Cell, Kind, Table
from wabawatch.reports.tables_sent import REQUIREMENT_NAMES, line_of, spelled
from wabawatch.reports.words import VERDICTS, duration, share, tone, words

BLUE, GREEN, RED, VIOLET = "#2563a8", "#1a7f4b", "#b42318", "#7048a8"
NEW_PAGE = frozenset({"Trend", "Messages and failures", "Templates", "Uptime", "Appendix"})
"""Sections that begin a page in print"""
RIGHT = frozenset({Kind.WHOLE, Kind.SHARE, Kind.SECONDS})
"""Stand to the right, digit below digit"""

APPEALS = (
    "Sends asked for while a restriction was in force are counted in its whole hours. Appeals against Meta's decisions"
    " are made in its Business Support Home, and nothing tells of them here: whether there were any is unknown."
)

SENTENCES = {
    "compliant": "All requirements were met in this period.",
    "warning": "No requirement is proven to have been missed, but at least one is on the wrong side of its line.",
    "violation": "At least one requirement was missed.",
    "insufficient_data": "There is too little data to say whether the requirements were met.",
}


class Shown(NamedTuple):
    """A cell as it is drawn."""

    text: str
    tone: str
    """good | warn | bad | none for a word with a colour, "" for anything else"""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as it is drawn."""

    title: str
    heads: tuple[tuple[str, str], ...]
    """Headings, each with how its column is set: `right`, `whole` (no line is broken), `left` or `long`"""
    rows: tuple[tuple[Shown, ...], ...]
    more: int
    """So many lines more are in the JSON"""
    empty: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as it is drawn, with its key."""

    title: str
    key: tuple[tuple[str, str], ...]
    """Names of the lines with their colours"""
    svg: str
    said: str
    """What it shows, for who does not see it"""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report under one heading."""

    id: str
    title: str
    said: tuple[str, ...]
    pictures: tuple[Picture, ...]
    grids: tuple[Grid, ...]
    begins_page: bool
    """Whether it begins a new page in print"""


@dataclass(frozen=True, slots=True)
class Card:
    """A requirement on the summary page."""

    title: str
    value: str
    required: str
    rest: str
    verdict: str
    tone: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A report as it is drawn."""

    title: str
    scope: str
    period: str
    as_of: str
    revision: str
    id: str
    made_with: str
    verdict: str
    tone: str
    sentence: str
    cards: tuple[Card, ...]
    facts: tuple[tuple[str, str], ...]
    advice: Grid
    sections: tuple[Section, ...]


def outline(report: ComplianceReport, most: int, font: str) -> Outline:
    """The report with at most so many lines in each table."""
    verdict = report.verdict.value
    return Outline(
        title="WhatsApp Business Platform compliance report",
        scope=_scope(report.scope),
        period=f"{_moment(report.start)} – {_moment(report.end)}",
        as_of=f"{report.as_of.day} {report.as_of:%B %Y, %H:%M} UTC",
        revision=str(report.revision),
        id=report.id,
        made_with=report.made_with,
        verdict=VERDICTS[verdict],
        tone=tone(verdict),
        sentence=sentence(report),
        cards=tuple(_card(line) for line in report.requirements),
        facts=_facts(report),
        advice=_grid(sent.advice(report), most),
        sections=tuple(_sections(report, most, font)),
    )


def sentence(report: ComplianceReport) -> str:
    """The verdict in words, with what is not known (silence is no good news) and whether anything has changed."""
    unknown = [REQUIREMENT_NAMES[x.key] for x in report.requirements if x.verdict is Verdict.INSUFFICIENT_DATA]
    said = SENTENCES[report.verdict.value]
    if unknown and report.verdict is Verdict.COMPLIANT:
        said = "No requirement was missed."
    if unknown and report.verdict is not Verdict.INSUFFICIENT_DATA:
        said += f" There is too little data to judge: {', '.join(unknown)}."
    if report.changes:
        said += f" Some figures are otherwise than in revision {report.revision - 1}: see Changes."
    if report.unknown_s:
        said += f" Nobody watched for {duration(report.unknown_s)} of the period: what passed then is unknown."
    return said


def _moment(at: datetime) -> str:
    day = f"{at.day} {at:%B %Y}"
    return day if at.hour == at.minute == 0 else f"{day} {at:%H:%M}"


def _scope(scope: str) -> str:
    kind, _, id = scope.partition(":")
    return {"waba": f"WhatsApp Business Account {id}", "number": f"Number {id}"}.get(kind, "All accounts and numbers")


def _card(line: RequirementLine) -> Card:
    before = f", {spelled(line, line.before)} in the period before" if line.before is not None else ""
    return Card(
        REQUIREMENT_NAMES[line.key],
        spelled(line, line.value),
        line_of(line),
        f"of {words(Kind.WHOLE, line.n)} cases{before}",
        VERDICTS[line.verdict.value],
        tone(line.verdict.value),
    )


def _facts(report: ComplianceReport) -> tuple[tuple[str, str], ...]:
    up, fired = report.uptime, sum(each.fired for each in report.alert_times)
    length = (report.end - report.start).total_seconds()
    return (
        ("Messages sent", words(Kind.WHOLE, report.messages.attempted)),
        ("Failed", words(Kind.WHOLE, report.messages.failed)),
        ("Sends against the template rule", words(Kind.WHOLE, report.template_use.violations)),
        ("Sends that were recorded", words(Kind.SHARE, report.coverage.value)),
        ("Uptime", words(Kind.SHARE, up.uptime)),
        ("Incidents", words(Kind.WHOLE, up.incidents)),
        ("Alerts", words(Kind.WHOLE, fired)),
        ("Not watched", f"{duration(report.unknown_s)} ({share(report.unknown_s / length)})" if report.unknown_s
         else "never"),
    )  # fmt: skip


def _grid(table: Table, most: int) -> Grid:
    shown = [place for place, column in enumerate(table.columns) if column.is_shown]
    heads = tuple((table.columns[i].title, _set(table.columns[i].kind)) for i in shown)
    rows = tuple(tuple(_shown(table.columns[i].kind, row[i]) for i in shown) for row in table.rows[:most])
    return Grid(table.title, heads, rows, max(0, len(table.rows) - most), table.empty)


def _set(kind: Kind) -> str:
    if kind in (Kind.TEXT, Kind.LONG):
        return "left" if kind is Kind.TEXT else "long"
    return "right" if kind in RIGHT else "whole"


def _shown(kind: Kind, cell: Cell) -> Shown:
    return Shown(words(kind, cell), tone(cell) if kind is Kind.WORD and cell else "")


def _sections(report: ComplianceReport, most: int, font: str) -> list[Section]:
    def section(
        title: str, some: Sequence[Callable[[ComplianceReport], Table]], *said: str, pictures: Sequence[Chart] = ()
    ) -> Section:
        drawn = tuple(_picture(chart, font) for chart in pictures if _has_any(chart))
        grids = tuple(_grid(table(report), most) for table in some)
        name = title.lower().replace(" ", "-")
        return Section(name, title, tuple(each for each in said if each), drawn, grids, title in NEW_PAGE)

    found = [
        section("Requirements", (sent.requirements, sent.quality), _judged(report)),
        section("Trend", (), pictures=_charts(report)),
        section("Messages and failures", (sent.messages, sent.faults, sent.failures), _coverage(report)),
        section("Numbers", (sent.numbers,)),
        section("Templates", (sent.templates, sent.sends), _use(report), _listed(report)),
        section("Duties", (sent.duties, sent.readiness), _opt_outs(report)),
        section("Webhooks and calls", (watched.responses, watched.limits), _webhooks(report)),
        section("Uptime", (watched.checks, watched.incidents), _uptime(report)),
        section("Alerts", (watched.alert_times, watched.alerts)),
        section("Accounts", (watched.restrictions, watched.events), APPEALS),
        section("Gaps", (watched.gaps,), _unknown(report)),
        section("Appendix", (sent.history, sent.trend, sent.about)),
    ]
    if report.changes:
        found.insert(-1, section("Changes", (sent.changes,)))
    found[0] = replace(found[0], begins_page=True)
    return found


def _judged(report: ComplianceReport) -> str:
    judged = report.judged_by
    return (
        "A requirement is a violation when its whole 95 % interval lies on the wrong side of the line, a warning when"
        f" only the value does, and unknown below {judged.min_sample} cases. One violating send makes template use a"
        " violation. Delivery leaves out messages younger than"
        f" {judged.grace_s / 60:.0f} minutes at the end of the period."
    )


def _coverage(report: ComplianceReport) -> str:
    if report.refusals_seen or report.coverage.value is None:
        return ""
    return (
        f"Only {words(Kind.SHARE, report.coverage.value)} of the accepted messages were recorded when they were sent:"
        " refusals at once and names of templates are not seen."
    )


def _use(report: ComplianceReport) -> str:
    use = report.template_use
    reasons = ", ".join(f"{reason.replace('_', ' ')}: {n}" for reason, n in use.by_reason.items())
    counted = sum(use.by_reason.values())
    of = f"of {counted} of them: " if counted < use.violations else ""
    said = f"{words(Kind.WHOLE, use.sends)} template sends, {use.violations} of them against the rule"
    return f"{said}{f' ({of}{reasons})' if reasons else ''}; {use.unverified} cannot be judged."


UNLISTED = {
    "newest_only": "the newest",
    "not_looked_at": "for the others too many messages would have to be looked through",
    "archive_unreadable": "the messages of the others are in the archive, which could not be read",
    "not_kept": "the messages of the others are not kept any more",
}


def _listed(report: ComplianceReport) -> str:
    use = report.template_use
    said = ""
    if len(use.violating) < use.violations:
        why = UNLISTED.get(use.unlisted, "")
        said = f"{len(use.violating)} of the {use.violations} sends against the rule are listed{why and f': {why}'}. "
    if len(use.unproven) < use.unverified:
        said += f"{len(use.unproven)} of the {use.unverified} that cannot be judged are listed. "
    if use.listed_by is not None:
        said += f"They are listed as in revision {use.listed_by}: their messages are not to be had any more. "
    return said.rstrip()


def _opt_outs(report: ComplianceReport) -> str:
    outs = report.opt_outs
    return (
        f"People stopped marketing messages {outs.stopped} times; {_least(report)}{outs.sent_after} marketing templates"
        f" were sent to somebody who had stopped them; Meta itself held back {outs.refused_by_meta} messages for that"
        " reason."
    )


def _least(report: ComplianceReport) -> str:
    """Whether there may be more than were counted."""
    is_whole = sum(report.template_use.by_reason.values()) >= report.template_use.violations
    return "" if is_whole and (report.refusals_seen or not report.coverage.n) else "at least "


def _webhooks(report: ComplianceReport) -> str:
    hooks, api = report.webhooks, report.api
    said = f"{words(Kind.WHOLE, hooks.received)} webhooks came, {words(Kind.WHOLE, hooks.duplicates)} of them again."
    if hooks.above_1s is not None:
        said += (
            f" {hooks.unanswered} were not answered; {words(Kind.SHARE, hooks.above_1s)} took more than 1 s and"
            f" {words(Kind.SHARE, hooks.above_20s)} more than 20 s."
        )
    said += f" {hooks.parked} could not be processed." if hooks.parked else ""
    calls, errors = words(Kind.WHOLE, api.calls), words(Kind.WHOLE, api.errors)
    return said + (f" {calls} calls went through the gateway, {errors} in error." if api.calls else "")


def _uptime(report: ComplianceReport) -> str:
    up = report.uptime
    if up.uptime is None:
        return "Nothing is known of uptime in this period."
    times = [f"up {duration(up.up_s)}", f"down {duration(up.down_s)}"]
    times += [f"maintenance {duration(up.maintenance_s)} (left out)"] if up.maintenance_s else []
    times += [f"unknown {duration(up.unknown_s)}"] if up.unknown_s else []
    met = "met" if up.meets_sla else "missed"
    repair = f"; an incident took {duration(up.mttr_s)} on average" if up.mttr_s is not None else ""
    return f"{share(up.uptime)} of the known time, which {met} the line of {share(up.sla)}: {', '.join(times)}{repair}."


def _unknown(report: ComplianceReport) -> str:
    return "What passed in a gap is unknown to uptime and alerts; messages and webhooks were counted all the same."


def _charts(report: ComplianceReport) -> list[Chart]:
    at, lines = [each.at for each in report.trend], {line.key: line.threshold for line in report.requirements}
    trend = report.trend
    return [
        Chart(
            "Delivery rate", at, [Line("Delivered", [x.delivery_rate.value for x in trend], GREEN)], _percent,
            lines["delivery_rate"],
        ),
        Chart(
            "Failure rate", at, [Line("Failed", [x.failure_rate.value for x in trend], RED)], _percent,
            lines["failure_rate"], 0.0,
        ),
        Chart(
            f"Messages by {report.unit}", at,
            [
                Line("Sends", [float(x.attempted) for x in trend], "#9db8d6", is_bars=True),
                Line("Failed", [float(x.failed) for x in trend], RED, is_bars=True),
            ],
            lambda value: f"{value:,.0f}".replace(",", NARROW), None, 0.0,
        ),
        Chart(
            "Quality score", at, [Line("Score", [x.quality_score for x in trend], BLUE)], _percent,
            lines["quality_score"],
        ),
        Chart(
            "Webhook response, 99th percentile", at, [Line("p99", [x.webhook_p99_s for x in trend], VIOLET)],
            lambda value: f"{value:.3g}{NARROW}s", None, 0.0,
        ),
    ]  # fmt: skip


def _has_any(chart: Chart) -> bool:
    return any(value is not None for line in chart.lines for value in line.values)


def _percent(value: float) -> str:
    return f"{value * 100:.10g}{NARROW}%" if abs(value * 1000 % 1) < 1e-6 else f"{value * 100:.2f}{NARROW}%"


def _picture(chart: Chart, font: str) -> Picture:
    key = [(line.name, line.colour) for line in chart.lines]
    key += [(f"line: {chart.spell(chart.threshold)}", RED)] if chart.threshold is not None else []
    known = [value for value in chart.lines[0].values if value is not None]
    said = f"{chart.title}: {chart.spell(min(known))} to {chart.spell(max(known))}" if known else chart.title
    drawn = Chart(chart.title, chart.at, chart.lines, chart.spell, chart.threshold, chart.low, said)
    return Picture(chart.title, tuple(key), svg(drawn, font), said)
