"""`wabawatch status`: the state of the system, for a person or as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter, validators
from rich.table import Table
from rich.text import Text

from wabawatch.cli.common import HERE, Command, Where, opened, out, print_json
from wabawatch.domain.calls import CallCounts
from wabawatch.domain.compliance import UNANSWERED_MS, Verdict, WebhookTimes
from wabawatch.domain.histograms import percentile
from wabawatch.domain.limit_hits import explained
from wabawatch.domain.report import Assessment, Requirement, SystemStatus
from wabawatch.domain.runs import Why
from wabawatch.wire import iso, status_json

app = Command()

STYLES = {
    Verdict.COMPLIANT: "green",
    Verdict.WARNING: "yellow",
    Verdict.VIOLATION: "bold red",
    Verdict.INSUFFICIENT_DATA: "dim",
}


@app.default
def status(
    *,
    hours: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 24,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """Show the state of the last hours.

    Parameters
    ----------
    hours
        How far to look back; 0 is everything.
    json
        Print JSON, with the names of `GET /api/v1/status`.
    """
    with opened(where) as system:
        found, who = system.status.status(hours), system.console.naming.who
        named = replace(found, gaps=tuple(replace(gap, actor=who(gap.actor)) for gap in found.gaps))
    if json:
        print_json(status_json(found))
    else:
        show(named, hours)


def show(status: SystemStatus, hours: int) -> None:
    """Print *status* for a person."""
    verdict = status.assessment.verdict
    span = f"the last {hours} h" if hours else "everything"
    out.print(Text.assemble((verdict.value.upper(), STYLES[verdict]), f"  {span}, as of {iso(status.as_of)}"))
    out.print(requirements_table(status.assessment))
    counts = status.assessment.messages
    out.print(
        f"messages: {counts.attempted} attempted = {counts.pending} pending + {counts.sent} sent "
        f"+ {counts.delivered} delivered + {counts.read} read + {counts.failed} failed + {counts.expired} expired"
    )
    out.print(
        f"          {counts.accepted} accepted, {counts.rejected} rejected, {counts.unlinked} unlinked; "
        f"{counts.orphan} orphan, {counts.inbound} inbound"
    )
    bodies = status.bodies
    out.print(
        f"webhooks: {bodies.received} received = {bodies.processed} processed + {bodies.backlog} backlog "
        f"+ {bodies.parked} parked; {bodies.duplicates} duplicates, {bodies.unparsed_items} unparsed items, "
        f"{bodies.unknown} unknown"
    )
    _print_calls(status.calls)
    hits = ", ".join(f"{code} {explained(code).title}: {n}" for code, n in status.limit_hits.items())
    out.print(f"limits:   {sum(status.limit_hits.values())} hits{f' ({hits})' if hits else ''}")
    running = "running" if status.is_running else "not running"
    out.print(f"monitoring: {running}, last cycle {iso(status.last_cycle_at) or 'never'}")
    for gap in status.gaps[-MOST_GAPS:]:
        why = f"{_WHY[gap.why]} by {gap.actor}" if gap.actor else _WHY[gap.why]
        out.print(f"            unknown from {iso(gap.start)} to {iso(gap.end) or 'now'}: {why}")


MOST_GAPS = 5
_WHY = {
    Why.NEVER_STARTED: "monitoring had never been started",
    Why.STOPPED: "monitoring was stopped",
    Why.NOT_RUNNING: "monitoring was wanted, but no process ran it",
}


def _print_calls(calls: CallCounts) -> None:
    """The calls through the gateway, if there were any."""
    if not calls.calls:
        return
    median_ms = percentile(calls.send_ms, 0.5)
    took = "" if median_ms is None else f", half of them answered within {median_ms:.0f} ms"
    hits = "".join(f", {n} x {code}" for code, n in sorted(calls.rate_limit_hits.items()))
    out.print(
        f"API:      {calls.calls} calls, {calls.errors} with an error, {calls.unanswered} unanswered{hits}; "
        f"{calls.sends} sends{took}"
    )


def requirements_table(assessment: Assessment) -> Table:
    """The five requirements, each with what it rests on."""
    table = Table(box=None, pad_edge=False)
    for heading in ("requirement", "value", "wanted", "n", "95 % interval", "verdict"):
        table.add_column(heading)
    table.add_row("delivery rate", *_cells(assessment.delivery_rate, ">"))
    table.add_row("failure rate", *_cells(assessment.failure_rate, "<"))
    table.add_row("quality score", *_cells(assessment.quality_score, ">"))
    table.add_row("template use", *_cells(assessment.template_usage, "="))
    response = assessment.webhook_response
    value = response_cell(response.value, assessment.webhook_times)
    verdict = Text(response.verdict.value, STYLES[response.verdict])
    table.add_row("webhook response", value, f"< {response.threshold:.0f} s", str(response.n), "", verdict)
    return table


def response_cell(p99_s: float | None, times: WebhookTimes) -> str:
    """The p99, which is of the bodies that were answered, and the share of those that were not in time."""
    value = "-" if p99_s is None else f"p99 {p99_s * 1000:.1f} ms"
    late = times.share_above(UNANSWERED_MS)
    return f"{value}, {late:.1%} too late or never" if late else value


def _cells(requirement: Requirement, sign: str) -> tuple[str, str, str, str, Text]:
    value = "-" if requirement.value is None else f"{requirement.value:.2%}"
    between = requirement.interval
    interval = f"{between[0]:.2%} - {between[1]:.2%}" if between else ""
    verdict = Text(requirement.verdict.value, STYLES[requirement.verdict])
    return value, f"{sign} {requirement.threshold:.0%}", str(requirement.n), interval, verdict
