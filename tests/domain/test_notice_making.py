"""Notices say what is known of their alerts, and no more."""

from __future__ import annotations

from dataclasses import replace

from tests.support.alerts import EVERYTHING, NOW, NUMBER, WABA, ended, fired, number, rule_of
from tests.support.routing import AT_ONCE, World
from wabawatch.domain.alerts import AlertScope, Rule, ScopeKind
from wabawatch.domain.notice_making import compose, in_words
from wabawatch.domain.notices import MOST_TOLD, Notice


class Known:
    """Rules with a threshold, runbooks with one step, a console."""

    def __init__(self, rule: Rule | None) -> None:
        self._rule = rule

    def rule(self, name: str, scope: AlertScope) -> Rule | None:
        return self._rule

    def first_steps(self, runbook: str) -> tuple[str, ...]:
        return (f"Look at {runbook}.",)

    def runbook_url(self, runbook: str) -> str:
        return f"https://w.example/runbooks/{runbook}"

    def link(self, alert: str) -> str:
        return f"https://w.example/alerts/{alert}"


def notices(world: World, rule: Rule | None = None) -> list[Notice]:
    alerts = dict(world.alerts)
    before = len(world.told)
    world.step()
    return [compose(draft, alerts, Known(rule)) for draft in world.told[before:]]


def test_a_notice_of_one_alert_says_all_that_is_known_of_it() -> None:
    world = World()
    world.has(fired())

    [notice] = notices(world, rule_of(threshold=0.95, unit="share"))

    [told] = notice.told
    assert (told.alert, told.type, told.about) == ("a1", "PHONE_QUALITY_LOW", f"number {NUMBER.id} of WABA {WABA}")
    assert (told.value, told.n, told.threshold, told.unit) == (0.9, 100, 0.95, "share")
    assert told.first_steps == ("Look at phone_quality_low.",)
    assert notice.link == told.link == "https://w.example/alerts/a1"


def test_a_rule_that_is_gone_leaves_its_name() -> None:
    world = World()
    world.has(fired())

    [notice] = notices(world)

    assert (notice.told[0].title, notice.told[0].threshold) == ("Phone quality low", None)


def test_of_many_alerts_the_gravest_are_told_and_all_are_counted() -> None:
    world = World(policy=AT_ONCE)
    world.has(*[fired(f"a{i}", "FAILURE_RATE_HIGH", number(i)) for i in range(30)], fired("d", "DISK_LOW", EVERYTHING))

    [notice] = notices(world)

    assert (len(notice.told), notice.total) == (MOST_TOLD, 31)
    assert notice.by_type == (("FAILURE_RATE_HIGH", 30), ("DISK_LOW", 1))
    assert notice.link == "https://w.example/alerts/"


def test_a_notice_of_an_end_says_when_and_how() -> None:
    world = World()
    world.has(fired())
    world.step()
    world.has(ended(fired(), NOW + 60_000))
    world.now = NOW + 60_000

    [notice] = notices(world)

    assert (notice.told[0].ended_at, notice.told[0].ended) == (NOW + 60_000, "recovered")


def test_every_kind_of_scope_has_its_words() -> None:
    words = {in_words(AlertScope(kind, "1/a/en", WABA)) for kind in ScopeKind}

    assert len(words) == len(ScopeKind)
    assert in_words(AlertScope(ScopeKind.TEMPLATE, f"{WABA}/sale/en_US")) == f"template sale (en_US) of WABA {WABA}"


def test_what_there_is_only_one_of_needs_no_further_word() -> None:
    world = World()
    world.has(fired(scope=EVERYTHING))
    [one] = notices(world, replace(rule_of(), scope=ScopeKind.ALL))

    world = World()
    world.has(fired(scope=EVERYTHING))
    [parent] = notices(world, replace(rule_of(), scope=ScopeKind.NUMBER))

    assert (one.told[0].about, parent.told[0].about) == ("", "all numbers together")
