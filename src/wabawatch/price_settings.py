"""The operator's price list, as the settings have it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from wabawatch import kinds
from wabawatch.domain.costs import DEFAULT, PriceList
from wabawatch.sources import named, setting


def _prices(category: str, sentence: str) -> Mapping[str, Decimal]:
    name = f"WABAWATCH_PRICES_{category.upper()}_<name>"
    prices: Mapping[str, Decimal] = named(name, kinds.PRICE, sentence)
    return prices


@dataclass(frozen=True, slots=True)
class Prices:
    """What one message costs, by category, then by country (`DE`) or `default`. Volume tiers are left out."""

    currency: str = setting(
        "WABAWATCH_PRICES_CURRENCY", kinds.CURRENCY, "", "Currency of the prices, by its three letters; only shown."
    )
    # A variable of a longer name comes first: it also fits the shorter one.
    marketing_lite: Mapping[str, Decimal] = _prices(
        "marketing_lite", "Price of a marketing message sent through the Marketing Messages API."
    )
    marketing: Mapping[str, Decimal] = _prices("marketing", "Price of a marketing message.")
    utility: Mapping[str, Decimal] = _prices("utility", "Price of a utility message.")
    authentication_international: Mapping[str, Decimal] = _prices(
        "authentication_international", "Price of an authentication message at the international rate."
    )
    authentication: Mapping[str, Decimal] = _prices("authentication", "Price of an authentication message.")
    service: Mapping[str, Decimal] = _prices("service", "Price of a service message; Meta takes nothing for them now.")
    referral_conversion: Mapping[str, Decimal] = _prices(
        "referral_conversion", "Price of a message after a click on an ad."
    )

    def problems(self) -> Iterator[str]:
        """A sentence for each name that is no country."""
        for category, by_country in self._by_category().items():
            for country in by_country:
                if country.lower() != DEFAULT and not re.fullmatch(r"[A-Za-z]{2}", country):
                    yield (
                        f"prices.{category}.{country}: {country!r} is no country; "
                        f"give its two letters, such as DE, or `{DEFAULT}` for all others"
                    )

    def price_list(self) -> PriceList:
        """The prices as the rule takes them."""
        return PriceList(
            self.currency,
            {
                category: {DEFAULT if name.lower() == DEFAULT else name.upper(): price for name, price in some.items()}
                for category, some in self._by_category().items()
            },
        )

    def _by_category(self) -> dict[str, Mapping[str, Decimal]]:
        return {spot.name: getattr(self, spot.name) for spot in fields(self) if spot.name != "currency"}
