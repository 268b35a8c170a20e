"""What alerting needs from the outside, each method with its guarantee."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from wabawatch.domain.alert_evidence import (
    Answers,
    Backlog,
    CheckStands,
    Happened,
    Minute,
    Misuse,
    Slices,
)
from wabawatch.domain.alert_records import Alert, AlertFilter, Change
from wabawatch.domain.alerts import AlertScope, AlertState, OpenAlert, Severity, Transition
from wabawatch.domain.campaigns import Restriction
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.metrics import Tally
from wabawatch.domain.outbox import ChannelState
from wabawatch.domain.platform import States
from wabawatch.domain.watchman import Stalled
from wabawatch.ports import Window

StateKey = tuple[str, AlertScope]
"""Name of a rule, and what it looks at"""


class OpenCounts(Protocol):
    """How much is wrong now."""

    def counts(self) -> Mapping[Severity, int]:
        """How many alerts are firing, by severity."""


class AlertBook(OpenCounts, Protocol):
    """Every alert there is and was. Raises StoreUnavailable."""

    def states(self, rules: Collection[str] | None = None) -> Mapping[StateKey, AlertState]:
        """How everything stands that ever was anything but good; of *rules* only, if given."""

    def save(self, changes: Sequence[Change], marks: Mapping[str, int]) -> list[Transition]:
        """Write *changes* in order, and set *marks* with the last of them; durable on return.

        Each change is written whole or not at all. Many are written in several transactions: one that fails leaves the
        marks as they were, so that the look is made again; what it had written stays, and is not written twice.
        A change whose state is not as it was read is left out whole: somebody else was faster. Gives the transitions
        that were written.
        """

    def open(self) -> list[Alert]:
        """The alerts that are pending or firing."""

    def find(self, wanted: AlertFilter, limit: int) -> list[Alert]:
        """The newest *limit* alerts that are *wanted*, by when they fired."""

    def alert(self, key: str) -> Alert | None:
        """One alert."""

    def of_checks(self, start: Millis, end: Millis) -> list[Alert]:
        """The alerts about checks, or about everything, that fired from *start* to *end*, the first one first."""

    def transitions(self, key: str) -> list[Transition]:
        """Every change of one alert, the first one first."""

    def past_causes(self, now: Millis) -> Sequence[OpenAlert]:
        """What explains others, and recovered within `inhibition.AFTERMATH_MS` before *now*."""

    def acknowledge(self, key: str, at: Millis, by: str, note: str, change: Change | None) -> bool:
        """Note who has seen an open alert, with an entry in the audit trail, and write *change* with it.

        False: it is not open any more, or *change* came too late; then nothing was written. Of one that was
        acknowledged before the first name stays.
        """


class AlertFigures(Protocol):
    """What the rules look at. Every window is answered from roll-ups; raises StoreUnavailable."""

    def mark(self, name: str) -> int:
        """A cursor or watermark (0: never set)."""

    def next_cycle(self, after: Millis, until: Millis) -> Millis | None:
        """The end of the first window after *after*, up to *until*, that monitoring has judged; None: there is none."""

    def last_cycle(self, until: Millis) -> Millis | None:
        """The end of the newest window up to *until* that monitoring has judged."""

    def numbers(self, window: Window) -> Mapping[str, Tally]:
        """How many messages of each standing each number has in *window*."""

    def countries(self, window: Window) -> Mapping[str, Tally]:
        """The same by country, in the whole hours or days that hold *window*."""

    def owners(self) -> Mapping[str, str]:
        """The WABA of every number, "" unknown."""

    def slices(self, window: Window) -> Slices:
        """The messages of the whole hours that hold *window*, cut by template, error code and country."""

    def failures(self, window: Window) -> Mapping[tuple[str, int], int]:
        """How many messages failed in the whole hours that hold *window*, by number and code."""

    def answers(self, window: Window) -> Answers:
        """How webhooks of *window* were answered."""

    def misuses(self, window: Window) -> Sequence[Misuse]:
        """The template sends of *window* that broke the rule."""

    def minutes(self, window: Window) -> Mapping[str, Sequence[Minute]]:
        """The recorded and accepted sends of each number, minute by minute, with those that have no status."""

    def delays(self, number_days: Window, hours: Sequence[Window]) -> tuple[Mapping[str, Histogram], Histogram]:
        """Meta's delays of each number in whole days, and of all together in some hours."""

    def refused_signatures(self, window: Window) -> Mapping[str, int]:
        """How many bodies with a wrong signature each app got, in every process."""

    def states(self) -> States:
        """What is known of numbers, accounts, apps and the token."""

    def troubled_templates(self) -> States:
        """The templates that are paused or of low quality, with all that is known of them."""

    def restrictions(self, now: Millis) -> Mapping[str, Sequence[Restriction]]:
        """What is in force against each account, as live events told."""

    def newest_event(self) -> int:
        """Number of the newest event (0: none)."""

    def events(self, after: int, limit: int) -> Sequence[Happened]:
        """The events numbered above *after*, in order."""


class OwnSigns(Protocol):
    """What only the running process, and those who look for it, can tell."""

    def checks(self, now: Millis) -> Sequence[CheckStands]:
        """How each check of uptime stands."""

    def loops(self) -> Sequence[Stalled]:
        """Loops of ours that do no work, in any process."""

    def channels(self) -> Sequence[ChannelState]:
        """How each channel of notices stands."""

    def backlog(self) -> Backlog:
        """What waits to be digested."""
