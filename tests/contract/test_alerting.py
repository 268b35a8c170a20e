"""Alerting over real books: what fires, when, and what does not."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.alert_scene import PROMO, Scene
from tests.support.facts import MINUTE, NUMBERS, WABA
from tests.support.places import ON_EACH, Place
from wabawatch.domain.alerts import Reason
from wabawatch.domain.connection import Connection
from wabawatch.domain.facts import AccountChanged, Source, TemplateChanged, When

pytestmark = ON_EACH


@pytest.fixture
def scene(place: Place) -> Iterator[Scene]:
    scene = Scene(place).begin()
    yield scene
    scene.close()


def test_what_fails_alerts_within_two_cycles_and_its_parts_are_named(scene: Scene) -> None:
    scene.traffic(10, 20, template=PROMO)
    scene.traffic(7, 20, failed=16, template=PROMO)

    (alert,) = scene.alerts()
    assert (alert.rule, alert.scope.id, alert.scope.waba) == ("FAILURE_RATE_HIGH", NUMBERS[0], WABA)
    assert {(c.kind, c.id) for c in alert.newest.contributors} == {("template", "promo/en"), ("error", "131026")}


def test_events_and_states_are_seen_as_they_come(scene: Scene) -> None:
    now = When(scene.now, scene.now)
    scene.tell(
        TemplateChanged(now, Source.WEBHOOK, WABA, "status", "promo", "en", after="PAUSED"),
        TemplateChanged(now, Source.WEBHOOK, WABA, "category", "promo", "en", before="UTILITY", after="MARKETING"),
        TemplateChanged(now._replace(is_live=False), Source.WEBHOOK, WABA, "status", "old", "en", after="REJECTED"),
        AccountChanged(now, Source.WEBHOOK, "ACCOUNT_RESTRICTION", waba=WABA, after="RESTRICTED_UTILITY_TEMPLATES"),
    )
    scene.peek()

    assert sorted(alert.rule for alert in scene.alerts()) == [
        "ACCOUNT_RESTRICTED",
        "TEMPLATE_CATEGORY_CHANGED",
        "TEMPLATE_PAUSED",
    ]


def test_of_two_monitors_on_one_database_each_change_is_written_once(scene: Scene) -> None:
    other = scene.process().alerting
    scene.tell(
        TemplateChanged(When(scene.now, scene.now), Source.WEBHOOK, WABA, "status", "promo", "en", after="PAUSED")
    )
    for _ in range(6):
        scene.send(20, failed=16)
        scene.wait(1)
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda step: step(), [other.step, scene.flows.alerting.step]))

    assert [(t.rule, t.reason) for t in scene.transitions()] == [
        ("TEMPLATE_PAUSED", Reason.FIRED),
        ("FAILURE_RATE_HIGH", Reason.FIRED),
    ]


def test_webhooks_that_do_not_come_are_missed(scene: Scene) -> None:
    scene.bench.figures.keep_refusals({(scene.now - MINUTE, "shop", "bad_signature"): 25})
    scene.traffic(8, 3, silent=3)

    assert scene.fired() == ["SIGNATURE_FAILURES app:shop", f"WEBHOOK_SILENT number:{NUMBERS[0]}"]
    assert scene.flows.states.connections(scene.now)[NUMBERS[0]].state is Connection.SUSPICIOUS
