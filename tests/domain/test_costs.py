"""What messages cost at the operator's prices; what has none is never free."""

from __future__ import annotations

from decimal import Decimal

from wabawatch.domain.costs import Charge, PriceList, costs

PRICES = PriceList("EUR", {"marketing": {"DE": Decimal("0.1131"), "default": Decimal("0.06")}, "service": {}})
CHARGES = [
    Charge("marketing", "DE", "100", 1000),
    Charge("marketing", "BR", "100", 10),
    Charge("marketing", "", "200", 1),
    Charge("utility", "DE", "100", 7),
    Charge("service", "DE", "100", 0),
]


def test_a_country_has_its_own_price_and_every_other_the_default() -> None:
    assert PRICES.price("marketing", "DE") == Decimal("0.1131")
    assert PRICES.price("marketing", "BR") == PRICES.price("marketing", "") == Decimal("0.06")


def test_a_category_or_country_that_the_list_does_not_have_has_no_price() -> None:
    assert PRICES.price("utility", "DE") is None
    assert PRICES.price("service", "DE") is None


def test_a_price_of_0_is_a_price() -> None:
    free = PriceList("EUR", {"service": {"default": Decimal(0)}})

    found = costs([Charge("service", "DE", "100", 5)], free, 0, 1)

    assert (found.total.amount, found.total.unpriced) == (Decimal(0), 0)


def test_what_has_no_price_is_counted_beside_the_amount_and_not_in_it() -> None:
    found = costs(CHARGES, PRICES, 0, 1)

    assert (found.total.n, found.total.amount, found.total.unpriced) == (1018, Decimal("113.76"), 7)
    assert found.by_category["utility"].amount is None


def test_the_sums_by_category_country_and_number_each_add_up_to_the_total() -> None:
    found = costs(CHARGES, PRICES, 0, 1)

    for sums in (found.by_category, found.by_country, found.by_number):
        assert sum(some.n for some in sums.values()) == found.total.n
        assert sum(some.amount or 0 for some in sums.values()) == found.total.amount
        assert sum(some.unpriced for some in sums.values()) == found.total.unpriced


def test_what_has_no_price_comes_first_and_then_the_most_expensive() -> None:
    found = costs(CHARGES, PRICES, 0, 1)

    assert [(line.category, line.country) for line in found.lines] == [
        ("utility", "DE"),
        ("marketing", "DE"),
        ("marketing", "BR"),
        ("marketing", ""),
    ]


def test_without_a_price_list_nothing_has_an_amount() -> None:
    found = costs(CHARGES, PriceList(), 0, 1)

    assert (found.total.amount, found.total.unpriced) == (None, 1018)
