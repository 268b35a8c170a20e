"""`wabawatch costs`, `limits`, `violations` and `preflight`: for people, and as the API's JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.server import run

from wabawatch.cli.main import FAILED, MISUSED, WELL

PREFLIGHT = ("preflight", "--template", "hello", "--language", "en", "--recipients", "10")


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("costs",), "total"),
        (("costs", "--from", "2026-01-01", "--to", "2026-02-01"), "total"),
        (("limits",), "rate_limits"),
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


@pytest.mark.parametrize(
    ("more", "code", "sentence"),
    [
        (("--recipients", "5", "--number", "999"), FAILED, "nothing is known of 999"),
        (("--to", "missing.txt"), FAILED, "missing.txt: it cannot be read"),
        (("--recipients", "-1"), MISUSED, "recipients"),
    ],
)
def test_what_cannot_be_asked_is_refused(tmp_path: Path, more: tuple[str, ...], code: int, sentence: str) -> None:
    done = run(tmp_path, *PREFLIGHT[:5], *more)

    assert done.returncode == code
    assert sentence in done.stderr
