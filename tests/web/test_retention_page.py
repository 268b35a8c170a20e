"""`/settings/retention`: what is kept for how long, what would go, and what is archived."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.books import HandClock
from tests.support.console import ADMIN, client
from tests.support.facts import DAY, T0, recorded
from tests.support.places import furnish

from wabawatch.app import System
from wabawatch.domain.archives import Part, PartState
from wabawatch.flows.digest import learn
from wabawatch.settings import load
from wabawatch.web.pages.retention import days_of


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    settings = {"WABAWATCH_DATA_DIR": str(furnish(tmp_path)), "WABAWATCH_FREE_SPACE_RESERVE": "0"}
    system = System(load(settings), HandClock(T0))
    with system._books().writing() as ledger:
        learn(ledger, [recorded(i, wamid=f"wamid.{i}") for i in range(3)])
    system.archive.books.note(T0)
    assert isinstance(system.clock, HandClock)
    system.clock.turn_to(T0 + 100 * DAY)
    yield system
    system.close()


def test_it_says_what_would_go_and_then_what_is_archived(system: System) -> None:
    ask = client(system, ADMIN)
    assert "Nothing is archived yet" in ask.get("/settings/retention").text
    assert "Would move 3 messages up to" in ask.get("/parts/retention").text

    archiving = system.archive.archiving()
    while archiving.step():
        pass

    page = ask.get("/settings/retention").text
    assert "2026-09-21" in page
    assert "3 messages" in page
    assert "Would remove no messages" in ask.get("/parts/retention").text


def test_a_day_in_several_files_is_one_day_and_as_far_as_the_file_that_is_least_so() -> None:
    def part(name: str, day: int, moved: int) -> Part:
        return Part(name, day, 5, moved, 0, frozenset(), False, 100, "", 0, 0, 0)

    one, other = days_of([part("a", 2, 5), part("b", 2, 3), part("c", 1, 5)])

    assert (one.name, one.messages, one.bytes, one.state) == ("1970-01-03", 8, 200, PartState.MOVING)
    assert (other.name, other.state) == ("1970-01-02", PartState.ARCHIVED)
