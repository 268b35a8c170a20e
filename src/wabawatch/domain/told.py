"""What was told of a template, number or account, line by line: its history as people read it."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch.domain.facts import Millis, Source


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the history of a template, number or account, as it was told."""

    event: str
    """Which aspect changed, or what happened"""
    before: str
    """"" not known: webhooks seldom tell it"""
    after: str
    reason: str
    at: Millis
    """When it happened, as far as we know"""
    told_at: Millis
    source: Source
    is_live: bool
    """False: it was imported or replayed"""

    @property
    def is_first_look(self) -> bool:
        """Whether it tells how something was when Meta was first asked for it: nothing changed then."""
        return self.source is Source.POLL and not self.before
