"""The overview on real books: it says of everything what the status says, and the same of a part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.facts import DAY, HOUR, NUMBERS, OTHER_WABA, T0, WABA, recorded, told
from tests.support.system import RULES, Bench
from wabawatch.domain.compliance import Verdict
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import ErrorSeen, Fact, NumberChanged, Source, Status, when
from wabawatch.domain.overview import EVERYTHING, Overview, Slice, SliceKind
from wabawatch.domain.uptime import Shares, UptimeFigures
from wabawatch.flows.overviewing import Overviewing
from wabawatch.storage.alert_figures import SqlAlertFigures
from wabawatch.storage.alerts import SqlAlerts
from wabawatch.storage.runs import SqlRuns
from wabawatch.storage.slices import SqlSlices

NOW = T0 + DAY
GOOD, POOR = NUMBERS


def sends(number: str, waba: str, n: int, status: Status, name: str, at: int = 20 * HOUR) -> list[Fact]:
    """Recorded sends of a number, each of which reached *status* a second later."""
    error = {"errors": (ErrorSeen(131049, "capped"),)} if status is Status.FAILED else {}
    facts: list[Fact] = []
    for i in range(n):
        same = {"wamid": f"wamid.{name}{i}", "number": number}
        facts += [recorded(at, **same), told(status, at + 1_000, waba=waba, **same, **error)]
    return facts


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = Bench(tmp_path, NOW)
    found.shelf.learn(sends(GOOD, WABA, 400, Status.DELIVERED, "good"))
    found.shelf.learn(sends(POOR, OTHER_WABA, 60, Status.DELIVERED, "fair"))
    found.shelf.learn(sends(POOR, OTHER_WABA, 40, Status.FAILED, "poor", 21 * HOUR))
    found.shelf.learn([NumberChanged(when(T0, T0), Source.POLL, "quality", number=POOR, waba=OTHER_WABA, after="RED")])
    yield found
    found.close()


def look(bench: Bench, of: Slice = EVERYTHING, start: int = T0, end: int = NOW) -> Overview:
    database = bench.shelf.database
    nothing = UptimeFigures(start, end, Shares(), (), (), 0)
    flow = Overviewing(
        bench.figures,
        SqlSlices(database),
        SqlAlertFigures(database),
        SqlAlerts(database),
        SqlRuns(database),
        lambda _start, _end: nothing,
        RULES,
        bench.clock,
    )
    return flow.look(start, end, of)


def test_of_everything_it_says_what_the_status_says(bench: Bench) -> None:
    assert look(bench).assessment == bench.status(24).assessment


def test_a_part_is_judged_by_its_own_messages_and_ratings(bench: Bench) -> None:
    good, poor = look(bench, Slice(SliceKind.WABA, WABA)), look(bench, Slice(SliceKind.NUMBER, POOR))

    assert (good.assessment.verdict, good.assessment.delivery_rate.n) == (Verdict.COMPLIANT, 400)
    assert (poor.assessment.verdict, poor.assessment.failure_rate.value) == (Verdict.VIOLATION, 0.4)
    assert poor.assessment.quality.parts["number"].value == 0.3
    assert "number" not in good.assessment.quality.parts
    assert [cause.code for cause in poor.causes] == [131049]
    assert not good.causes


def test_the_worst_number_comes_first_and_only_those_of_the_part(bench: Bench) -> None:
    assert [(each.number, each.rating) for each in look(bench).numbers] == [(POOR, "RED"), (GOOD, "")]
    assert [each.number for each in look(bench, Slice(SliceKind.WABA, WABA)).numbers] == [GOOD]


def test_the_period_before_is_as_long_and_ends_where_this_one_begins(bench: Bench) -> None:
    seen = look(bench, start=T0 + 20 * HOUR + HOUR // 2)

    assert seen.before.messages.attempted == 460
    assert seen.assessment.messages.attempted == 40


def test_an_unknown_part_is_empty_and_not_compliant(bench: Bench) -> None:
    seen = look(bench, Slice(SliceKind.NUMBER, "999"))

    assert seen.assessment.messages.attempted == 0
    assert seen.assessment.verdict is Verdict.INSUFFICIENT_DATA


@pytest.mark.parametrize(("start", "end"), [(NOW, NOW + HOUR), (T0, T0), (NOW - 500 * DAY, NOW)])
def test_a_period_that_cannot_be_is_refused(bench: Bench, start: int, end: int) -> None:
    with pytest.raises(BadRequest, match=r"the period (is still to come|ends before|is longer)"):
        look(bench, start=start, end=end)
