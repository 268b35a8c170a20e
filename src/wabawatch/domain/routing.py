"""Who is told of which alert: for each alert and channel, tell or hold, always for a named reason (SPEC.md 6).

Everything here is computed from how things stand, not from what happened last: a silence that ends, a cause that goes
away and a process that was down for an hour need no rule of their own. What a channel was told is in its routes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from wabawatch.domain.alerts import OpenAlert, Reason, Rule, ScopeKind, Severity
from wabawatch.domain.facts import Millis
from wabawatch.domain.notices import NoticeKind
from wabawatch.domain.silences import Silence, Window, maintaining, silencing, waba_of
from wabawatch.domain.standing import DAY_MS, HOUR_MS

MINUTE_MS = 60_000
RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
"""The gravest first."""


class Because(StrEnum):
    """Why somebody is told, or not."""

    FIRST_NOTICE = "first_notice"
    SEVERITY_ROSE = "severity_rose"
    WORSENED = "worsened"
    REMINDER_DUE = "reminder_due"
    ESCALATED = "escalated"
    ENDED = "ended"
    """It was told, so its end is"""

    OTHER_CHANNELS = "other_channels"
    OTHER_TYPE = "other_type"
    OTHER_WABA = "other_waba"
    BELOW_SEVERITY = "below_severity"
    OWN_TROUBLE = "own_trouble"
    SILENCED = "silenced"
    IN_MAINTENANCE = "in_maintenance"
    EXPLAINED = "explained"
    EXPLAINED_BEFORE = "explained_before"
    PART_FIRES = "part_fires"
    ACKNOWLEDGED = "acknowledged"
    FLAPPING = "flapping"
    WAITS_FOR_GROUP = "waits_for_group"
    WAITS_FOR_DIGEST = "waits_for_digest"
    WAITS_FOR_ESCALATION = "waits_for_escalation"
    TOLD_ALREADY = "told_already"
    ENDED_UNTOLD = "ended_untold"
    NO_NEWS = "no_news"


SENTENCES: Mapping[Because, str] = {
    Because.FIRST_NOTICE: "It fired, and the channel is told of it.",
    Because.SEVERITY_ROSE: "It became graver since it was told.",
    Because.WORSENED: "It grew since it was told.",
    Because.REMINDER_DUE: "It still fires, and nobody has acknowledged it.",
    Because.ESCALATED: "Nobody acknowledged it in time.",
    Because.ENDED: "It has ended, and the channel was told that it fired.",
    Because.OTHER_CHANNELS: "The settings of its rule name other channels.",
    Because.OTHER_TYPE: "The channel is told of other types of alerts only.",
    Because.OTHER_WABA: "The channel is told of alerts of other WABAs only.",
    Because.BELOW_SEVERITY: "The channel is told of graver alerts only.",
    Because.OWN_TROUBLE: "It is about this channel: the others are told.",
    Because.SILENCED: "A silence holds it; if it still fires when that ends, it is told then.",
    Because.IN_MAINTENANCE: "It is held during maintenance; if it still fires afterwards, it is told then.",
    Because.EXPLAINED: "Another alert explains it; if it still fires when that one has ended, it is told then.",
    Because.EXPLAINED_BEFORE: "What it counts was explained by an alert that has ended; it is told if the rest is bad.",
    Because.PART_FIRES: "The same alert fires for a part of it, of which the channel is told instead.",
    Because.ACKNOWLEDGED: "Somebody has acknowledged it; that ends when it recovers or becomes graver.",
    Because.FLAPPING: "It keeps firing and recovering: it is told once it lasts.",
    Because.WAITS_FOR_GROUP: "It waits a moment for others, to be told together with them.",
    Because.WAITS_FOR_DIGEST: "For information only: it waits to be told together with others.",
    Because.WAITS_FOR_ESCALATION: "The channel is told only if nobody acknowledges it in time.",
    Because.TOLD_ALREADY: "The channel knows of it.",
    Because.ENDED_UNTOLD: "It ended before the channel was told that it fired.",
    Because.NO_NEWS: "It ended because it was acknowledged or a day had passed: that is no news.",
}
"""What each reason means, for the person who asks."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One receiver, and what it is told of."""

    name: str
    severity: Severity = Severity.INFO
    """The least one"""
    types: frozenset[str] = frozenset()
    """Empty: all"""
    wabas: frozenset[str] = frozenset()
    """Empty: all, and what belongs to none"""
    is_escalation: bool = False
    """Told only when nobody acknowledges in time"""


