"""When the rules look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.books import HandClock
from tests.support.facts import T0
from wabawatch.app import System
from wabawatch.ports import Body, BodyKind
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
    digest = system.digest()

    for _ in range(3):
        system.inbox.append_all([Body(BodyKind.RECORD, T0, b"{}")])
        digest.batch()
    assert rung == [1]


def test_where_nothing_comes_the_rules_are_not_woken(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    rung = rings(system, monkeypatch)

    assert not system.digest().batch()
    assert rung == []


def test_the_planner_is_woken_by_what_the_rules_have_changed(system: System) -> None:
    system.notices.pace.is_rung = False

    system.alerts.book.on_transitions()

    assert system.notices.pace.is_rung
