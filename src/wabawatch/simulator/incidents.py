"""Trouble on command: the API down, webhooks silent, or messages failing for a while."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wabawatch.domain.facts import Millis


class IncidentKind(StrEnum):
    """What can be broken on command."""

    API_DOWN = "api_down"
    """Every call is refused as unavailable."""
    WEBHOOKS_SILENT = "webhooks_silent"
    """Nothing is brought until the incident ends; then all of it is."""
    FAILURES = "failures"
    """Accepted messages fail."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Trouble from `at` on, for `duration_ms` of simulated time."""

    kind: IncidentKind
    at: Millis
    duration_ms: int
    share: float = 1.0
    """FAILURES only: how many of the messages fail, from 0 to 1."""
    code: int = 131026
    """FAILURES only: with which error."""
    number: str = ""
    """API_DOWN and FAILURES only: the phone_number_id concerned; ``""`` means all."""

    @property
    def ends_at(self) -> Millis:
        return self.at + self.duration_ms

    def strikes(self, at: Millis, number: str = "") -> bool:
        """Whether the incident is felt at *at* by *number*."""
        return self.at <= at < self.ends_at and self.number in ("", number)
