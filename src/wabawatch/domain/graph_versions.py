"""The versions of the Graph API, and until when Meta serves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

EXPIRES: Mapping[str, date | None] = {
    "v17.0": date(2025, 9, 12),
    "v18.0": date(2026, 1, 26),
    "v19.0": date(2026, 5, 21),
    "v20.0": date(2026, 9, 24),
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
    "v26.0": None,
}
"""The day from which a version is served no more; None: not announced yet."""

NOTICE = timedelta(days=90)
"""So long before a version expires somebody should see to it."""


class Age(StrEnum):
    """How old a version is."""

    CURRENT = "current"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    """A call to it is served by the oldest version that still lives, whose behaviour may differ"""
    UNKNOWN = "unknown"
    """Newer than this release, or no version at all"""


@dataclass(frozen=True, slots=True)
class VersionAge:
    """How old a version is on a certain day."""

    age: Age
    expires_on: date | None = None


def age_of(version: str, today: date) -> VersionAge:
    """How old *version*, such as `v25.0`, is on the day *today*."""
    if version == OLDER or _number(version) < min(map(_number, EXPIRES)):
        return VersionAge(Age.EXPIRED)
    if version not in EXPIRES:
        return VersionAge(Age.UNKNOWN)
    expires_on = EXPIRES[version]
    if expires_on is None:
        return VersionAge(Age.CURRENT)
    if today >= expires_on:
        return VersionAge(Age.EXPIRED, expires_on)
    return VersionAge(Age.EXPIRING if today >= expires_on - NOTICE else Age.CURRENT, expires_on)


OLDER = "older"


def name_of(version: str) -> str:
    """The name under which calls to *version* are counted: its own if it is known, `OLDER` for older ones, else ""."""
    if version in EXPIRES:
        return version
    return OLDER if version and _number(version) < min(map(_number, EXPIRES)) else ""


def newest() -> str:
    """The newest version that is known."""
    return max(EXPIRES, key=_number)


def _number(version: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in version.removeprefix("v").split("."))
    except ValueError:
        return (10**9,)
