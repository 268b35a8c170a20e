"""From how alerts, silences and channels stand to decisions and notices: one pure function."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from wabawatch.domain.alerts import OpenAlert, Severity
from wabawatch.domain.facts import Millis
from wabawatch.domain.inhibition import explanations, firing_children
from wabawatch.domain.notices import NoticeKind
from wabawatch.domain.routing import (
    RANK,
    Because,
    Channel,
    Decision,
    Draft,
    Policy,
    Route,
    Scene,
    Standing,
    View,
    Wish,
    reaches,
    told,
    wish,
)

MOST_THREADS = 3
"""Ends of alerts from so many threads go to these; from more, one notice tells them all."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written."""

    decisions: tuple[Decision, ...] = ()
    """Those that differ from the ones before"""
    routes: tuple[Route, ...] = ()
    """Those that changed"""
    drafts: tuple[Draft, ...] = ()
    look_at: Millis | None = None
    """When time alone will change something; None: never"""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be written."""
        return not (self.decisions or self.routes or self.drafts)


@dataclass(frozen=True, slots=True)
class _Case:
    """One alert in one channel."""

    alert: OpenAlert
    route: Route
    wish: Wish


def plan(scene: Scene, policy: Policy, now: Millis) -> Plan:
    """Decide about every alert of *scene* in every channel. In what order they stand there does not matter."""
    alerts = sorted(scene.alerts, key=_gravest_first)
    known = {(route.alert, route.channel): route for route in scene.routes}
    decisions: list[Decision] = []
    routes: list[Route] = []
    drafts: list[Draft] = []
    waits: list[Millis] = []
    shared = _shared(scene, known)
    for channel in sorted(scene.channels, key=lambda each: each.name):
        view = _view(channel, policy, scene, now, *shared)
        cases = []
        for alert in alerts:
            route = known.pop((alert.key, channel.name), None) or Route(alert.key, channel.name)
            cases.append(_Case(alert, route, wish(alert, route, view)))
        made = _for_channel(cases, view)
        decisions += made.decisions
        routes += made.routes
        drafts += made.drafts
        waits += [made.look_at] if made.look_at is not None else []
    # Of channels that are gone from the settings.
    routes += [replace(route, is_closed=True) for _, route in sorted(known.items())]
    # What is told begins new waits: those are seen at the next look.
    return Plan(tuple(decisions), tuple(routes), tuple(drafts), now if drafts else min(waits, default=None))


def _gravest_first(alert: OpenAlert) -> tuple[int, str, str, str]:
    return RANK[alert.severity], alert.rule, str(alert.scope), alert.key


def _shared(scene: Scene, known: Mapping[tuple[str, str], Route]) -> tuple[dict[str, Millis], frozenset[str]]:
    """When each alert was first told without escalation, and which some channel is told of without it."""
    first_channels = [channel for channel in scene.channels if not channel.is_escalation]
    told_first: dict[str, Millis] = {}
    for channel in first_channels:
        for (key, name), route in known.items():
            if name == channel.name and route.told_at is not None:
                told_first[key] = min(route.told_at, told_first.get(key, route.told_at))
    has_first = frozenset(
        alert.key
        for alert in scene.alerts
        if any(reaches(alert, channel, scene.rules.get(alert.rule)) is None for channel in first_channels)
    )
    return told_first, has_first


def _view(
    channel: Channel,
    policy: Policy,
    scene: Scene,
    now: Millis,
    told_first: Mapping[str, Millis],
    has_first: Collection[str],
) -> View:
    # Only what the channel is told of explains anything to it.
    def reaching(alerts: Collection[OpenAlert]) -> list[OpenAlert]:
        return [alert for alert in alerts if reaches(alert, channel, scene.rules.get(alert.rule)) is None]

    firing = reaching([alert for alert in scene.alerts if alert.is_firing])
    causes, parts = explanations(firing, reaching(scene.past)), firing_children(firing)
    return View(channel, policy, scene, now, causes, parts, told_first, has_first)


def _for_channel(cases: Sequence[_Case], view: View) -> Plan:
    decisions: list[Decision] = []
    routes: list[Route] = []
    drafts: list[Draft] = []
    waits: list[Millis | None] = []
    for kind in (NoticeKind.RESOLVED, NoticeKind.FIRING, NoticeKind.ESCALATION, NoticeKind.REMINDER):
        some = [case for case in cases if case.wish.standing is Standing.TELL and case.wish.kind is kind]
        ready_at = _ready_at(kind, some, view)
        waits.append(ready_at)
        if some and ready_at is not None and ready_at > view.now:
            _settle([_waiting(case, ready_at, view) for case in some], view, decisions, routes)
            continue
        for draft in _drafts(kind, some, view):
            drafts.append(draft)
            keys = set(draft.alerts)
            _tell([case for case in some if case.alert.key in keys], draft, decisions, routes)
    held = [case for case in cases if case.wish.standing is not Standing.TELL]
    waits += [case.wish.until for case in held]
    _settle(held, view, decisions, routes)
    later = [at for at in waits if at is not None and at > view.now]
    return Plan(tuple(decisions), tuple(routes), tuple(drafts), min(later, default=None))


def _ready_at(kind: NoticeKind, some: Iterable[_Case], view: View) -> Millis | None:
    """When what waits is told: when the first has waited long enough, and the notice before is long enough ago."""
    policy = view.policy
    if kind is NoticeKind.REMINDER:
        return None
    settled = [_since(case, view.now) + policy.wait_ms(case.alert.severity) for case in some]
    if not settled:
        return None
    last_at = view.scene.last_told.get((view.channel.name, kind))
    # A clock that went back must not make anybody wait for it.
    is_recent = last_at is not None and last_at <= view.now
    return max(min(settled), last_at + policy.group_interval_ms if is_recent and last_at is not None else 0)


def _since(case: _Case, now: Millis) -> Millis:
    if case.wish.kind is NoticeKind.RESOLVED and case.alert.ended_at is not None:
        return min(case.alert.ended_at, now)
    return now if case.route.waiting_since is None else min(case.route.waiting_since, now)


def _waiting(case: _Case, ready_at: Millis, view: View) -> _Case:
    is_digest = case.alert.severity is Severity.INFO and view.policy.digest_wait_ms > view.policy.group_wait_ms
    because = Because.WAITS_FOR_DIGEST if is_digest else Because.WAITS_FOR_GROUP
    since = _since(case, view.now)
    wait = Wish(Standing.HOLD, because, until=ready_at, kind=case.wish.kind)
    return replace(case, route=replace(case.route, waiting_since=since), wish=wait)


_WAITS = (Because.WAITS_FOR_GROUP, Because.WAITS_FOR_DIGEST)
_TELLING = (
    Because.FIRST_NOTICE,
    Because.SEVERITY_ROSE,
    Because.WORSENED,
    Because.REMINDER_DUE,
    Because.ESCALATED,
)


def _is_same(was: Route, asked: Wish) -> bool:
    """Whether it was decided so before. That what was just told needs not be told is no decision of its own."""
    if asked.because is Because.TOLD_ALREADY and was.because in _TELLING:
        return True
    return (was.because, was.detail) == (asked.because, asked.detail)


def _settle(cases: Iterable[_Case], view: View, decisions: list[Decision], routes: list[Route]) -> None:
    """Note what is held, where that is new."""
    for case in cases:
        asked, was = case.wish, case.route
        is_over, is_same = asked.standing is Standing.END, _is_same(was, asked)
        since = was.waiting_since if asked.because in _WAITS else None
        if not is_same:
            key, at = case.alert.key, view.now
            said = asked.because, asked.detail, asked.until
            decisions.append(Decision(key, was.channel, case.alert.transition, at, False, *said))
        if not is_same or is_over or since != was.waiting_since:
            because = was.because if is_same else asked.because
            told = replace(was, because=because, detail=asked.detail, waiting_since=since, is_closed=is_over)
            routes.append(told)


def _tell(cases: Iterable[_Case], draft: Draft, decisions: list[Decision], routes: list[Route]) -> None:
    for case in cases:
        because, transition = case.wish.because, case.alert.transition
        decisions.append(Decision(case.alert.key, draft.channel, transition, draft.at, True, because, notice=draft.key))
        routes.append(told(case.route, case.alert, draft, because))


def _drafts(kind: NoticeKind, some: Sequence[_Case], view: View) -> list[Draft]:
    """What is told now: one notice, or one for each of a few threads."""
    if not some:
        return []
    threads = sorted({case.route.thread for case in some})
    if kind is not NoticeKind.RESOLVED or len(threads) > MOST_THREADS:
        return [_draft(kind, some, threads[0] if len(threads) == 1 else "", view)]
    return [_draft(kind, [case for case in some if case.route.thread == each], each, view) for each in threads]


def _draft(kind: NoticeKind, some: Sequence[_Case], thread: str, view: View) -> Draft:
    keys = [case.alert.key for case in some]
    name = "\0".join([view.channel.name, kind, str(view.now), *keys])
    key = hashlib.sha256(name.encode()).hexdigest()[:24]
    counted = Counter(view.causes.values())
    explains = {each: counted[each] for each in keys if counted[each]}
    return Draft(
        key, kind, view.channel.name, view.now, tuple(keys), thread or (keys[0] if len(keys) == 1 else key), explains
    )
