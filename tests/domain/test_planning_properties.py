"""What holds for every plan, whatever fires, is silenced, explained or acknowledged."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.alerts import EVERYTHING, HOUR, MINUTE, NOW, OTHER_WABA, WABA, ended, fired, number
from tests.support.routing import World
from wabawatch.domain.alerts import AlertScope, OpenAlert, Reason, ScopeKind, Severity
from wabawatch.domain.inhibition import EXPLAINS, covers
from wabawatch.domain.notices import NoticeKind
from wabawatch.domain.planning import plan
from wabawatch.domain.routing import Because, Channel, Policy, Scene
from wabawatch.domain.silences import LONGEST_SILENCE_MS, Matcher, Silence, Window

RULES = ("API_ENDPOINT_DOWN", "TOKEN_INVALID", "FAILURE_RATE_HIGH", "QUALITY_SCORE_LOW", "WEBHOOK_SILENT", "DISK_LOW")
SCOPES = (
    EVERYTHING,
    AlertScope(ScopeKind.CHECK, "graph"),
    AlertScope(ScopeKind.CHANNEL, "ops"),
    AlertScope(ScopeKind.WABA, WABA),
    AlertScope(ScopeKind.WABA, OTHER_WABA),
    *(number(i) for i in range(3)),
    number(9, OTHER_WABA),
)
moments = st.integers(NOW - 3 * HOUR, NOW)
channels = st.lists(
    st.builds(
        Channel,
        st.sampled_from(["ops", "mail", "boss", "night"]),
        st.sampled_from(Severity),
        st.sets(st.sampled_from(RULES), max_size=2).map(frozenset),
        st.sets(st.sampled_from([WABA, OTHER_WABA]), max_size=1).map(frozenset),
        st.booleans(),
    ),
    min_size=1,
    unique_by=lambda channel: channel.name,
)


@st.composite
def alerts(draw: st.DrawFn) -> list[OpenAlert]:
    """Alerts, at most one of each rule and scope."""
    names = draw(st.lists(st.tuples(st.sampled_from(RULES), st.sampled_from(SCOPES)), max_size=12, unique=True))
    return [draw(_alert(f"a{i}", rule, scope)) for i, (rule, scope) in enumerate(names)]


@st.composite
def _alert(draw: st.DrawFn, key: str, rule: str, scope: AlertScope) -> OpenAlert:
    at = draw(moments)
    alert = fired(key, rule, scope, draw(st.sampled_from(Severity)), at, ack_at=draw(st.none() | st.just(NOW)))
    if draw(st.integers(0, 4)) == 0:
        return ended(alert, draw(st.integers(at, NOW)), draw(st.sampled_from([Reason.RECOVERED, Reason.AGED])))
    return alert


@st.composite
def silences(draw: st.DrawFn) -> list[Silence]:
    """Silences, each with an end."""
    made = []
    for i in range(draw(st.integers(0, 3))):
        start = draw(moments)
        matcher = Matcher(type=draw(st.sampled_from(["", *RULES])), waba=draw(st.sampled_from(["", WABA])))
        made.append(Silence(i, matcher, "why", "ann", start, start + draw(st.integers(1, LONGEST_SILENCE_MS))))
    return made


windows = st.lists(st.builds(Window, st.just("w"), moments, st.integers(NOW + 1, NOW + 10 * HOUR)), max_size=1)
worlds = st.builds(
    lambda channels, alerts, silences, windows: _world(channels, alerts, silences, windows),
    channels,
    alerts(),
    silences(),
    windows,
)


def _world(channels: list[Channel], alerts: list[OpenAlert], silences: list[Silence], windows: list[Window]) -> World:
    world = World(channels, Policy(), silences=silences, windows=windows)
    world.has(*alerts)
    return world


def run(world: World, until: int, most: int = 1_000) -> None:
    """Let time pass, from one look to the next."""
    world.step()
    for _ in range(most):
        if world.look_at is None or world.look_at > until:
            return
        world.step(world.look_at)
    raise AssertionError("it looks again and again")


@settings(max_examples=40)
@given(worlds, st.randoms(use_true_random=False))
def test_the_same_things_give_the_same_plan_in_whatever_order_they_stand(world: World, dice: random.Random) -> None:
    world.step()
    scene = world.scene()
    shuffled = Scene(
        dice.sample(list(scene.alerts), len(scene.alerts)),
        dice.sample(list(scene.routes), len(scene.routes)),
        dice.sample(list(scene.channels), len(scene.channels)),
        silences=dice.sample(list(scene.silences), len(scene.silences)),
        windows=scene.windows,
        last_told=scene.last_told,
    )

    assert plan(scene, world.policy, NOW + HOUR) == plan(shuffled, world.policy, NOW + HOUR)


@settings(max_examples=100)
@given(worlds)
def test_nothing_that_fires_critical_is_held_for_ever(world: World) -> None:
    """After the longest silence it is told in every channel that wants it, or what explains it is."""
    world.policy = replace(world.policy, remind_ms={})
    run(world, NOW + LONGEST_SILENCE_MS + HOUR)

    for (key, name), route in world.routes.items():
        alert = world.alerts[key]
        if not alert.is_firing or alert.severity is not Severity.CRITICAL or alert.ack_at is not None:
            continue
        if route.told_at is None and not _by_settings(route.because):
            assert route.because in (Because.EXPLAINED, Because.PART_FIRES, Because.WAITS_FOR_ESCALATION), route
            if route.because is not Because.WAITS_FOR_ESCALATION:
                other = world.routes[(route.detail, name)]
                other_alert = world.alerts[route.detail]
                assert other.told_at is not None or other_alert.ack_at is not None or _waits(other.because), other


def _by_settings(because: Because | None) -> bool:
    return because in (Because.OTHER_TYPE, Because.OTHER_WABA, Because.BELOW_SEVERITY, Because.OWN_TROUBLE)


def _waits(because: Because | None) -> bool:
    """It is itself explained by what is told, or its first channels are not told because somebody acknowledged it."""
    return because in (Because.EXPLAINED, Because.PART_FIRES, Because.WAITS_FOR_ESCALATION)


@settings(max_examples=40)
@given(worlds)
def test_each_channel_is_told_once_that_an_alert_fires_and_its_end_only_then(world: World) -> None:
    run(world, NOW + 10 * MINUTE)
    world.has(*[ended(alert, NOW + 10 * MINUTE) for alert in world.alerts.values() if alert.is_firing])
    run(world, NOW + 10 * HOUR)

    told = Counter((d.alert, d.channel, d.because) for d in world.decisions if d.is_told)
    first = (Because.FIRST_NOTICE, Because.ESCALATED)
    assert all(n == 1 for (_, _, because), n in told.items() if because in (*first, Because.ENDED))
    knows = {(alert, channel) for alert, channel, because in told if because in first}
    assert {(alert, channel) for alert, channel, because in told if because is Because.ENDED} <= knows
    assert not world.routes, "all has ended: nothing is left to tell"


@settings(max_examples=40)
@given(worlds)
def test_every_alert_has_a_decision_in_every_channel_and_every_notice_its_alerts(world: World) -> None:
    keys = set(world.alerts)
    run(world, NOW + HOUR)

    decided = {(decision.alert, decision.channel) for decision in world.decisions}
    assert decided == {(key, channel.name) for key in keys for channel in world.channels}
    told = {(d.notice, d.alert) for d in world.decisions if d.is_told}
    assert told == {(draft.key, key) for draft in world.told for key in draft.alerts}


@settings(max_examples=40)
@given(worlds)
def test_what_was_planned_needs_no_planning_again(world: World) -> None:
    world.step()

    assert plan(world.scene(), world.policy, world.now).is_empty


@settings(max_examples=40)
@given(worlds)
def test_notices_of_one_kind_keep_their_distance(world: World) -> None:
    run(world, NOW + HOUR)

    for channel in world.channels:
        times = [draft.at for draft in world.told if (draft.channel, draft.kind) == (channel.name, NoticeKind.FIRING)]
        assert all(later - earlier >= 30_000 for earlier, later in pairwise(times))


def test_no_type_explains_itself_also_not_by_way_of_others() -> None:
    def reached(rule: str, on_the_way: tuple[str, ...]) -> None:
        assert rule not in on_the_way, (*on_the_way, rule)
        for consequence in EXPLAINS.get(rule, ()):
            reached(consequence, (*on_the_way, rule))

    for rule in EXPLAINS:
        reached(rule, ())


def test_what_is_so_for_a_waba_is_so_for_its_numbers_and_templates_only() -> None:
    waba = AlertScope(ScopeKind.WABA, WABA)

    assert covers(waba, number(1))
    assert covers(waba, AlertScope(ScopeKind.TEMPLATE, f"{WABA}/a/en", WABA))
    assert covers(waba, waba)
    assert not covers(waba, number(1, OTHER_WABA))
    assert not covers(number(1), waba)
    assert not covers(waba, EVERYTHING)


def test_what_is_so_everywhere_is_so_for_all() -> None:
    for everywhere in (EVERYTHING, AlertScope(ScopeKind.CHECK, "graph"), AlertScope(ScopeKind.APP, "shop")):
        assert all(covers(everywhere, scope) for scope in SCOPES)
