"""Where the simulated people live: dialling codes, how common they are, how often messages to them fail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """A country of the cast."""

    iso: str
    mobile: str
    """Dialling code and the first digits of a mobile number."""
    length: int
    """Digits of a whole number, dialling code included."""
    weight: int
    risk: float = 1.0
    """How much likelier than usual a message fails there."""


COUNTRIES = (
    Country("BR", "55119", 13, 18, 1.1),
    Country("IN", "919", 12, 16, 1.4),
    Country("MX", "5255", 12, 9),
    Country("US", "1415", 11, 8, 1.2),
    Country("ID", "62812", 13, 7),
    Country("DE", "49151", 13, 6, 0.6),
    Country("ES", "346", 11, 4, 0.7),
    Country("IT", "3934", 12, 4, 0.7),
    Country("GB", "447", 12, 4, 0.7),
    Country("CO", "57300", 12, 4),
    Country("AR", "54911", 13, 3),
    Country("ZA", "2782", 11, 3),
    Country("NG", "234803", 13, 3, 1.6),
    Country("AE", "97150", 12, 2),
    Country("SA", "96650", 12, 2),
    Country("TR", "90532", 12, 2),
    Country("FR", "336", 11, 2, 0.7),
    Country("NL", "316", 11, 1, 0.6),
    Country("PE", "519", 11, 1),
    Country("CL", "569", 11, 1),
    Country("MY", "6012", 11, 1),
    Country("PK", "92300", 12, 1, 1.5),
    Country("EG", "2010", 12, 1, 1.3),
    Country("KE", "2547", 12, 1, 1.2),
    Country("PT", "35191", 12, 1, 0.7),
)
BY_ISO = {country.iso: country for country in COUNTRIES}
_BY_PREFIX = sorted(COUNTRIES, key=lambda country: len(country.mobile), reverse=True)


def country_of(phone: str) -> str:
    """The country of *phone* (digits), ``""`` where the cast has nobody."""
    return next((country.iso for country in _BY_PREFIX if phone.startswith(country.mobile)), "")
