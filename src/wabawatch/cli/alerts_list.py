"""`wabawatch alerts list|show|ack|rules|backtest`: what fires and fired, and by which rules."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter, validators
from rich.table import Table
from rich.text import Text

from wabawatch.cli.alerts_silence import show_why
from wabawatch.cli.common import HERE, Where, opened, out, print_json, who
from wabawatch.cli.uptime import incident_line
from wabawatch.domain.alert_records import Alert, AlertFilter
from wabawatch.domain.alerts import Reading, Rule, Severity
from wabawatch.domain.backtests import Backtest
from wabawatch.domain.standing import DAY_MS, MINUTE_MS
from wabawatch.flows.alert_desk import Trial
from wabawatch.web.api_alerts import alert_answer, backtest_answer, rule_answer, whole_answer
from wabawatch.wire import iso

Key = Annotated[str, Parameter(help="The key of the alert, as the list shows it.")]
Whole = Annotated[int | None, Parameter(validator=validators.Number(gte=1))]


def list_(
    *,
    open: Annotated[bool, Parameter(help="Only those that fire now.", negative="")] = False,
    rule: Annotated[str, Parameter(help="Of this rule, such as DELIVERY_RATE_LOW.")] = "",
    severity: Annotated[Severity | None, Parameter(help="Of this severity.")] = None,
    waba: Annotated[str, Parameter(help="About this WABA, or something of it.")] = "",
    number: Annotated[str, Parameter(help="About this phone_number_id.")] = "",
    days: Annotated[
        int, Parameter(validator=validators.Number(gte=1), help="Those that fire, and those of so many days.")
    ] = 30,
    limit: Annotated[int, Parameter(validator=validators.Number(gte=1), help="So many at most, the newest.")] = 50,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """List alerts: what fires, and what fired in the last days and how it ended."""
    with opened(where) as system:
        since = system.clock.now() - days * DAY_MS
        wanted = AlertFilter(True if open else None, rule, severity, waba, number, since)
        found = system.alerts.desk.find(wanted, limit)
    if json:
        print_json([alert_answer(alert) for alert in found])
        return
    if not found:
        out.print(f"no alert {'fires' if open else f'fired in the last {days} days'}")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("alert", "fired", "status", "severity", "type", "about", "what was seen"):
        table.add_column(heading, overflow="fold")
    for alert in found:
        flaps = " (flapping)" if alert.is_flapping else ""
        row = (alert.key, iso(alert.fired_at) or "", _status(alert) + flaps, str(alert.severity), alert.rule)
        table.add_row(*map(Text, (*row, str(alert.scope), alert.newest.words)))
    out.print(table)


def _status(alert: Alert) -> str:
    return f"{alert.status} ({alert.ended})" if alert.ended else alert.status


def show(key: Key, *, json: bool = False, where: Where = HERE) -> None:
    """Show one alert: what was seen, everything that changed, its rule, and who was told."""
    with opened(where) as system:
        alert, changes, rule = system.alerts.desk.show(key)
        why = system.notices.telling.why(key)
        incidents, now = system.uptime.desk.incidents_of(alert), system.clock.now()
        by = system.console.naming.who(alert.ack_by)
    if json:
        print_json(whole_answer(alert, changes, rule, incidents, now))
        return
    out.print(Text(f"{alert.severity}: {alert.title} ({alert.rule}), {alert.scope}: {_status(alert)}"))
    show_reading(alert.newest, rule)
    if alert.ack_at:
        note = f": {alert.ack_note}" if alert.ack_note else ""
        out.print(Text(f"acknowledged {iso(alert.ack_at)} by {by}{note}"))
    for incident in incidents:
        out.print(Text(f"incident {incident.id}: {incident_line(incident, now)}"))
    out.print("\nhistory:")
    for each in changes:
        line = f"  {iso(each.at)}  {each.was} -> {each.became} ({each.reason}, {each.severity}): {each.reading.words}"
        out.print(Text(line))
    out.print("\nwho was told:")
    show_why(why)


def show_reading(reading: Reading, rule: Rule | None) -> None:
    """Print what was seen, and what it is made of."""
    out.print(Text(f"seen {iso(reading.at)}: {reading.words}"))
    if rule is not None and rule.threshold is not None:
        out.print(f"bad when {rule.comparison} {rule.threshold:g} {rule.unit}".rstrip())
    for part in reading.contributors:
        out.print(Text(f"  {part.kind} {part.id}: {part.n} of {part.of}"))


def ack(
    key: Key,
    *,
    note: Annotated[str, Parameter(help="What is done about it.")] = "",
    json: bool = False,
    where: Where = HERE,
) -> None:
    """Say that you have seen an alert: reminders and escalation stop. It ends by itself when the alert is resolved."""
    with opened(where) as system:
        system.alerts.alerting.acknowledge(key, who(), note)
        alert, _, _ = system.alerts.desk.show(key)
    if json:
        print_json(alert_answer(alert))
        return
    out.print(f"acknowledged: {alert.rule} {alert.scope}, {_status(alert)}")


def rules(*, json: bool = False, where: Where = HERE) -> None:
    """List the rules as they hold where nothing else is said for a WABA or number."""
    with opened(where) as system:
        listed = system.alerts.desk.listed()
    if json:
        print_json([rule_answer(rule) for rule in listed])
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("rule", "severity", "about", "kind", "bad when", "window", "for", "least sample", ""):
        table.add_column(heading, overflow="fold")
    for rule in listed:
        line = "" if rule.threshold is None else f"{rule.comparison} {rule.threshold:g} {rule.unit}".strip()
        is_rate = rule.kind == "rate"
        window = f"{rule.window_ms // MINUTE_MS} min" if is_rate else ""
        least = str(rule.min_sample) if is_rate else ""
        lasting = f"{rule.for_ms / MINUTE_MS:g} min" if rule.for_ms else ""
        row = (rule.name, str(rule.severity), str(rule.scope), str(rule.kind), line, window, lasting, least)
        table.add_row(*row, "" if rule.is_enabled else "off")
    out.print(table)


def backtest(
    rule: Annotated[str, Parameter(help="The rule, such as DELIVERY_RATE_LOW.")],
    *,
    days: Annotated[int, Parameter(help="How far back; at most 34 days.")] = 30,
    threshold: Annotated[float | None, Parameter(help="Another threshold; shares from 0 to 1.")] = None,
    min_sample: Annotated[Whole, Parameter(help="Another least sample.")] = None,
    window: Annotated[Whole, Parameter(help="Another width of the window, in minutes.")] = None,
    for_: Annotated[
        int | None,
        Parameter(name="--for", validator=validators.Number(gte=0), help="How long it must be bad, in minutes."),
    ] = None,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """Say when a rule would have fired in the last days, as it is or otherwise. Nothing is written, nobody is told."""
    with opened(where) as system:
        found = system.alerts.desk.backtest(rule, days, Trial(threshold, min_sample, window, for_))
    if json:
        print_json(backtest_answer(found))
        return
    show_backtest(found)


def show_backtest(found: Backtest) -> None:
    """Print what a rule would have done."""
    if not found.messages:
        span = f"from {iso(found.start)} to {iso(found.end)}"
        out.print(f"there is no data for {found.rule.name}: no message was sent {span}, so nothing can be said")
        return
    times = "once" if len(found.fired) == 1 else f"{len(found.fired)} times"
    span = f"from {iso(found.start)} to {iso(found.end)}"
    out.print(f"{found.rule.name} would have fired {times} {span}, when {found.messages:,} messages were sent")
    for each in found.fired:
        lasted = f"for {(each.ended_at - each.at) / MINUTE_MS:.0f} min" if each.ended_at else "and still would"
        out.print(Text(f"  {iso(each.at)} {lasted}, {each.scope}: {each.words}"))
