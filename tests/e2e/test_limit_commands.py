"""`wabawatch costs`, `limits`, `violations` and `preflight`: for people, and as the API's JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console
from tests.support.command import run
from tests.support.facts import T0, WABA, at

from wabawatch.app import System
from wabawatch.cli.limits import show_hits, show_room
from wabawatch.cli.main import FAILED, MISUSED, WELL
from wabawatch.cli.status import response_cell
from wabawatch.domain.compliance import WebhookTimes
from wabawatch.domain.facts import Source, TemplateChanged
from wabawatch.domain.headroom import MessagingLimit, Pace, Throughput
from wabawatch.domain.limit_hits import HitCount, LimitHits
from wabawatch.domain.polls import Usage
from wabawatch.flows.digest import learn
from wabawatch.flows.limiting import HeadRoom
from wabawatch.settings import load

PREFLIGHT = ("preflight", "--template", "hello", "--language", "en", "--recipients", "10")


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("costs",), "total"),
        (("costs", "--from", "2026-01-01", "--to", "2026-02-01"), "total"),
        (("limits",), "rate_limits"),
        (("reconcile",), "days"),
        (("violations",), "unverified_sends"),
        (PREFLIGHT, "verdict"),
    ],
)
def test_each_command_answers_on_an_empty_database(tmp_path: Path, command: tuple[str, ...], name: str) -> None:
    shown, told = run(tmp_path, *command), run(tmp_path, *command, "--json")

    assert (shown.returncode, told.returncode) == (WELL, WELL), shown.stderr + told.stderr
    assert shown.stdout
    assert name in json.loads(told.stdout)


def test_a_campaign_of_which_nothing_is_known_is_not_told_to_go(tmp_path: Path) -> None:
    assert run(tmp_path, *PREFLIGHT).stdout.startswith("RISKY")


def test_a_campaign_that_must_not_go_stops_a_script(tmp_path: Path) -> None:
    system = System(load({"WABAWATCH_DATA_DIR": str(tmp_path / "data")}))
    with system._books().writing() as ledger:
        learn(ledger, [TemplateChanged(at(0), Source.POLL, WABA, "status", "hello", "en", after="REJECTED")])
    system.close()

    done = run(tmp_path, *PREFLIGHT, "--data-dir", str(tmp_path / "data"))

    assert (done.returncode, done.stdout.split("\n")[0]) == (FAILED, "STOP")


@pytest.mark.parametrize(
    ("more", "code", "sentence"),
    [
        (("--recipients", "5", "--number", "999"), FAILED, "nothing is known of 999"),
        ((), FAILED, "recipients: missing; say to how many people"),
        (("--to", "missing.txt"), FAILED, "missing.txt: it cannot be read"),
        (("--recipients", "-1"), MISUSED, "recipients"),
    ],
)
def test_what_cannot_be_asked_is_refused(tmp_path: Path, more: tuple[str, ...], code: int, sentence: str) -> None:
    done = run(tmp_path, *PREFLIGHT[:5], *more)

    assert done.returncode == code
    assert sentence in done.stderr


def test_what_is_left_is_told_line_by_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wabawatch.cli.limits.out", Console(width=140, highlight=False))
    paces = (Throughput("1", "STANDARD", True, 80, Pace(T0, 1_200, 45)),)
    limits = (
        MessagingLimit("p", "TIER_2K", T0, ("1",), 43),
        MessagingLimit("q", "TIER_2K", T0, ("2",), 5, False),
        MessagingLimit("r", "TIER_UNLIMITED", T0, ("3",), None),
        MessagingLimit("s", "", None, ("4",), None),
    )
    usages = (Usage("", 12.5, T0), Usage("w", 96.0, T0, T0 + 60_000))

    show_room(HeadRoom(T0, 24, paces, limits, usages))

    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "number level limit/s busiest minute mean/s peak/s head-room/s",
        "1 STANDARD (assumed) 80 2026-09-21T14:13:20.000Z 20.0 45 35.0",
        "messaging limit of p: 2000 people in 24 h, at least 43 reached: at most 1957 more",
        "messaging limit of q: 2000 people in 24 h, "
        "at least 5 reached, and more than were looked at: at most 1995 more",
        "messaging limit of r: unlimited",
        "messaging limit of s: unknown (nobody told us)",
        "calls of the app: 12.5 % of Meta's limit at 2026-09-21T14:13:20.000Z",
        "calls to account w: 96 % of Meta's limit at 2026-09-21T14:13:20.000Z; "
        "Meta is asked nothing until 2026-09-21T14:14:20.000Z",
    ]


def test_limits_that_were_hit_are_told_with_the_next_step(capsys: pytest.CaptureFixture[str]) -> None:
    show_hits(LimitHits(0, T0, (HitCount(131056, "1", "w", 3),), ()))

    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith("3 hits since the beginning")
    assert "131056" in told
    assert " pair 1 3 " in told


def test_a_p99_that_looks_well_does_not_hide_what_was_never_answered() -> None:
    assert response_cell(0.0217, WebhookTimes({1: 3}, 3)) == "p99 21.7 ms"
    assert response_cell(0.0217, WebhookTimes({1: 3}, 4, unanswered=1)) == "p99 21.7 ms, 25.0% too late or never"
    assert response_cell(None, WebhookTimes({}, 0)) == "-"
