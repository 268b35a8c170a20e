"""What is imported or replayed counts in the figures, and alarms nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.alert_scene import FAILED, Scene
from tests.support.facts import MINUTE, NUMBERS, WABA
from wabawatch.domain.facts import ErrorSeen, Source, Status, StatusChanged, When


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path / "books").begin()
    yield scene
    scene.close()


CODES = (FAILED[0].code, 131042, 130429, 987_654)
"""Undeliverable, nobody pays, too fast, and one that nobody knows"""


def bring(scene: Scene, n: int, live: bool, number: str = NUMBERS[0], codes: Sequence[int] = CODES[:1]) -> None:
    """Statuses of failed messages of the last ten minutes, that nobody recorded."""
    facts = []
    for i in range(n):
        when = When(scene.now - (i % 10 + 1) * MINUTE, scene.now, is_live=live)
        errors, wamid = (ErrorSeen(codes[i % len(codes)], "no"),), f"wamid.brought.{number}.{i}"
        facts.append(StatusChanged(when, Source.WEBHOOK, Status.FAILED, wamid, "", number, WABA, errors=errors))
    scene.tell(*facts)


def test_an_import_of_failures_of_this_hour_alarms_nobody(scene: Scene) -> None:
    bring(scene, 200, live=False, codes=CODES)
    scene.wait(90, every=5)

    assert scene.fired() == []


def test_the_same_brought_live_alarms(scene: Scene) -> None:
    bring(scene, 200, live=True, codes=CODES)
    scene.wait(20, every=5)

    rules = {each.partition(" ")[0] for each in scene.fired()}
    assert {"FAILURE_RATE_HIGH", "PAYMENT_PROBLEM", "RATE_LIMIT_HIT", "NEW_ERROR_CODE"} <= rules


def test_an_import_of_one_number_does_not_make_the_others_blind(scene: Scene) -> None:
    bring(scene, 200, live=False, number=NUMBERS[1])
    bring(scene, 200, live=True, number=NUMBERS[0])
    scene.wait(20, every=5)

    assert f"FAILURE_RATE_HIGH number:{NUMBERS[0]}" in scene.fired()
    assert not any(NUMBERS[1] in each for each in scene.fired())


def test_what_fires_is_not_ended_by_an_import_and_rates_are_judged_again_after_it(scene: Scene) -> None:
    bring(scene, 200, live=True)
    scene.wait(20, every=5)
    assert f"FAILURE_RATE_HIGH number:{NUMBERS[0]}" in scene.fired()
    bring(scene, 300, live=False)
    bring(scene, 10, live=False, number=NUMBERS[1])
    scene.wait(30, every=5)
    assert "FAILURE_RATE_HIGH" in {alert.rule for alert in scene.flows.book.open()}

    scene.wait(100, every=25)
    scene.send(200, failed=100, number=NUMBERS[1])
    scene.wait(20, every=5)
    assert f"FAILURE_RATE_HIGH number:{NUMBERS[1]}" in scene.fired()
