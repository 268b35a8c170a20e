"""Reconciling: what Meta counted beside what we counted, day by day, with the likely cause of a gap."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.reconciliation import Comparison, compare
from wabawatch.ports import Clock
from wabawatch.reconciliation_ports import Days

MOST = 10_000
"""So many days of accounts and numbers are given at a time, the newest."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The days that were compared, the newest first."""

    as_of: Millis
    days: int
    """How far back was looked"""
    compared: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Reconciling:
    """Reads the days that polling compared, and judges them."""

    kept: Days
    clock: Clock

    def recent(self, days: int) -> Reconciliation:
        """The UTC days that ended in the last *days*, today's not among them; 0: all that were ever compared."""
        now = self.clock.now()
        first = now // DAY_MS - days if days else 0
        return Reconciliation(now, days, tuple(compare(each) for each in self.kept.days(first, MOST)))
