"""The price list in the settings: what it takes, and what it refuses."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from wabawatch.settings import SettingsError, load

LIST = """
[prices]
currency = "eur"
[prices.marketing]
DE = 0.1131
default = "0.06"
[prices.authentication_international]
in = 0.028
"""


def test_prices_stand_by_category_and_country(tmp_path: Path) -> None:
    (tmp_path / "wabawatch.toml").write_text(LIST)

    prices = load({}, tmp_path / "wabawatch.toml").prices.price_list()

    assert prices.currency == "EUR"
    assert prices.price("marketing", "DE") == Decimal("0.1131")
    assert prices.price("marketing", "FR") == Decimal("0.06")
    assert prices.price("authentication_international", "IN") == Decimal("0.028")
    assert prices.price("authentication", "IN") is None


def test_a_variable_of_a_longer_category_is_not_taken_for_the_shorter_one() -> None:
    env = {
        "WABAWATCH_PRICES_MARKETING_DE": "0.1",
        "WABAWATCH_PRICES_MARKETING_LITE_DE": "0.2",
        "WABAWATCH_PRICES_AUTHENTICATION_INTERNATIONAL_DEFAULT": "0.3",
    }

    prices = load(env).prices.price_list()

    assert prices.prices["marketing"] == {"DE": Decimal("0.1")}
    assert prices.prices["marketing_lite"] == {"DE": Decimal("0.2")}
    assert prices.prices["authentication_international"] == {"default": Decimal("0.3")}


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("[prices.marketing]\nGermany = 0.1", "prices.marketing.Germany: 'Germany' is no country"),
        ("[prices.marketing]\nDE = -0.1", "-0.1 is below 0"),
        ("[prices.marketing]\nDE = 'cheap'", "'cheap' is not a number"),
        ("[prices.marketing]\nDE = 5000000", "more than a million"),
        ("[prices]\ncurrency = 'Euro'", "'EURO' is no currency"),
        ("[prices.marketting]\nDE = 0.1", "the nearest valid name is prices.marketing"),
        ("[prices]\nmarketing = 0.1", "the nearest valid name is prices.marketing"),
    ],
)
def test_what_is_no_price_is_refused_with_what_is_wrong(tmp_path: Path, toml: str, sentence: str) -> None:
    (tmp_path / "wabawatch.toml").write_text(toml)

    with pytest.raises(SettingsError) as refused:
        load({}, tmp_path / "wabawatch.toml")

    assert sentence in str(refused.value)
