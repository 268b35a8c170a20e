"""Alerting while time passes oddly, in several processes, and with people who do something about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.alert_scene import PROMO, START, Scene
from tests.support.facts import HOUR, MINUTE, NUMBERS, WABA
from wabawatch.domain.alerts import AlertScope, Reason, ScopeKind
from wabawatch.domain.errors import Conflict, NotFound
from wabawatch.domain.facts import (
    Source,
    TemplateChanged,
    When,
)
from wabawatch.domain.platform import Seen, Subject
from wabawatch.domain.report import OpenAlerts
from wabawatch.domain.rule_edits import EVERYWHERE
from wabawatch.flows.cycle import Wanted
from wabawatch.flows.knowing import learn

ONE, OTHER = NUMBERS
TEMPLATE = AlertScope(ScopeKind.TEMPLATE, f"{WABA}/promo/en", WABA)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path / "books").begin()
    yield scene
    scene.close()


def template(scene: Scene, after: str, aspect: str = "status", **more: Any) -> TemplateChanged:
    """A webhook about the template, that comes now."""
    when = more.pop("when", When(scene.now, scene.now))
    return TemplateChanged(when, Source.WEBHOOK, WABA, aspect, PROMO.name, PROMO.language, after=after, **more)


def looked(scene: Scene, subject: Subject, **values: str) -> None:
    """What Meta answers when it is asked now."""
    platform = scene.bench.shelf.books
    with platform.writing() as ledger:
        known = ledger.states([subject])
        learn(ledger, [Seen(subject, values, {}, WABA)], known, scene.now, scene.now)


# ---------------------------------------------------------------- time


def test_windows_that_were_missed_are_looked_at_one_by_one(scene: Scene) -> None:
    scene.traffic(5, 20)
    for minute in range(0, 180, 5):
        scene.send(100, failed=80 if 30 <= minute < 60 else 0, ago=-minute)
    scene.turn_to(scene.now + 3 * HOUR)
    scene.look()

    fired, ended = [t for t in scene.transitions() if t.rule == "FAILURE_RATE_HIGH"]
    assert (fired.reason, ended.reason) == (Reason.FIRED, Reason.RECOVERED)
    assert START + 35 * MINUTE <= fired.at <= START + 50 * MINUTE
    assert ended.at < scene.now - 10 * MINUTE


def test_late_and_timely_looks_make_the_same_history(scene: Scene, tmp_path: Path) -> None:
    late = Scene(tmp_path / "late").begin()
    for minute in range(80):
        failed = 16 if 10 <= minute < 25 else 0
        for each in (scene, late):
            each.send(20, failed=failed, ago=0 if each is scene else -minute)
        scene.wait(1)
    late.turn_to(scene.now)
    late.look()

    rates = [(t.rule, t.at, t.reason) for t in scene.transitions() if t.rule == "FAILURE_RATE_HIGH"]
    assert rates == [(t.rule, t.at, t.reason) for t in late.transitions() if t.rule == "FAILURE_RATE_HIGH"]
    late.close()


def test_what_happened_while_monitoring_was_stopped_is_not_made_up(scene: Scene) -> None:
    scene.traffic(5, 20)
    scene.cycle.control(Wanted.STOP, "test")
    scene.traffic(30, 20, failed=16)
    scene.wait(120)
    scene.cycle.control(Wanted.START, "test")
    scene.wait(10)

    assert scene.fired() == []


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumps_makes_no_alert(scene: Scene, jump: int) -> None:
    scene.traffic(20, 5)
    scene.turn_to(scene.now + jump)
    scene.look()
    scene.traffic(20, 5)
    scene.turn_to(scene.now - jump)
    scene.look()
    scene.traffic(70, 5)

    assert scene.fired() == []


def test_two_processes_that_watch_write_everything_once(scene: Scene) -> None:
    other = scene.process().alerting
    scene.tell(template(scene, "PAUSED"), template(scene, "MARKETING", aspect="category", before="UTILITY"))
    for _ in range(10):
        scene.send(20, failed=16)
        scene.wait(1)
        while other.step():
            pass

    assert sorted(alert.rule for alert in scene.alerts()) == [
        "FAILURE_RATE_HIGH",
        "TEMPLATE_CATEGORY_CHANGED",
        "TEMPLATE_PAUSED",
    ]
    assert [t.reason for t in scene.transitions()] == [Reason.FIRED] * 3


# ---------------------------------------------------------------- people


def test_acknowledging(scene: Scene) -> None:
    scene.tell(template(scene, "PAUSED"), template(scene, "REJECTED", when=When(scene.now + 1, scene.now)))
    scene.look()
    by_rule = {alert.rule: alert for alert in scene.flows.book.open()}

    for alert in by_rule.values():
        scene.flows.alerting.acknowledge(alert.key, "ana", "I look at it")

    left = {alert.rule: (alert.ack_by, alert.ended) for alert in scene.alerts()}
    assert left["TEMPLATE_REJECTED"] == ("ana", Reason.ACKNOWLEDGED)
    with pytest.raises(Conflict):
        scene.flows.alerting.acknowledge(by_rule["TEMPLATE_REJECTED"].key, "ben")
    with pytest.raises(NotFound):
        scene.flows.alerting.acknowledge("nothing", "ben")


def test_a_rule_that_is_not_wanted_any_more_takes_its_alert_back(scene: Scene) -> None:
    scene.traffic(10, 20, failed=16)
    typed = {"threshold": "5", "clear": "", "window": "60", "min_sample": "30", "for": "0", "keep_firing": "30"}
    scene.flows.rule_desk.change(
        "FAILURE_RATE_HIGH", EVERYWHERE, typed | {"enabled": "no", "severity": "critical"}, "user:1", 0
    )
    scene.flows.rules.refresh()
    scene.wait(10)

    assert [alert.ended for alert in scene.alerts(rule="FAILURE_RATE_HIGH")] == [Reason.RULE_GONE]


def test_the_status_counts_what_fires(scene: Scene) -> None:
    scene.tell(template(scene, "PAUSED"), template(scene, "YELLOW", aspect="quality"))
    scene.look()

    assert scene.bench.status().alerts == OpenAlerts(critical=1, info=1)
