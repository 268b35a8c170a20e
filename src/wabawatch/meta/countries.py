"""The country of a person, told from a phone number or a business-scoped user id: for routing statistics only."""

from __future__ import annotations

from functools import cache, lru_cache

from wabawatch.domain.messages import ContactKey, ContactKind

_SHORTEST, _LONGEST = 7, 15
"""Digits of an international number with its country code. Longer ids of Meta's, such as groups, are no numbers."""

_TELLING_DIGITS = {"1": 4, "7": 4}
"""Leading digits that tell the country where a code is shared, such as the area code in North America."""
_TELLING_DIGITS_ELSEWHERE = 7

_TAIL = "23456782345678"
"""Stands in for the digits that do not tell, so that the answer never depends on which number came first."""

_NOT_A_COUNTRY = "001"


def country_of(contact: ContactKey) -> str:
    """ISO 3166-1 alpha-2 country of a contact, or "" when its id does not tell."""
    if contact.kind == ContactKind.PHONE:
        return country_of_phone(contact.value)
    return country_of_bsuid(contact.value) if contact.kind in _SAY_IT_FIRST else ""


_SAY_IT_FIRST = (ContactKind.BSUID, ContactKind.ERASED)


def country_of_phone(digits: str) -> str:
    """Return the ISO 3166-1 alpha-2 code for a phone number as Meta writes it (digits, no plus), or "" if unknown.

    A number of a shared calling code that no plan knows (test numbers such as +1 555) counts for the main country of
    that code. Never raises.
    """
    if not (_SHORTEST <= len(digits) <= _LONGEST and digits.isascii() and digits.isdigit()):
        return ""
    regions_of = _regions_by_code()
    for width in (1, 2, 3):
        regions = regions_of.get(digits[:width])
        if regions is not None:
            break
    else:
        return ""
    if len(regions) == 1:
        return "" if regions[0] == _NOT_A_COUNTRY else regions[0]
    telling = _TELLING_DIGITS.get(digits[:width], _TELLING_DIGITS_ELSEWHERE)
    return _region_of_shared(digits[:telling], len(digits)) or regions[0]


def country_of_bsuid(bsuid: str) -> str:
    """Return the country code that stands before the first dot of a business-scoped user id, or "" if none does."""
    country, dot, _ = bsuid.partition(".")
    return country.upper() if dot and len(country) == 2 and country.isascii() and country.isalpha() else ""


@cache
def _regions_by_code() -> dict[str, tuple[str, ...]]:
    """Countries by calling code, the main one first. No code is the beginning of another."""
    # Imported at first use: many roles never need it.
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return {str(code): regions for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}


@lru_cache(maxsize=4096)
def _region_of_shared(leading: str, length: int) -> str:
    """Ask the numbering plans which country of a shared code a number of so many digits belongs to."""
    from phonenumbers import NumberParseException, parse, region_code_for_number

    try:
        return region_code_for_number(parse("+" + leading + _TAIL[: length - len(leading)])) or ""
    except NumberParseException:
        return ""
