"""The composition of alerts: rules, what they look at, and the loop that lets them look."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from wabawatch.app_limits import LimitFlows
from wabawatch.app_monitoring import Watchman
from wabawatch.app_notifying import NoticeFlows
from wabawatch.app_uptime import Uptimes
from wabawatch.domain.alert_evidence import Backlog, CheckKind, CheckStands
from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import Weights
from wabawatch.domain.outbox import ChannelState
from wabawatch.domain.uptime import CheckView
from wabawatch.domain.watchman import Stalled
from wabawatch.flows.alert_desk import AlertDesk
from wabawatch.flows.alerting import Alerting, Memory
from wabawatch.flows.looking_own import OwnLooks
from wabawatch.flows.looking_rates import RateLooks, Usual
from wabawatch.flows.looking_states import Delays, StateLooks, Wanted
from wabawatch.flows.rule_desk import LiveRules, RuleDesk
from wabawatch.loops import Bell, Group, Loop
from wabawatch.ports import DIGESTED, Clock, Figures, Inbox
from wabawatch.settings import Settings
from wabawatch.storage.alert_figures import SqlAlertFigures
from wabawatch.storage.alerts import SqlAlerts
from wabawatch.storage.database import Database
from wabawatch.storage.rule_edits import SqlRuleEdits

OWN_RHYTHM_S = 30.0
RHYTHM_S, NEWS_S = 10.0, 5.0
"""States are looked at so often, and so often while webhooks come, any of which may bring news of them."""


class Signs:
    """`alerting_ports.OwnSigns`: what the running process tells. What is not there yet tells nothing."""

    def __init__(self, figures: Figures, inbox: Inbox) -> None:
        self._figures, self._inbox = figures, inbox
        self.checks_of: Callable[[Millis], Sequence[CheckStands]] = lambda _: ()
        self.uptime_of: Callable[[Millis, Millis], float | None] = lambda _start, _end: None
        self.stalled: Callable[[], Sequence[Stalled]] = lambda: ()
        self.channels_of: Callable[[], Sequence[ChannelState]] = lambda: ()

    def checks(self, now: Millis) -> Sequence[CheckStands]:
        return self.checks_of(now)

    def loops(self) -> Sequence[Stalled]:
        return self.stalled()

    def channels(self) -> Sequence[ChannelState]:
        return self.channels_of()

    def backlog(self) -> Backlog:
        done = self._figures.mark(DIGESTED)
        oldest = self._inbox.oldest_waiting_at(done)
        return Backlog(oldest, 0 if oldest is None else self._inbox.waiting(done))


class AlertFlows:
    """Everything that alerts consist of, up to the transitions that somebody may be told of."""

    def __init__(
        self, database: Database, figures: Figures, inbox: Inbox, limits: LimitFlows, clock: Clock, settings: Settings
    ) -> None:
        self.bell = Bell()
        """Rung when news may have come"""
        self._rung_at = 0.0
        self.cycle_took_s: float | None = None
        """How long the newest cycle took in this process; None: it has made none"""
        self.book = SqlAlerts(database)
        self.figures = SqlAlertFigures(database)
        edits = SqlRuleEdits(database)
        self.rules = LiveRules(settings.rules, edits)
        self.signs = Signs(figures, inbox)
        given = settings.quality_weights
        weights = Weights(given.delivery, given.failure, given.number, given.template, given.webhook)
        grace_ms = settings.thresholds.delivery_grace_s * 1_000
        looks = RateLooks(self.figures, figures, self.rules, grace_ms, weights, Usual())
        self.looks = looks
        version = settings.graph.url.version if settings.graph.token else ""
        apps = {name: app.app_id for name, app in settings.apps.items() if app.app_id}
        wanted = Wanted(settings.polling.callback_url, apps, version)
        signs, used = self.signs, limits.reaching.used
        own = OwnLooks(self.figures, figures, signs, lambda a, b: signs.uptime_of(a, b), self.rules)
        self.states = StateLooks(self.figures, signs, limits.hits, used, self.rules, wanted, Delays(), own)
        interval_ms = settings.monitoring.interval_ms
        self.desk = AlertDesk(self.book, self.rules, looks, clock)
        self.rule_desk = RuleDesk(self.rules, edits, self.book, self.figures, clock, self.bell.ring)
        self.alerting = Alerting(
            self.book, self.figures, self.rules, self.signs, looks, self.states, clock, interval_ms, Memory()
        )

    def look_at(self, notices: NoticeFlows, watchman: Watchman, uptime: Uptimes) -> None:
        """Have *notices* told of every change; look at its channels, at what *watchman* sees, and at checks."""
        self.book.on_transitions = notices.wake
        self.signs.channels_of = notices.states
        self.signs.stalled = watchman.pulsing.stalled
        self.signs.checks_of = lambda now: [stands(view) for view in uptime.store.views(now)]
        uptime.probing.on_change = self.bell.ring
        self.signs.uptime_of = lambda start, end: uptime.desk.over(start, end, 1).whole.uptime

    def loops(self) -> list[Loop]:
        """The loop that looks, where monitoring runs; and one that looks at ourselves, in every process."""
        looking = Loop("alerting", self._step, RHYTHM_S, group=Group.MONITORING, bell=self.bell)
        return [looking, Loop("own alerts", self._own_step, OWN_RHYTHM_S)]

    def _step(self) -> bool:
        """Look, by the rules as they are now: somebody may have changed one, in whichever process."""
        self.rules.refresh()
        return self.alerting.step()

    def _own_step(self) -> bool:
        self.rules.refresh()
        return self.alerting.own_step()

    def on_news(self) -> None:
        """Have somebody look whether webhooks that were digested brought news: not after each, for most bring none."""
        if time.monotonic() - self._rung_at >= NEWS_S:
            self._rung_at = time.monotonic()
            self.bell.ring()

    def after_cycle(self, step: Callable[[], bool]) -> Callable[[], bool]:
        """*step*, a cycle, whose figures are looked at as soon as it has judged some."""

        def both() -> bool:
            began = time.monotonic()
            has_judged = step()
            if has_judged:
                self.cycle_took_s = time.monotonic() - began
                self.bell.ring()
            return has_judged

        return both


def stands(view: CheckView) -> CheckStands:
    """A check as the rules see it. Of a certificate the rule itself says how few days are too few."""
    kind = CheckKind(str(view.kind)) if str(view.kind) in {str(each) for each in CheckKind} else CheckKind.OTHER
    is_bad: bool | None = bool(view.incident) or (kind is CheckKind.TLS and view.value is not None)
    if view.is_stale and not view.incident:
        is_bad = None
    return CheckStands(
        view.name, kind, is_bad, view.opened_at, view.cause, view.words, view.value, view.is_refused,
        view.incident or None,
    )  # fmt: skip
