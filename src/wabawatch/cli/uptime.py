"""`wabawatch uptime`: what is checked, how it stands, and what went wrong for how long."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter, validators
from rich.table import Table
from rich.text import Text

from wabawatch.cli.common import HERE, Command, Where, opened, out, print_json
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.domain.uptime import CheckFigures, Incident, Shares, UptimeFigures
from wabawatch.web.answers_uptime import Raised, uptime_answer
from wabawatch.wire import iso

app = Command()

SIGNS = {"ok": ("#", "green"), "down": ("!", "bold red"), "maintenance": ("m", "blue"), "unknown": (".", "dim")}
STYLES = {"ok": "green", "failed": "bold red", "unknown": "dim"}
SHOWN = 20


@app.default
def uptime(
    *,
    hours: Annotated[int | None, Parameter(validator=validators.Number(gte=0))] = None,
    days: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    bars: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=200))] = 24,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """A share counts known time alone: what nobody watched is unknown, never good, and maintenance is left out. The
    whole is down while any essential check (*) is.

    Parameters
    ----------
    hours
        How far to look back (default 24); 0 is everything.
    days
        The same in days.
    bars
        Into how many equal parts the time is cut: `#` ok, `!` down, `m` maintenance, `.` unknown.
    json
        Print JSON, with the names of `GET /api/v1/uptime`.
    """
    if hours is not None and days is not None:
        raise BadRequest("--hours and --days say the same in two ways: give one of them")
    back = 24 * days if days is not None else 24 if hours is None else hours
    with opened(where) as system:
        found = system.uptime.desk.recent(back, bars)
        raised = system.alerts.desk.of_incidents(found.incidents)
    if json:
        print_json(uptime_answer(found, raised))
    else:
        show(found, raised)


def show(figures: UptimeFigures, raised: Raised) -> None:
    """Print *figures* for a person."""
    whole = figures.whole
    out.print(f"{iso(figures.start)} to {iso(figures.end)}")
    if not figures.n:
        out.print("nothing was checked in this time: checks run in the server, while monitoring runs")
    verdict = {True: "met", False: "missed", None: "unknown"}[whole.meets(figures.sla)]
    out.print(
        f"uptime {share_words(whole)} ({figures.sla:.1%} wanted: {verdict}); down {lasting(whole.down)}, "
        f"maintenance {lasting(whole.maintenance)}, unknown {lasting(whole.unknown)}"
    )
    out.print(
        f"{whole.incidents} incidents; MTTR {'-' if whole.mttr_ms is None else lasting(whole.mttr_ms)}, "
        f"MTBF {'-' if whole.mtbf_ms is None else lasting(whole.mtbf_ms)}"
    )
    out.print(checks_table(figures))
    for incident in figures.incidents[:SHOWN]:
        out.print(incident_line(incident, figures.end), markup=False)
        for alert in raised.get(incident.id, ()):
            out.print(f"    raised {alert.rule} ({alert.severity}, {alert.status}): alert {alert.key}", markup=False)
    if len(figures.incidents) > SHOWN:
        out.print(f"and {len(figures.incidents) - SHOWN} more: --json shows all")


def checks_table(figures: UptimeFigures) -> Table:
    """Every check: how it stands, its share, how long answers took, and its bars."""
    table = Table(box=None, pad_edge=False)
    for heading in ("check", "now", "uptime", "p50", "p95", "p99 ms", "looks", "over time", ""):
        table.add_column(heading, overflow="fold")
    for each in figures.checks:
        view = each.view
        times = [each.looks.percentile_ms(share) for share in (0.5, 0.95, 0.99)]
        table.add_row(
            view.name + ("*" if view.is_essential else ""), Text(view.outcome.value, STYLES[view.outcome.value]),
            share_words(each.shares), *("-" if ms is None else f"{ms:.0f}" for ms in times), str(each.looks.n),
            bar(each), Text(view.words if view.failures else ""),
        )  # fmt: skip
    return table


def bar(figures: CheckFigures) -> Text:
    """The period as one sign for each part."""
    return Text.assemble(*(SIGNS[word] for word in figures.bars))


def share_words(shares: Shares) -> str:
    """Such as `99.95%`; rounded down, so that it never looks better than it was."""
    return "-" if shares.uptime is None else f"{int(shares.uptime * 100_000) / 1000:.3f}%"


def incident_line(incident: Incident, now: Millis) -> str:
    """An incident in a line."""
    ended = iso(incident.ended_at) or "goes on"
    took = lasting(incident.duration_ms(now))
    return (
        f"{iso(incident.opened_at)} {incident.check}: {took} ({ended}), cause {incident.cause} "
        f"({incident.why}): {incident.words}"
    )


def lasting(ms: float) -> str:
    """Such as `2 d 3 h`, `5 min 10 s`, or `0 s`."""
    left, said = round(ms / 1000), list[str]()
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if left >= size and len(said) < 2:
            said.append(f"{left // size} {name}")
            left %= size
    return " ".join(said) or "0 s"
