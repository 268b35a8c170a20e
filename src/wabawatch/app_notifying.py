"""The composition of telling people: channels, the planner and the outbox, and a loop for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from wabawatch.domain.alerts import AlertScope, Rule, Severity
from wabawatch.domain.facts import Millis
from wabawatch.domain.outbox import ChannelState
from wabawatch.domain.routing import Channel, Policy
from wabawatch.domain.silences import Window
from wabawatch.flows.naming import Naming
from wabawatch.flows.notifying import Delivering, Planning
from wabawatch.flows.silencing import Silencing
from wabawatch.flows.telling import Telling
from wabawatch.loops import Bell, Loop
from wabawatch.net import guard_of
from wabawatch.notifiers.channels import Means, build
from wabawatch.notifiers.runbooks import Shelf
from wabawatch.notifying_ports import Notifier
from wabawatch.ports import MONITORING, RUNNING, Clock
from wabawatch.schedules import occurrences
from wabawatch.settings import Settings
from wabawatch.settings_alerts import Alerts, Maintenance
from wabawatch.storage.actor_names import SqlRegister
from wabawatch.storage.books import read_mark
from wabawatch.storage.database import Database
from wabawatch.storage.notice_book import SqlNotices
from wabawatch.storage.notice_desk import NoticeDesk
from wabawatch.storage.silences import SqlSilences
from wabawatch.wire import uuid7

PLAN_RHYTHM_S, PULSE_S = 1.0, 5.0
"""What waits for others waits for seconds; what other processes and people did is looked for less often"""
DELIVER_RHYTHM_S = 5.0


RuleOf = Callable[[str, AlertScope], Rule | None]
"""The rule of a name as it holds for a scope; None: there is none"""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """`domain.notice_making.Knowing`: rules as they hold, runbooks, and where the console is."""

    rule_of: RuleOf
    shelf: Shelf
    console: str
    """Where people open wabawatch, without a slash at the end; "" it is not known"""

    def rule(self, name: str, scope: AlertScope) -> Rule | None:
        """The rule as it holds for *scope*; None: it is gone."""
        return self.rule_of(name, scope)

    def first_steps(self, runbook: str) -> tuple[str, ...]:
        """What to check first."""
        return self.shelf.first_steps(runbook)

    def runbook_url(self, runbook: str) -> str:
        """Where the runbook is shown."""
        return self.shelf.url(runbook)

    def link(self, alert: str) -> str:
        """The page of an alert, or of all."""
        return f"{self.console}/alerts/{alert}".rstrip("/") if self.console else ""


@dataclass(slots=True)
class Pace:
    """Spares the books: each second it is only asked whether something is due that the planner knows of."""

    planning: Planning
    timer: Callable[[], float] = time.monotonic
    is_rung: bool = True
    _pulse_at: float = 0.0

    def step(self) -> bool:
        """Plan, if there may be a reason to. True: there is more."""
        look_at = self.planning.looks.look_at
        is_due = look_at is not None and self.planning.clock.now() >= look_at
        if not (self.is_rung or is_due or self.timer() >= self._pulse_at):
            return False
        self.is_rung = False  # before it looks: what comes meanwhile is looked at next time
        try:
            has_more = self.planning.step()
        except BaseException:
            self.is_rung = True  # nothing was looked at
            raise
        self.is_rung |= has_more
        self._pulse_at = self.timer() + PULSE_S
        return has_more


class NoticeFlows:
    """Everything that telling people consists of."""

    def __init__(
        self, database: Database, clock: Clock, settings: Settings, rule_of: RuleOf, types: Collection[str]
    ) -> None:
        """*types*: every type of alert that a rule has."""
        given = settings.all_channels
        guard = guard_of(settings.network.allow_private_urls)
        means = Means(guard, settings.mail.server, settings.mail.mail_from or "")
        self.notifiers: Mapping[str, Notifier] = build(given, means)
        self.channels = [
            Channel(name, each.severity, frozenset(each.types), frozenset(each.wabas), each.escalation)
            for name, each in given.items()
        ]
        console = (settings.server.public_url or "").rstrip("/")
        self.book = SqlNotices(database)
        self.transitions, self._notices = Bell(), Bell()
        recurring = partial(windows_of, settings.maintenance)
        knowledge, policy = Knowledge(rule_of, Shelf(console), console), policy_of(settings.alerts)
        self.planning = Planning(
            self.book,
            self.channels,
            knowledge,
            recurring,
            policy,
            clock,
            self._notices.ring,
            partial(is_watched, database),
        )
        self.pace = Pace(self.planning)
        self.delivering = Delivering(self.book, self.notifiers, clock, holder=uuid7())
        self.silencing = Silencing(SqlSilences(database), recurring, types, clock)
        self.telling = Telling(NoticeDesk(database), self.channels, clock, Naming(SqlRegister(database)).who)

    def wake(self) -> None:
        """Have what changed just now planned at once."""
        self.pace.is_rung = True
        self.transitions.ring()

    def loops(self) -> list[Loop]:
        """The planner, rung by `transitions`, and one loop for each channel: none waits for another that hangs."""
        # In every process, for who leads monitoring may be what hangs: of several that plan, one writes.
        plan = Loop("notices", self.pace.step, PLAN_RHYTHM_S, bell=self.transitions)
        return [plan, *(self._channel(name) for name in self.notifiers)]

    def _channel(self, name: str) -> Loop:
        # What was decided is delivered also while monitoring is stopped.
        return Loop(f"channel {name}", partial(self.delivering.step, name), DELIVER_RHYTHM_S, bell=self._notices)

    def states(self) -> list[ChannelState]:
        """How every channel is doing."""
        return self.telling.states()

    def maintenance(self, since: Millis, until: Millis) -> list[tuple[Millis, Millis]]:
        """Begin and end of the maintenance windows that are about everything: what uptime leaves out."""
        return self.silencing.holds_everything(since, until)


def is_watched(database: Database) -> bool:
    """Whether monitoring is wanted."""
    with database.reading() as connection:
        return read_mark(connection, MONITORING) == RUNNING


def policy_of(given: Alerts) -> Policy:
    """How long things wait, by the settings."""
    remind = {
        Severity.CRITICAL: given.remind_critical_s,
        Severity.WARNING: given.remind_warning_s,
        Severity.INFO: given.remind_info_s,
    }
    return Policy(
        group_wait_ms=given.group_wait_s * 1000,
        group_interval_ms=given.group_interval_s * 1000,
        digest_wait_ms=given.digest_wait_s * 1000,
        remind_ms={severity: seconds * 1000 for severity, seconds in remind.items()},
        is_doubling=given.remind_doubling,
        escalate_after_ms=given.escalate_after_s * 1000,
    )


def windows_of(maintenance: Mapping[str, Maintenance], since: Millis, until: Millis) -> Sequence[Window]:
    """The occurrences of recurring maintenance windows that touch *since* to *until*."""
    return [
        Window(name, begin, end, each.reason, frozenset(each.wabas), frozenset(each.types))
        for name, each in sorted(maintenance.items())
        if each.enabled and each.cron is not None
        for begin, end in occurrences(each.cron, each.time_zone, each.duration_min * 60_000, since, until)
    ]
