"""What telling open windows of alerts needs from the outside, each method with its guarantee."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from wabawatch.domain.alert_news import AlertDeed, Told
from wabawatch.domain.alert_records import Alert
from wabawatch.domain.alerts import AlertScope, Transition
from wabawatch.domain.facts import Millis
from wabawatch.domain.silences import Silence


class AlertSigns(Protocol):
    """How things stand, in so few words that it can be asked once a second. Raises StoreUnavailable."""

    def sign(self, now: Millis) -> str:
        """Another one whenever an alert has begun, changed or ended, somebody has done something about one, or a
        silence has begun or ended; without `/` and white space."""

    def looks(self) -> Mapping[int, int]:
        """By user, the newest transition when they last looked at the list."""


class AlertNewsBook(AlertSigns, Protocol):
    """What is new, and how far each user has read. Raises StoreUnavailable."""

    def told(self) -> Told:
        """The newest transition and deed."""

    def transitions_since(self, number: int, limit: int) -> Sequence[tuple[int, Transition]]:
        """The newest *limit* transitions numbered above *number*, the oldest first, with their numbers."""

    def begun_since(self, number: int, limit: int) -> Mapping[str, tuple[str, AlertScope]]:
        """Rule and scope of alerts that began to fire, or did again, by transitions above *number*, by their key."""

    def some_transitions(self, numbers: Collection[int]) -> Sequence[tuple[int, Transition]]:
        """Those of *numbers* that there are, in order."""

    def deeds_since(self, number: int, limit: int) -> Sequence[AlertDeed]:
        """The newest *limit* deeds numbered above *number*, the oldest first."""

    def deeds_of(self, alert: str) -> Sequence[AlertDeed]:
        """What people did about one alert, the first one first."""

    def alerts(self, keys: Collection[str]) -> Mapping[str, Alert]:
        """Those of *keys* that there are."""

    def firing(self) -> Mapping[str, tuple[str, AlertScope]]:
        """Rule and scope of every alert that fires now, by its key."""

    def active_silences(self, now: Millis) -> Sequence[Silence]:
        """Those that hold now."""

    def seen(self, user: int) -> int | None:
        """The newest transition when *user* last looked; None: they never did."""

    def look(self, user: int, number: int) -> None:
        """Note that *user* has seen everything up to the transition *number*; never less than before."""

    def note(self, alert: str, by: str, words: str, now: Millis) -> None:
        """Keep what *by* wrote about an alert, with an entry in the audit trail; the words are not in it."""
