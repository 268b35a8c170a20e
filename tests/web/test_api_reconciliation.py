"""Meta's own counts over HTTP, and by command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.facts import DAY, NUMBERS, T0, WABA
from tests.web.test_api_limits import Api

from wabawatch.cli.reconcile import show
from wabawatch.domain.reconciliation import MetaDay, date_of

TODAY = T0 // DAY


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    made = Api(tmp_path)
    for at, days in ((T0 - 3 * DAY, ()), (T0, (MetaDay(TODAY - 2, 30, 28), MetaDay(TODAY - 1, 3, 2)))):
        with made.system._books().writing() as ledger:
            ledger.note_days(WABA, "", days, at)
            ledger.note_days(WABA, NUMBERS[0], days, at)
    yield made
    made.system.close()


def test_days_come_with_both_counts_and_the_cause(api: Api) -> None:
    status, told = api.ask("/reconciliation")

    assert status == 200
    assert [(each["day"], each["number"]) for each in told["days"]] == [
        (str(date_of(TODAY - 1)), None),
        (str(date_of(TODAY - 1)), NUMBERS[0]),
        (str(date_of(TODAY - 2)), None),
        (str(date_of(TODAY - 2)), NUMBERS[0]),
    ]
    first, third = told["days"][0], told["days"][2]
    assert (first["verdict"], first["cause"]) == ("too_few", None)
    assert third["meta"] == {"sent": 30, "delivered": 28}
    assert third["own"] == {"sent": 0, "delivered": 0, "failed": 0, "waiting": 0}
    assert third["gap"] == {"sent": 30, "delivered": 28}
    assert (third["verdict"], third["cause"][:29]) == ("we_know_less", "no status came here that day:")


@pytest.mark.parametrize(("query", "n"), [("days=1", 2), ("days=0", 4), ("days=2", 4)])
def test_how_far_back_is_chosen(api: Api, query: str, n: int) -> None:
    assert len(api.ask("/reconciliation", query)[1]["days"]) == n


@pytest.mark.parametrize("query", ["days=-1", "days=x", "hours=3"])
def test_what_cannot_be_asked_is_refused(api: Api, query: str) -> None:
    assert api.ask("/reconciliation", query)[0] == 422


def test_a_person_reads_a_line_for_each(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    show(api.system.limits.reconciling.recent(30))

    lines = capsys.readouterr().out.splitlines()
    causes = [line for line in lines if "no status came" in line]
    assert [line.split()[-7:] for line in lines if " 30 " in line] == [["30", "0", "28", "0", "we", "know", "less"]] * 2
    assert causes[1].startswith(f"{date_of(TODAY - 2)} {NUMBERS[0]}: ")
