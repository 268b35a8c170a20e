"""Countries of people: right for usual numbers, silent about the rest, never a reason to fail."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.meta.countries import country_of_bsuid, country_of_phone


@pytest.mark.parametrize(
    ("digits", "country"),
    [
        ("12025550123", "US"),
        ("16475550123", "CA"),
        ("18765550123", "JM"),
        ("17875550123", "PR"),
        ("5511987654321", "BR"),
        ("551187654321", "BR"),
        ("919876543210", "IN"),
        ("447400123456", "GB"),
        ("447781123456", "GG"),
        ("447797712345", "JE"),
        ("79161234567", "RU"),
        ("77011234567", "KZ"),
        ("393401234567", "IT"),
        ("390669812345", "VA"),
        ("5215512345678", "MX"),
        ("49151234567890", "DE"),
        ("262639012345", "YT"),
        ("6834000", "NU"),
    ],
)
def test_usual_numbers_tell_their_country(digits: str, country: str) -> None:
    assert country_of_phone(digits) == country


def test_a_number_no_plan_knows_counts_for_the_main_country_of_its_code() -> None:
    assert country_of_phone("15550001234") == "US"
    assert country_of_phone("449999999999") == "GB"


@pytest.mark.parametrize(
    "digits",
    [
        "",
        "1",
        "155500",
        "abc",
        "+12025550123",
        "1 202 555 0123",
        "١٢٠٢٥٥٥٠١٢٣",
        "²²²²²²²²",
        "00491512345678",
        "999123456789",
        "120363000000000000",
        "80012345678",
        "870773111632",
        "\ud800234567",
        "\x00",
    ],
)
def test_what_is_no_number_of_a_country_gives_nothing(digits: str) -> None:
    assert country_of_phone(digits) == ""


@given(st.one_of(st.text(), st.text("0123456789", max_size=20)))
def test_nothing_raises_and_every_answer_is_empty_or_two_letters(digits: str) -> None:
    country = country_of_phone(digits)

    assert country == "" or (len(country) == 2 and country.isupper())


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
def test_every_country_is_told_by_its_own_example_of_a_mobile_number(region: str) -> None:
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        return
    digits = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")

    assert country_of_phone(digits) in (region, phonenumbers.region_code_for_number(example))


@given(st.lists(st.text("0123456789", min_size=4, max_size=4), min_size=2, max_size=5))
def test_the_answer_does_not_depend_on_which_number_came_first(ends: list[str]) -> None:
    assert len({country_of_phone("4478391" + "0" + end) for end in ends}) == 1


@pytest.mark.parametrize(
    ("bsuid", "country"),
    [
        ("US.13491208655302741918", "US"),
        ("BR.ENT.11815799212886844830", "BR"),
        ("in.1", "IN"),
        ("US", ""),
        ("USA.1", ""),
        ("U.1", ""),
        (".1", ""),
        ("12.34", ""),
        ("ÄÖ.1", ""),
        ("", ""),
        ("15550001234", ""),
    ],
)
def test_a_bsuid_begins_with_its_country(bsuid: str, country: str) -> None:
    assert country_of_bsuid(bsuid) == country