@dataclass(frozen=True, slots=True)
class Policy:
    """How long things wait."""

    group_wait_ms: Millis = 2_000
    group_interval_ms: Millis = 30_000
    digest_wait_ms: Millis = 15 * MINUTE_MS
    remind_ms: Mapping[Severity, Millis] = field(
        default_factory=lambda: {Severity.CRITICAL: HOUR_MS, Severity.WARNING: 4 * HOUR_MS, Severity.INFO: 0}
    )
    """The first pause; 0: no reminders"""
    is_doubling: bool = True
    """Each pause is twice the one before, up to a day"""
    escalate_after_ms: Millis = 15 * MINUTE_MS
    flaps: int = 4
    """Told so often within `flap_window_ms`; more firings must last for `flap_rest_ms` to be told"""
    flap_window_ms: Millis = 2 * HOUR_MS
    flap_rest_ms: Millis = 30 * MINUTE_MS

    def wait_ms(self, severity: Severity) -> Millis:
        """How long an alert of *severity* waits for others."""
        return max(self.group_wait_ms, self.digest_wait_ms if severity is Severity.INFO else 0)

    def remind_at(self, severity: Severity, last_at: Millis, reminders: int) -> Millis | None:
        """When to remind, after *reminders* before, the last notice having been at *last_at*. None: never.

        Moments near each other are made the same, so that alerts told together are reminded of together.
        """
        first = self.remind_ms.get(severity, 0)
        if not first:
            return None
        pause = min(first * 2 ** min(reminders, 20), max(first, DAY_MS)) if self.is_doubling else first
        step = max(1, min(5 * MINUTE_MS, first // 4))
        return -(-(last_at + pause) // step) * step


@dataclass(frozen=True, slots=True)
class Route:
    """What one channel knows of one alert, and what was decided last."""

    alert: str
    channel: str
    told_at: Millis | None = None
    """When it was first told that it fires; None: it was not"""
    told_severity: Severity | None = None
    """The gravest that was told"""
    told_transition: int = 0
    """The newest transition that is told"""
    rose_at: Millis | None = None
    """When it was last told that it became graver: an acknowledgement from before ended then"""
    last_at: Millis | None = None
    """When it was last told anything of it"""
    reminders: int = 0
    thread: str = ""
    """Where it was told: later notices go there, too"""
    waiting_since: Millis | None = None
    """Since when it could be told, and waits for others"""
    because: Because | None = None
    """The last decision's reason"""
    detail: str = ""
    is_closed: bool = False
    """The alert has ended, and there is nothing more to tell"""


@dataclass(frozen=True, slots=True)
class Decision:
    """Tell, or hold: what becomes of one alert in one channel. Kept for ever; a hold once, when it begins."""

    alert: str
    channel: str
    transition: int
    at: Millis
    is_told: bool
    because: Because
    detail: str = ""
    """Which silence, maintenance, alert or person"""
    until: Millis | None = None
    """When a hold ends by itself; None: with what it names"""
    notice: str = ""
    """Key of the notice that tells it"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice, as what it is about."""

    key: str
    kind: NoticeKind
    channel: str
    at: Millis
    alerts: tuple[str, ...]
    """Keys, the gravest first"""
    thread: str
    explains: Mapping[str, int]
    """How many others each of them explains"""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that is decided from."""

    alerts: Collection[OpenAlert]
    """What fires, and what ended while a route of it is open"""
    routes: Collection[Route]
    """Those that are not closed"""
    channels: Collection[Channel]
    rules: Mapping[str, Rule] = field(default_factory=dict)
    silences: Collection[Silence] = ()
    windows: Collection[Window] = ()
    last_told: Mapping[tuple[str, NoticeKind], Millis] = field(default_factory=dict)
    """When each channel last got a notice of each kind"""
    past: Collection[OpenAlert] = ()
    """Causes of others that have ended lately: what counts something from before may still be explained by them"""


class Standing(StrEnum):
    """What is wished for one alert in one channel, before it is grouped with others."""

    TELL = "tell"
    HOLD = "hold"
    END = "end"
    """There is nothing more to tell"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one alert asks of one channel."""

    standing: Standing
    because: Because
    detail: str = ""
    until: Millis | None = None
    kind: NoticeKind = NoticeKind.FIRING


@dataclass(frozen=True, slots=True)
class View:
    """What is decided from for one channel."""

    channel: Channel
    policy: Policy
    scene: Scene
    now: Millis
    causes: Mapping[str, str]
    """Explained alerts to what explains them, or did before it ended, among those that reach the channel"""
    parts: Mapping[str, str]
    told_first: Mapping[str, Millis]
    """When each alert was first told in a channel that is not one of escalation"""
    has_first_channel: Collection[str]
    """Alerts that some channel is told of without escalation"""


def reaches(alert: OpenAlert, channel: Channel, rule: Rule | None) -> Because | None:
    """Why *channel* is never told of *alert*, by the settings; None: it is."""
    if rule is not None and rule.channels and channel.name not in rule.channels:
        return Because.OTHER_CHANNELS
    if channel.types and alert.rule not in channel.types:
        return Because.OTHER_TYPE
    if channel.wabas and waba_of(alert.scope) not in channel.wabas:
        return Because.OTHER_WABA
    if RANK[alert.severity] > RANK[channel.severity]:
        return Because.BELOW_SEVERITY
    if alert.scope.kind is ScopeKind.CHANNEL and alert.scope.id == channel.name:
        return Because.OWN_TROUBLE
    return None


def wish(alert: OpenAlert, route: Route, view: View) -> Wish:
    """What *alert* asks of the channel of *view* now."""
    lasting = reaches(alert, view.channel, view.scene.rules.get(alert.rule))
    if not alert.is_firing:
        return _at_its_end(alert, route, lasting)
    if lasting is not None and route.told_at is None:
        return Wish(Standing.HOLD, lasting)
    news = _news(alert, route)
    if news is None or lasting is not None:
        # Who was told of it once goes on being told, whatever the settings say since.
        return _remind(alert, route, view)
    if _is_acknowledged(alert, route) and news is not Because.SEVERITY_ROSE:
        return Wish(Standing.HOLD, Because.ACKNOWLEDGED, alert.ack_by)
    if route.told_at is None and view.channel.is_escalation:
        return _escalate(alert, view)
    return _held(alert, view) or _flaps(alert, route, view) or Wish(Standing.TELL, news)


def _news(alert: OpenAlert, route: Route) -> Because | None:
    if route.told_at is None:
        return Because.FIRST_NOTICE
    if route.told_severity is not None and RANK[alert.severity] < RANK[route.told_severity]:
        return Because.SEVERITY_ROSE
    return Because.WORSENED if alert.worsened > route.told_transition else None


def _is_acknowledged(alert: OpenAlert, route: Route) -> bool:
    return alert.ack_at is not None and (route.rose_at is None or alert.ack_at >= route.rose_at)


def _at_its_end(alert: OpenAlert, route: Route, lasting: Because | None) -> Wish:
    if route.told_at is None:
        return Wish(Standing.END, lasting or Because.ENDED_UNTOLD)
    if alert.ended in (Reason.ACKNOWLEDGED, Reason.AGED):
        return Wish(Standing.END, Because.NO_NEWS)
    return Wish(Standing.TELL, Because.ENDED, kind=NoticeKind.RESOLVED)


def _remind(alert: OpenAlert, route: Route, view: View) -> Wish:
    if _is_acknowledged(alert, route):
        return Wish(Standing.HOLD, Because.ACKNOWLEDGED, alert.ack_by)
    due_at = view.policy.remind_at(alert.severity, route.last_at or 0, route.reminders)
    if due_at is None or due_at > view.now:
        return Wish(Standing.HOLD, Because.TOLD_ALREADY, until=due_at)
    return _held(alert, view) or Wish(Standing.TELL, Because.REMINDER_DUE, kind=NoticeKind.REMINDER)


def _escalate(alert: OpenAlert, view: View) -> Wish:
    told_at = view.told_first.get(alert.key)
    if told_at is None and alert.key in view.has_first_channel:
        return Wish(Standing.HOLD, Because.WAITS_FOR_ESCALATION)  # until the first channels are told
    due_at = (alert.fired_at if told_at is None else told_at) + view.policy.escalate_after_ms
    if due_at > view.now:
        return Wish(Standing.HOLD, Because.WAITS_FOR_ESCALATION, until=due_at)
    return _held(alert, view) or Wish(Standing.TELL, Because.ESCALATED, kind=NoticeKind.ESCALATION)


def _held(alert: OpenAlert, view: View) -> Wish | None:
    """What holds any notice that *alert* fires; None: nothing."""
    if silence := silencing(view.scene.silences, alert, view.now):
        return Wish(Standing.HOLD, Because.SILENCED, str(silence.id), silence.ends_at)
    if window := maintaining(view.scene.windows, alert, view.now):
        return Wish(Standing.HOLD, Because.IN_MAINTENANCE, window.name, window.ends_at)
    if cause := view.causes.get(alert.key):
        has_ended = any(each.key == cause for each in view.scene.past)
        return Wish(Standing.HOLD, Because.EXPLAINED_BEFORE if has_ended else Because.EXPLAINED, cause)
    if part := view.parts.get(alert.key):
        return Wish(Standing.HOLD, Because.PART_FIRES, part)
    return None


def _flaps(alert: OpenAlert, route: Route, view: View) -> Wish | None:
    policy = view.policy
    lately = [at for at in alert.firings if alert.fired_at - policy.flap_window_ms < at <= alert.fired_at]
    rests_until = alert.fired_at + policy.flap_rest_ms
    if route.told_at is not None or len(lately) <= policy.flaps or view.now >= rests_until:
        return None
    return Wish(Standing.HOLD, Because.FLAPPING, f"{len(lately)} times", rests_until)


def told(route: Route, alert: OpenAlert, draft: Draft, because: Because) -> Route:
    """*route* once *draft* tells it of *alert*."""
    if draft.kind is NoticeKind.RESOLVED:
        return replace(route, last_at=draft.at, waiting_since=None, because=because, detail="", is_closed=True)
    graver = min(filter(None, (route.told_severity, alert.severity)), key=RANK.__getitem__)
    is_reminder = draft.kind is NoticeKind.REMINDER
    return replace(
        route,
        told_at=draft.at if route.told_at is None else route.told_at,
        told_severity=graver,
        told_transition=alert.transition,
        rose_at=draft.at if because is Because.SEVERITY_ROSE else route.rose_at,
        last_at=draft.at,
        # What is new begins the pauses anew.
        reminders=route.reminders + 1 if is_reminder else 0,
        thread=route.thread or draft.thread,
        waiting_since=None,
        because=because,
        detail="",
    )
