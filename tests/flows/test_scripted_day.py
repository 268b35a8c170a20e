"""Incidents by a clock turned by hand: what fires, how soon, that it ends, and that nothing else is told."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.day import FAST, Days, Fired, days
from tests.support.scenes import BUSY, CALM, CYCLES, SCENES, Scene, all_well, kind_of, play
from wabawatch.cli.turned import MINUTE
from wabawatch.domain.notices import NoticeKind

SOON = {"WABAWATCH_REMIND_CRITICAL": 1_200}
"""A reminder after twenty minutes, so that one comes in half an hour."""


QUICKLY = ("api down",)
PLAYED = [scene for scene in SCENES if scene.name in QUICKLY or os.environ.get("WHOLE_DAY")]
"""All of them are played by `make day`: that takes minutes. One that explains others is played always."""


def told(alerts: Iterable[Fired], since: int) -> list[str]:
    """For a person who reads why a test failed."""
    return [
        f"{one.rule} {one.scope} +{(one.fired_at - since) // MINUTE} min: {one.message} ({one.ended or 'open'})"
        for one in alerts
    ]


@pytest.mark.parametrize("scene", PLAYED, ids=[scene.name.replace(" ", "_") for scene in PLAYED])
def test_an_incident_raises_what_it_should_in_time_and_nothing_else_and_all_of_it_ends(
    scene: Scene, tmp_path: Path
) -> None:
    start = scene.breaks_at - scene.warm
    with days(tmp_path, start, days=0.2, per_day=scene.per_day, pattern=BUSY, mix=CALM, settings=SOON) as found:
        all_well(found)
        found.run(scene.warm, every_ms=FAST)
        assert told(found.fired(), start) == []

        known = play(scene, found)

        alerts = found.fired()
        report = told(alerts, scene.breaks_at)
        assert {kind_of(one) for one in alerts} == set(scene.must), report
        assert known.keys() == scene.must.keys(), known
        for kind, evidence in scene.must.items():
            at = min(one.fired_at for one in alerts if kind_of(one) == kind)
            late, seen = at - known[kind], (known[kind] - scene.breaks_at) // MINUTE
            assert 0 <= late <= evidence.lasts + CYCLES, f"{kind}: to be known at +{seen} min; {report}"
        assert [one for one in alerts if one.ended_at is None] == [], report
        notices = [(notice.kind, told) for notice in found.told.notices for told in notice.told]
        assert {told.type for _, told in notices} == {rule for rule, _ in scene.must} - scene.untold, report
        if scene.name == "api down":
            the_end_and_the_reminder_say_how_many(found)


def the_end_and_the_reminder_say_how_many(found: Days) -> None:
    """Of how many consequences nobody is told; the first notice came before they did."""
    failing = {one.scope for one in found.fired() if one.rule == "FAILURE_RATE_HIGH"}
    first, reminder, end = found.told.notices
    assert [notice.kind for notice in (first, reminder, end)] == [
        NoticeKind.FIRING, NoticeKind.REMINDER, NoticeKind.RESOLVED,
    ]  # fmt: skip
    assert first.told[0].explains == 0
    assert min(reminder.told[0].explains, end.told[0].explains) >= len(failing)
