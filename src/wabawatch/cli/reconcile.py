"""`wabawatch reconcile`: what Meta counted, beside what we counted."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter, validators
from rich.table import Table

from wabawatch.cli.common import HERE, Command, Where, opened, out, print_json
from wabawatch.domain.reconciliation import Agreement, Comparison, date_of
from wabawatch.flows.reconciling import Reconciliation
from wabawatch.web.api_reconciliation import MAX_DAYS, reconciliation_answer

app = Command()

MOST_CAUSES = 10
STYLES = {Agreement.IN_LINE: "green", Agreement.WE_KNOW_LESS: "bold red", Agreement.WE_KNOW_MORE: "yellow"}


@app.default
def reconcile(
    *,
    days: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=MAX_DAYS))] = 30,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """Meta is asked for its counts twice a day while monitoring runs; this shows how each UTC day compared. Where Meta
    counted more, webhooks were lost, or another application sends.

    Parameters
    ----------
    days
        How many UTC days to look back; 0 is all.
    json
        Print JSON, with the names of `GET /api/v1/reconciliation`.
    """
    with opened(where) as system:
        found = system.limits.reconciling.recent(days)
    if json:
        print_json(reconciliation_answer(found))
    else:
        show(found)


def show(found: Reconciliation) -> None:
    """Print *found* for a person."""
    if not found.compared:
        out.print("No day was compared yet: it takes a token, monitoring, and a whole UTC day (docs/polling.md).")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("day", "account or number"):
        table.add_column(heading, no_wrap=True)
    for heading in ("sent Meta", "sent ours", "arrived Meta", "arrived ours"):
        table.add_column(heading, justify="right")
    table.add_column("verdict", no_wrap=True)
    for each in found.compared:
        meta, own = each.counts.meta, each.counts.own
        figures = [f"{n}" for n in (meta.sent, own.sent, meta.delivered, own.delivered)]
        words, style = each.agreement.replace("_", " "), STYLES.get(each.agreement, "")
        table.add_row(str(date_of(meta.day)), _whose(each), *figures, words, style=style)
    out.print(table)
    explained = [each for each in found.compared if each.cause]
    for each in explained[:MOST_CAUSES]:
        out.print(f"{date_of(each.counts.meta.day)} {_whose(each).strip()}: {each.cause}")
    if len(explained) > MOST_CAUSES:
        out.print(f"... and {len(explained) - MOST_CAUSES} more: --json shows all")


def _whose(each: Comparison) -> str:
    return f"  {each.counts.number}" if each.counts.number else each.counts.waba
