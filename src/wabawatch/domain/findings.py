"""What a check of an installation has found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a check ended, the best first."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was found, and what to do about it ("" nothing)."""

    check: str
    level: Level
    found: str
    fix: str = ""


def ok(check: str, found: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, found)


def warning(check: str, found: str, fix: str) -> Finding:
    """It works, but somebody should see to it."""
    return Finding(check, Level.WARNING, found, fix)


def failed(check: str, found: str, fix: str) -> Finding:
    """It does not work."""
    return Finding(check, Level.FAILED, found, fix)


def of_app(check: str, app: str) -> str:
    """The name of a check of one Meta app; "" is the one without a name."""
    return f"{check} ({app})" if app else check
