"""What the checks need from the outside, and what others read of them; each method with its guarantee."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from wabawatch.domain.causes import Decision
from wabawatch.domain.checks import CheckState, Plan, Seen, Step
from wabawatch.domain.facts import Millis
from wabawatch.domain.uptime import CheckView, Incident, Looks, Spans


class Crew(Protocol):
    """Those who look."""

    def look(self, plans: Sequence[Plan]) -> list[Seen]:
        """Look at all of *plans*, some at a time, each within its own time-out. Whatever goes wrong is a value."""


class CheckLedger(Protocol):
    """The checks inside one transaction that writes: all of it is kept, or none."""

    def states(self) -> Mapping[str, CheckState]:
        """How each check stands that was ever looked at."""

    def save(self, plan: Plan, seen: Seen, step: Step) -> None:
        """Keep a look and what it made of the check: state, known time, roll-ups."""

    def put_off(self, names: Collection[str], due_at: Millis) -> None:
        """Have these checks looked at next at *due_at*."""

    def open_incidents(self) -> Mapping[str, Incident]:
        """The open incident of each check that has one."""

    def open(self, plan: Plan, state: CheckState, noted_at: Millis, decision: Decision) -> None:
        """Open an incident that began at the first failure of the row."""

    def go_on(self, incident: Incident, decision: Decision, words: str, failures: int) -> None:
        """Keep what is newly known of an open incident."""

    def close(self, incident: Incident, ended_at: Millis) -> None:
        """Close it; never before it began."""


class CheckBooks(Protocol):
    """The checks on disk, for whoever looks."""

    def states(self) -> Mapping[str, CheckState]:
        """How each check stands that was ever looked at. Raises StoreUnavailable."""

    def writing(self) -> AbstractContextManager[CheckLedger]:
        """A transaction. Durable when the block ends, undone if it raises. Raises StoreUnavailable."""

    def drop_old(self, now: Millis) -> int:
        """Delete some of what is no longer needed in detail. Gives how many rows; 0: none is left."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of a period, in one consistent view."""

    views: tuple[CheckView, ...]
    known: Mapping[str, Spans]
    """When each check was watched"""
    looks: Mapping[str, Looks]
    """In the hours, or days further back, that touch the period"""
    incidents: tuple[Incident, ...]
    """Those that touch it, the newest first"""


class Checks(Protocol):
    """The checks, for whoever reads."""

    def views(self, now: Millis) -> list[CheckView]:
        """How each check of the settings stands."""

    def watched(self, start: Millis, end: Millis, now: Millis) -> Watched:
        """What is known of the time from *start* to *end*."""

    def first_at(self) -> Millis | None:
        """When anything was looked at first; None: never."""

    def incidents(self, start: Millis, limit: int) -> list[Incident]:
        """Incidents that were open at *start* or later, the newest first."""

    def incident(self, id_: int) -> Incident | None:
        """One incident."""

    def results(self, name: str, limit: int) -> list[Seen]:
        """The newest looks at a check, the newest first; those of the last days only."""


class Maintenance(Protocol):
    """When nobody should rely on anything."""

    def __call__(self, start: Millis, end: Millis, /) -> Sequence[tuple[Millis, Millis]]:
        """The windows of maintenance that touch this time."""


def no_maintenance(_start: Millis, _end: Millis) -> Sequence[tuple[Millis, Millis]]:
    """No maintenance at all."""
    return ()
