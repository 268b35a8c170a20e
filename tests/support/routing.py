"""A world in which alerts are planned step by step, without a database: what was decided and told is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.alerts import HOUR, NOW
from wabawatch.domain.alerts import OpenAlert, Rule
from wabawatch.domain.facts import Millis
from wabawatch.domain.notices import NoticeKind
from wabawatch.domain.planning import Plan, plan
from wabawatch.domain.routing import Because, Channel, Decision, Draft, Policy, Route, Scene
from wabawatch.domain.silences import Matcher, Silence, Window

AT_ONCE = Policy(group_wait_ms=0, group_interval_ms=0, digest_wait_ms=0)
OPS = Channel("ops")
SILENCE = Silence(7, Matcher(type="PHONE_QUALITY_LOW"), "known", "ann", NOW, NOW + HOUR)


@dataclass
class World:
    """Alerts and channels, and what became of them so far."""

    channels: Sequence[Channel] = (OPS,)
    policy: Policy = AT_ONCE
    now: Millis = NOW
    rules: dict[str, Rule] = field(default_factory=dict)
    silences: list[Silence] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    alerts: dict[str, OpenAlert] = field(default_factory=dict)
    routes: dict[tuple[str, str], Route] = field(default_factory=dict)
    last_told: dict[tuple[str, NoticeKind], Millis] = field(default_factory=dict)
    past: list[OpenAlert] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    told: list[Draft] = field(default_factory=list)
    look_at: Millis | None = None

    def has(self, *alerts: OpenAlert) -> None:
        """These alerts stand so now."""
        self.alerts |= {alert.key: alert for alert in alerts}

    def scene(self) -> Scene:
        """How everything stands."""
        return Scene(
            list(self.alerts.values()),
            list(self.routes.values()),
            self.channels,
            self.rules,
            self.silences,
            self.windows,
            self.last_told,
            self.past,
        )

    def step(self, at: Millis | None = None) -> None:
        """Plan at *at* (None: now), and do what was planned, until time must pass."""
        self.now = self.now if at is None else at
        while self._once().look_at == self.now:
            pass

    def _once(self) -> Plan:
        made = plan(self.scene(), self.policy, self.now)
        self.routes |= {(route.alert, route.channel): route for route in made.routes}
        self.routes = {key: route for key, route in self.routes.items() if not route.is_closed}
        self.decisions += made.decisions
        self.told += made.drafts
        self.last_told |= {(draft.channel, draft.kind): draft.at for draft in made.drafts}
        still = {key for key, _ in self.routes}
        self.alerts = {key: alert for key, alert in self.alerts.items() if alert.is_firing or key in still}
        self.look_at = made.look_at
        return made

    def last(self, alert: str = "a1", channel: str = "ops") -> Decision:
        """The newest decision about *alert* in *channel*."""
        return [each for each in self.decisions if (each.alert, each.channel) == (alert, channel)][-1]

    def reasons(self, alert: str = "a1", channel: str = "ops") -> list[Because]:
        """Why it was told or held, one after the other."""
        return [each.because for each in self.decisions if (each.alert, each.channel) == (alert, channel)]

    def kinds(self, channel: str = "ops") -> list[NoticeKind]:
        """The notices of *channel*, one after the other."""
        return [draft.kind for draft in self.told if draft.channel == channel]
