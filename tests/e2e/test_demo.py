"""`wabawatch demo`: everything over HTTP, and every count held against the simulator's truth."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.children import ending
from tests.support.thorough import examples

from wabawatch.cli.comparing import Difference, differences, shown_counts, wanted_counts
from wabawatch.cli.demo_once import holds
from wabawatch.cli.demo_view import sparkline
from wabawatch.cli.main import MISUSED, WELL, run
from wabawatch.simulator.simulation import Brought
from wabawatch.simulator.truth import Totals

COMMAND = str(Path(sys.executable).with_name("wabawatch"))
PATIENCE_S = 60.0
TOTALS = Totals(
    attempted=10,
    accepted=9,
    sent=1,
    delivered=3,
    read=4,
    failed=1,
    expired=0,
    pending=1,
    rejected=1,
    unlinked=0,
    orphan=2,
    inbound=5,
    delivery_rate=(7, 9),
    failure_rate=(1, 10),
)
BROUGHT = Brought(received=20, duplicates=2)
STATUS: dict[str, Any] = {
    "messages": {name: n for name, n in TOTALS.items() if isinstance(n, int)},
    "requirements": {"delivery_rate": {"value": 0.777778, "n": 9}, "failure_rate": {"value": 0.1, "n": 10}},
    "webhooks": {
        "received": 20,
        "processed": 20,
        "backlog": 0,
        "parked": 0,
        "duplicates": 2,
        "unparsed_items": 0,
        "unknown": 3,
    },
}


@pytest.mark.parametrize("seed", range(1, 1 + examples(1)))
@pytest.mark.parametrize("mix", [[], ["--nasty"]], ids=["plain", "nasty"])
def test_once_every_count_is_the_truth(capsys: pytest.CaptureFixture[str], mix: list[str], seed: int) -> None:
    code = run(["demo", "--messages", "400", "--once", "--seed", str(seed), *mix])

    told, said = capsys.readouterr()
    status = json.loads(told)
    assert code == WELL, said
    assert "every one is the simulator's truth" in said
    assert status["messages"]["attempted"] >= 400
    assert status["webhooks"]["processed"] == status["webhooks"]["received"] > 400
    assert status["monitoring"]["running"] is True


def test_once_gives_the_same_counts_for_the_same_seed(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for _ in range(2):
        run(["demo", "--messages", "100", "--once", "--seed", "7"])
        told.append(json.loads(capsys.readouterr().out))

    assert told[0]["messages"] == told[1]["messages"]
    assert told[0]["webhooks"] == told[1]["webhooks"]


def test_a_status_that_tells_the_truth_has_no_differences() -> None:
    assert differences(wanted_counts(TOTALS, BROUGHT), shown_counts(STATUS)) == []


@pytest.mark.parametrize("name", sorted(wanted_counts(TOTALS, BROUGHT)))
def test_any_count_that_is_off_by_one_is_a_difference(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    wanted, shown = wanted_counts(TOTALS, BROUGHT), shown_counts(STATUS)
    shown[name] += 1

    assert differences(wanted, shown) == [Difference(name, wanted[name], wanted[name] + 1)]
    assert not holds(wanted, shown)
    assert name in capsys.readouterr().err


def test_a_count_that_is_not_shown_is_a_difference() -> None:
    assert differences({"messages.sent": 0}, {}) == [Difference("messages.sent", 0, None)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--messages", "0"],
        ["--messages", "many"],
        ["--port", "70000"],
        ["--once", "--incident", "failures"],
        ["--incident", "flood"],
        ["--wrong"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_are_misuse(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["demo", *arguments])

    told, said = capsys.readouterr()
    assert (code, told) == (MISUSED, "")
    assert arguments[-1].removeprefix("--") in said or arguments[-2] in said


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "wabawatch.db").touch()

    assert run(["demo", "--once", "--data-dir", str(tmp_path)]) == MISUSED


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_live_runs_until_it_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    command = [COMMAND, "demo", "--days", "0", "--messages", "50", "--json", "--data-dir", str(tmp_path / "data")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WABAWATCH_")}
    with ending(
        subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    ) as process:
        assert process.stdout is not None
        status = json.loads(process.stdout.readline())
        process.send_signal(number)
        _, said = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == WELL, said
    assert status["webhooks"]["received"] > 50
    assert "Traceback" not in said
    assert "the demo has been stopped" in said


def test_a_sparkline_reaches_from_nothing_to_the_highest() -> None:
    assert sparkline([0, 1, 4, 8]) == " ▁▄█"
    assert sparkline([]) == ""
    assert sparkline([0, 0]) == "  "
