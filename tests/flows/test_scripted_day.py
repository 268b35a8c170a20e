"""Incidents by a clock turned by hand: what fires, how soon, that it ends, and that nothing else is told."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.day import FAST, MINUTE, Days, Fired, days
from tests.support.scenes import BUSY, CALM, SCENES, Scene, all_well, kind_of, play
from wabawatch.domain.notices import NoticeKind

SOON = {"WABAWATCH_REMIND_CRITICAL": 1_200}
"""A reminder after twenty minutes, so that one comes in half an hour."""


QUICKLY = ("api down", "webhook dead", "token revoked", "template paused")
PLAYED = [scene for scene in SCENES if scene.name in QUICKLY or os.environ.get("WHOLE_DAY")]
"""All of them are played by `make day`: that takes minutes."""


def told(alerts: Iterable[Fired], since: int) -> list[str]:
    """For a person who reads why a test failed."""
    return [
        f"{one.rule} {one.scope} +{(one.fired_at - since) // MINUTE} min: {one.message} ({one.ended or 'open'})"
        for one in alerts
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scene", PLAYED, ids=[scene.name.replace(" ", "_") for scene in PLAYED])
def test_an_incident_raises_what_it_should_in_time_and_nothing_else_and_all_of_it_ends(
    scene: Scene, tmp_path: Path
) -> None:
    start = scene.breaks_at - scene.warm
    with days(tmp_path, start, days=0.2, per_day=scene.per_day, pattern=BUSY, mix=CALM, settings=SOON) as found:
        all_well(found)
        found.run(scene.warm, every_ms=FAST)
        assert told(found.fired(), start) == []

        play(scene, found)

        alerts = found.fired()
        report = told(alerts, scene.breaks_at)
        assert {kind_of(one) for one in alerts} == set(scene.must), report
        for kind, within in scene.must.items():
            at = min(one.fired_at for one in alerts if kind_of(one) == kind)
            assert at - scene.breaks_at <= within, report
        assert [one for one in alerts if one.ended_at is None] == [], report
        if scene.name == "api down":
            the_api_explains_the_rest(found)


def the_api_explains_the_rest(found: Days) -> None:
    """While the API is down nobody is told of its consequences, and the reminder says how many they are."""
    notices = found.told.notices
    up_at = next(n.at for n in notices if n.kind is NoticeKind.RESOLVED and n.told[0].type == "API_ENDPOINT_DOWN")
    while_down = [(n.kind, [(told.type, told.explains) for told in n.told]) for n in notices if n.at < up_at]
    consequences = {one.scope for one in found.fired() if one.rule == "FAILURE_RATE_HIGH"}
    assert while_down == [
        (NoticeKind.FIRING, [("API_ENDPOINT_DOWN", 0)]),
        (NoticeKind.REMINDER, [("API_ENDPOINT_DOWN", len(consequences))]),
    ]
