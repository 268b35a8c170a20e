"""When the rules look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.books import HandClock
from tests.support.facts import MINUTE, T0
from wabawatch.app import System
from wabawatch.app_alerts import Used
from wabawatch.domain.reach_counts import Reached
from wabawatch.flows.reaching import Reaching
from wabawatch.settings import load


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    system = System(load({"WABAWATCH_DATA_DIR": str(tmp_path)}), HandClock(T0))
    yield system
    system.close()


def rings(system: System, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    rung: list[int] = []
    monkeypatch.setattr(system.alerts.bell, "ring", lambda: rung.append(1))
    return rung


def test_the_rules_look_as_soon_as_a_cycle_has_judged(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    rung = rings(system, monkeypatch)

    assert not system.alerts.after_cycle(lambda: False)()
    assert rung == []
    assert system.alerts.after_cycle(lambda: True)()
    assert rung == [1]


def test_many_webhooks_at_once_let_the_rules_look_once(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    rung = rings(system, monkeypatch)
    digest = system.alerts.after_news(lambda: True)

    assert [digest() for _ in range(3)] == [True] * 3
    assert rung == [1]


def test_the_planner_is_woken_by_what_the_rules_have_changed(system: System) -> None:
    system.notices.pace.is_rung = False

    system.alerts.book.on_transitions()

    assert system.notices.pace.is_rung


def test_messaging_limits_are_added_up_every_few_minutes(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock(T0)
    asked: list[int] = []

    def limits(_: Reaching) -> list[Reached]:
        asked.append(clock.now())
        return []

    monkeypatch.setattr(Reaching, "limits", limits)
    used = Used(system.limits, clock)

    for minute in (0, 1, 2, 3, 4, 0):  # at last the clock is set back
        clock.turn_to(T0 + minute * MINUTE)
        assert used() == []

    assert [(at - T0) // MINUTE for at in asked] == [0, 3, 0]
