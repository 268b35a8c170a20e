"""What the operations on costs and limits answer, as types; the commands print the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from wabawatch.domain.costs import Costs, Sum
from wabawatch.web.answers import Strict, Time
from wabawatch.wire import iso


class Total(Strict):
    """What some messages cost together."""

    messages: int
    amount: Annotated[float | None, Meta(description="Of those with a price; null: none of them has one")]
    unpriced: Annotated[int, Meta(description="Messages without a price, which are not in the amount")]


class Line(Strict):
    """What one kind of message costs."""

    category: str
    country: Annotated[str | None, Meta(description="Two letters; null: unknown")]
    number: Annotated[str | None, Meta(description="The phone_number_id; null: unknown")]
    messages: int
    price: Annotated[float | None, Meta(description="Of one message; null: not in the price list")]
    amount: float | None


class CostsAnswer(Strict, rename={"start": "from", "end": "to"}):
    """What the messages of some days cost."""

    start: Annotated[Time | None, Meta(description="The beginning of the first UTC day; null: nothing was charged")]
    end: Time | None
    currency: str | None
    total: Total
    by_category: dict[str, Total]
    by_country: dict[str, Total]
    by_number: dict[str, Total]
    lines: list[Line]


UNKNOWN = "unknown"


def costs_answer(costs: Costs) -> CostsAnswer:
    """*costs* as they are answered. Amounts are rounded to a millionth."""
    return CostsAnswer(
        start=iso(costs.start),
        end=iso(costs.end),
        currency=costs.currency or None,
        total=_total(costs.total),
        by_category=dict(_totals(costs.by_category)),
        by_country=dict(_totals(costs.by_country)),
        by_number=dict(_totals(costs.by_number)),
        lines=[
            Line(
                line.category, line.country or None, line.number or None, line.n, _plain(line.price),
                _plain(line.amount),
            )
            for line in costs.lines
        ],
    )  # fmt: skip


def _totals(sums: Mapping[str, Sum]) -> Iterator[tuple[str, Total]]:
    return ((name or UNKNOWN, _total(sums[name])) for name in sorted(sums))


def _total(some: Sum) -> Total:
    return Total(some.n, _plain(some.amount), some.unpriced)


def _plain(amount: Decimal | None) -> float | None:
    return None if amount is None else float(round(amount, 6))
