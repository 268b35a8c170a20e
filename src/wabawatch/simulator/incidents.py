"""Trouble on command: the API down, webhooks silent or lost, or messages failing for a while."""

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
    WEBHOOKS_LOST = "webhooks_lost"
    """What would be brought is lost for ever: only Meta's own counts know of it."""
    FAILURES = "failures"
    """Accepted messages fail."""
    REFUSALS = "refusals"
    """The API refuses sends."""
    WEBHOOKS_LATE = "webhooks_late"
    """Statuses of what is sent meanwhile are brought later than they would be, with their own time in them."""
    API_SLOW = "api_slow"
    """Calls to the management API are answered late, by some seconds of real time."""
    OUTAGE_REPORTED = "outage_reported"
    """The status feed tells of a disruption; nothing else changes."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Trouble from `at` on, for `duration_ms` of simulated time."""

    kind: IncidentKind
    at: Millis
    duration_ms: int
    share: float = 1.0
    """FAILURES and REFUSALS only: how many of the messages, from 0 to 1."""
    code: int = 131026
    """FAILURES and REFUSALS only: with which error."""
    number: str = ""
    """Not of WEBHOOKS_SILENT and WEBHOOKS_LOST: the phone_number_id concerned; ``""`` means all."""
    waba: str = ""
    """FAILURES and REFUSALS only, as the next two: whose messages."""
    country: str = ""
    """Of the recipient, in two letters."""
    template: str = ""
    """Its id."""
    late_ms: int = 0
    """WEBHOOKS_LATE only: how much later."""

    @property
    def ends_at(self) -> Millis:
        return self.at + self.duration_ms

    def strikes(self, at: Millis, number: str = "", waba: str = "", country: str = "", template: str = "") -> bool:
        """Whether the incident is felt at *at* by a message of that number and so on."""
        concerned = ((self.number, number), (self.waba, waba), (self.country, country), (self.template, template))
        return self.at <= at < self.ends_at and all(own in ("", felt) for own, felt in concerned)
