"""What messages cost: what Meta says is charged, by category, country and number, at the prices of the operator's list.

Meta tells that a message is charged and as what, never its price, and its rate card has no API. So the prices are the
operator's own. Volume tiers, which lower the price of a month's later messages, are left out: the amount is what the
list price comes to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from wabawatch.domain.facts import Millis

DEFAULT = "default"
"""The country that stands for every country without a price of its own."""

NOTHING = Decimal(0)


class Charge(NamedTuple):
    """Messages that are charged alike."""

    category: str
    """As what they are charged, in Meta's words"""
    country: str
    """Two letters; "" unknown"""
    number: str
    """The phone_number_id; "" unknown"""
    n: int


@dataclass(frozen=True, slots=True)
class PriceList:
    """What one message costs, by category and country."""

    currency: str = ""
    prices: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    """By category, then by country in capital letters or `default`"""

    def price(self, category: str, country: str) -> Decimal | None:
        """What one message costs; None where the list does not say: never to be taken for 0."""
        known = self.prices.get(category, {})
        return known.get(country, known.get(DEFAULT))


@dataclass(frozen=True, slots=True)
class Line:
    """What one kind of message costs."""

    category: str
    country: str
    number: str
    n: int
    price: Decimal | None
    """Of one message; None: not in the list"""

    @property
    def amount(self) -> Decimal | None:
        """Of all of them; None without a price."""
        return None if self.price is None else self.price * self.n


@dataclass(frozen=True, slots=True)
class Sum:
    """Several lines together."""

    n: int
    amount: Decimal | None
    """Of those with a price; None: none of them has one"""
    unpriced: int
    """Messages without a price, which are not in the amount"""


@dataclass(frozen=True, slots=True)
class Costs:
    """What the messages of a span of days cost."""

    start: Millis | None
    """The beginning of the first day; None: nothing was ever charged"""
    end: Millis | None
    currency: str
    lines: tuple[Line, ...]
    """The most expensive first, and before them those without a price"""
    total: Sum
    by_category: Mapping[str, Sum]
    by_country: Mapping[str, Sum]
    by_number: Mapping[str, Sum]


def costs(charges: Iterable[Charge], prices: PriceList, start: Millis | None, end: Millis | None) -> Costs:
    """What *charges* cost at *prices*."""
    ordered = tuple(sorted(priced(charges, prices), key=_by_weight))
    return Costs(
        start,
        end,
        prices.currency,
        ordered,
        total(ordered),
        _grouped(lambda line: line.category, ordered),
        _grouped(lambda line: line.country, ordered),
        _grouped(lambda line: line.number, ordered),
    )


def priced(charges: Iterable[Charge], prices: PriceList) -> Iterator[Line]:
    """What each kind of message in *charges* costs at *prices*, in their order."""
    return (Line(c.category, c.country, c.number, c.n, prices.price(c.category, c.country)) for c in charges if c.n)


def total(lines: Iterable[Line]) -> Sum:
    """The sum of *lines*. What has no price is counted beside the amount."""
    some = list(lines)
    amounts = [line.amount for line in some if line.amount is not None]
    unpriced = sum(line.n for line in some if line.price is None)
    return Sum(sum(line.n for line in some), sum(amounts, NOTHING) if amounts else None, unpriced)


def _grouped(of: Callable[[Line], str], lines: Iterable[Line]) -> dict[str, Sum]:
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(of(line), []).append(line)
    return {name: total(some) for name, some in groups.items()}


def _by_weight(line: Line) -> tuple[bool, Decimal, str, str, str]:
    weight = Decimal(line.n) if line.amount is None else line.amount
    return line.amount is not None, -weight, line.category, line.country, line.number
