"""Alerts, planner and deliverer on real books, with a channel that writes down what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.support.alert_books import RATE, bad, good, look
from tests.support.books import HandClock
from tests.support.facts import MINUTE, NUMBERS, T0, WABA
from wabawatch.domain.alerts import AlertScope, Rule, ScopeKind
from wabawatch.domain.facts import Millis
from wabawatch.domain.notices import Delivered, Notice, Outcome
from wabawatch.domain.routing import Channel, Policy
from wabawatch.domain.silences import Window
from wabawatch.flows.notifying import Delivering, Planning
from wabawatch.flows.silencing import Silencing
from wabawatch.flows.telling import Telling
from wabawatch.storage.alerts import SqlAlerts
from wabawatch.storage.database import Database
from wabawatch.storage.notice_book import SqlNotices
from wabawatch.storage.notice_desk import NoticeDesk
from wabawatch.storage.silences import SqlSilences

SENT = Delivered(Outcome.SENT)


@dataclass
class Spoken:
    """A channel that takes what it is given, or does as it is told."""

    answer: Callable[[Notice], Delivered] = lambda _: SENT
    got: list[tuple[Notice, str]] = field(default_factory=list)

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        self.got.append((notice, thread))
        return self.answer(notice)

    def sent_keys(self) -> list[str]:
        """The keys of what it was given, one after the other."""
        return [notice.key for notice, _ in self.got]


class Known:
    """One rule for everything; no runbook, no console."""

    def rule(self, name: str, scope: AlertScope) -> Rule | None:
        return RATE if name == RATE.name else None

    def first_steps(self, runbook: str) -> tuple[str, ...]:
        return ()

    def runbook_url(self, runbook: str) -> str:
        return ""

    def link(self, alert: str) -> str:
        return ""


@dataclass
class Desk:
    """Everything that telling consists of, on one database."""

    database: Database
    channels: Sequence[Channel] = (Channel("ops"),)
    policy: Policy = field(default_factory=lambda: Policy(group_wait_ms=0))
    windows: Sequence[Window] = ()
    now: Millis = T0
    holder: str = "first"

    def __post_init__(self) -> None:
        self.clock = HandClock(self.now)
        self.alerts = SqlAlerts(self.database)
        self.book = SqlNotices(self.database)
        self.notifiers = {channel.name: Spoken() for channel in self.channels}
        self.rung: list[int] = []
        self.planning = Planning(
            self.book, self.channels, Known(), self.recurring, self.policy, self.clock, lambda: self.rung.append(1)
        )
        self.delivering = Delivering(self.book, self.notifiers, self.clock, self.holder)
        self.silencing = Silencing(SqlSilences(self.database), self.recurring, {RATE.name}, self.clock)
        self.telling = Telling(NoticeDesk(self.database), self.channels, self.clock)

    def recurring(self, since: Millis, until: Millis) -> Sequence[Window]:
        """The recurring windows that touch a span."""
        return [each for each in self.windows if each.starts_at < until and each.ends_at > since]

    def fire(self, minute: float = 0, *numbers: int) -> None:
        """The delivery rate of these numbers (none: the first one) falls so many minutes after the beginning."""
        for i in numbers or (0,):
            look(self.alerts, RATE, bad(minute, scope(i)))

    def recover(self, minute: float, *numbers: int) -> None:
        """It is good again."""
        for i in numbers or (0,):
            look(self.alerts, RATE, good(minute, scope(i)))

    def turn(self, minutes: float) -> None:
        """The clock shows so many minutes after the beginning; a process that has just begun looks at everything."""
        self.clock.turn_to(T0 + int(minutes * MINUTE))

    def work(self, minutes: float | None = None) -> None:
        """Plan and deliver until there is nothing to do."""
        if minutes is not None:
            self.turn(minutes)
        while self.planning.step():
            pass
        for channel in self.notifiers:
            while self.delivering.step(channel):
                pass

    def key(self) -> str:
        """The key of the one alert that fires."""
        (alert,) = self.alerts.open()
        return alert.key


def scope(i: int) -> AlertScope:
    """The *i*-th number."""
    return AlertScope(ScopeKind.NUMBER, f"{int(NUMBERS[0]) + i}", WABA)
