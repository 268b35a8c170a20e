"""What telling people needs: channels that deliver, and where decisions and notices are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from wabawatch.domain.alerts import OpenAlert
from wabawatch.domain.facts import Millis
from wabawatch.domain.notices import Delivered, Notice, NoticeKind
from wabawatch.domain.outbox import Attempt, Claimed, Next
from wabawatch.domain.planning import Plan
from wabawatch.domain.routing import Route
from wabawatch.domain.silences import Silence, Window


class Notifier(Protocol):
    """One channel."""

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        """Hand *notice* to the service, and say how that went. It may have been handed over before, under the same key.

        *thread*: what the service called the thread that an earlier notice of the same `Notice.thread` began; "" none.
        Ends within half a minute, and raises nothing that the world may do. Called from several threads.
        """


@dataclass(frozen=True, slots=True)
class Glance:
    """Everything on disk that is decided from, as of one moment."""

    version: int
    """Grows with each plan that is kept"""
    unplanned: tuple[int, ...]
    """Numbers of transitions that nobody has planned yet"""
    has_more: bool
    """Whether there are more of them"""
    alerts: tuple[OpenAlert, ...]
    routes: tuple[Route, ...]
    silences: tuple[Silence, ...]
    windows: tuple[Window, ...]
    """Those that somebody entered"""
    last_told: Mapping[tuple[str, NoticeKind], Millis]
    past: tuple[OpenAlert, ...] = ()
    """What explained others, and recovered within `inhibition.AFTERMATH_MS`"""


@dataclass(frozen=True, slots=True)
class Pulse:
    """Whether anything may have changed that is decided from."""

    has_unplanned: bool
    """There are transitions that nobody has planned yet"""
    deeds: int
    """Grows with whatever people do: acknowledge, silence, end a silence"""


class NoticeBook(Protocol):
    """Decisions, and the outbox. Raises StoreUnavailable."""

    def pulse(self) -> Pulse:
        """Whether a look is worth it. Cheap."""

    def glance(self, now: Millis) -> Glance:
        """How everything stands, from one consistent view."""

    def keep(self, seen: Glance, plan: Plan, notices: Sequence[Notice], now: Millis) -> bool:
        """Write decisions, routes and notices, and that the transitions of *seen* are planned, in one transaction.

        False: another process planned since; nothing was written.
        """

    def claim(self, channel: str, holder: str, now: Millis, until: Millis) -> Claimed | None:
        """The oldest notice of *channel* that is due, held until *until*; None: there is none.

        Nobody else is given it meanwhile. One that was held by a process that died is given again, with the same key.
        A notice waits until those before it in its thread are sent or given up.
        """

    def note(self, claimed: Claimed, holder: str, attempt: Attempt, made: Next, thread: str) -> bool:
        """Write down an attempt and what becomes of the notice. False: another process has it; nothing was written."""

    def note_channel(self, channel: str, delivered: Delivered, now: Millis) -> None:
        """Note how a channel took something that was no notice of the outbox."""
