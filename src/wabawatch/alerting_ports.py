"""What alerting needs from the outside, each method with its guarantee."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from wabawatch.domain.alert_records import Alert, AlertFilter, Change
from wabawatch.domain.alerts import AlertScope, AlertState, Severity, Transition
from wabawatch.domain.facts import Millis

StateKey = tuple[str, AlertScope]
"""Name of a rule, and what it looks at"""


class AlertBook(Protocol):
    """Every alert there is and was. Raises StoreUnavailable."""

    def states(self, rules: Collection[str] | None = None) -> Mapping[StateKey, AlertState]:
        """How everything stands that ever was anything but good; of *rules* only, if given."""

    def save(self, changes: Sequence[Change], marks: Mapping[str, int]) -> list[Transition]:
        """Write *changes* and set *marks* in one transaction; durable on return.

        A change whose state is not as it was read is left out whole: somebody else was faster. Gives the transitions
        that were written.
        """

    def open(self) -> list[Alert]:
        """The alerts that are pending or firing."""

    def find(self, wanted: AlertFilter, limit: int) -> list[Alert]:
        """The newest *limit* alerts that are *wanted*, by when they fired."""

    def alert(self, key: str) -> Alert | None:
        """One alert."""

    def transitions(self, key: str) -> list[Transition]:
        """Every change of one alert, the first one first."""

    def acknowledge(self, key: str, at: Millis, by: str, note: str, change: Change | None) -> bool:
        """Note who has seen an open alert, with an entry in the audit trail, and write *change* with it.

        False: it is not open any more, or *change* came too late; then nothing was written. Of one that was
        acknowledged before the first name stays.
        """

    def counts(self) -> Mapping[Severity, int]:
        """How many alerts are firing, by severity."""
