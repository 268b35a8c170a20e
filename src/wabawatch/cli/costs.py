"""`wabawatch costs`: what messages cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter, validators
from rich.table import Table

from wabawatch.cli.common import HERE, Command, Where, opened, out, print_json
from wabawatch.domain.costs import Costs, Sum
from wabawatch.domain.facts import Millis
from wabawatch.ports import Window
from wabawatch.web.answers_limits import UNKNOWN, costs_answer
from wabawatch.wire import iso

app = Command()

MOST_LINES = 40


@app.default
def costs(
    *,
    hours: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 720,
    start: Annotated[datetime | None, Parameter(name="--from")] = None,
    end: Annotated[datetime | None, Parameter(name="--to")] = None,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """Messages are counted by whole UTC days, as Meta says that they are charged; prices are those of `[prices]` in
    wabawatch.toml. What has no price there is shown as such, and is not in the amounts.

    Parameters
    ----------
    hours
        How far to look back; 0 is everything.
    start
        In place of `--hours`: the first day (UTC), as in 2026-09-01.
    end
        Where to end (UTC), as in 2026-10-01; without it, now.
    json
        Print JSON, with the names of `GET /api/v1/costs`.
    """
    with opened(where) as system:
        if start is None and end is None:
            found = system.limits.costing.recent(hours)
        else:
            found = system.limits.costing.costs(Window(_millis(start), _millis(end)))
    if json:
        print_json(costs_answer(found))
    else:
        show(found)


def show(costs: Costs) -> None:
    """Print *costs* for a person."""
    if costs.start is None:
        out.print("Nothing that Meta charges for was ever sent.")
        return
    out.print(f"{iso(costs.start)} to {iso(costs.end)}: {_sum(costs.total, costs.currency)}")
    for heading, sums in (
        ("category", costs.by_category),
        ("country", costs.by_country),
        ("number", costs.by_number),
    ):
        out.print(_table(heading, sums, costs.currency))
    if costs.total.unpriced:
        out.print(f"{costs.total.unpriced} messages have no price: give one under \\[prices] in wabawatch.toml")


def _table(heading: str, sums: Mapping[str, Sum], currency: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in (heading, "messages", "amount"):
        table.add_column(name, justify="left" if name == heading else "right")
    ordered = sorted(sums.items(), key=lambda item: (-(item[1].amount or 0), -item[1].n, item[0]))
    for name, some in ordered[:MOST_LINES]:
        table.add_row(name or UNKNOWN, f"{some.n}", _amount(some, currency))
    if len(ordered) > MOST_LINES:
        table.add_row(f"... and {len(ordered) - MOST_LINES} more: --json shows all", "", "")
    return table


def _sum(some: Sum, currency: str) -> str:
    return f"{some.n} charged messages, {_amount(some, currency)}"


def _amount(some: Sum, currency: str) -> str:
    if some.amount is None:
        return "no price"
    amount = f"{some.amount:.2f} {currency}".rstrip()
    return f"{amount} + {some.unpriced} without a price" if some.unpriced else amount


def _millis(at: datetime | None) -> Millis | None:
    return None if at is None else int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
