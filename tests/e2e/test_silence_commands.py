"""The commands of silences and maintenance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wabawatch.cli.common import who
from wabawatch.cli.main import FAILED, WELL, run


class Shell:
    """Runs commands on one installation."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder, self._capsys = folder, capsys

    def __call__(self, *words: str, fails: bool = False) -> str:
        """What `wabawatch alerts` with *words* prints."""
        code = run(["alerts", *words, "--data-dir", str(self._folder)])
        printed = self._capsys.readouterr()
        assert code == (FAILED if fails else WELL), printed.err
        return printed.err if fails else printed.out


@pytest.fixture
def alerts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path / "data", capsys)


def test_a_silence_is_made_listed_and_ended(alerts: Shell) -> None:
    assert "silence 1: type=DISK_LOW until " in alerts("silence", "--type", "DISK_LOW", "--for", "4h", "--reason", "x")
    assert "DISK_LOW" in alerts("silences")

    assert alerts("unsilence", "1") == "silence 1 has ended\n"

    assert alerts("silences") == "no silence\n"
    [ended] = json.loads(alerts("silences", "--ended", "--json"))
    assert (ended["type"], ended["ended_by"], ended["held"]) == ("DISK_LOW", who(), 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--waba", "1"), "say when it ends"),
        (("--waba", "1", "--for", "1h", "--until", "2030-01-01T00:00:00Z"), "say when it ends"),
        (("--waba", "1", "--for", "soon"), "no time such as 90m"),
        (("--for", "1h"), "say what to silence"),
        (("--type", "DISK_LO", "--for", "1h"), "no type of alert"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_do(alerts: Shell, words: tuple[str, ...], said: str) -> None:
    assert said in alerts("silence", *words, "--reason", "x", fails=True)


def test_maintenance_is_entered_listed_and_ended(alerts: Shell, tmp_path: Path) -> None:
    (tmp_path / "wabawatch.toml").write_text('[maintenance.weekly]\ncron = "0 2 * * SUN"\n', "utf-8")
    assert "maintenance 1: move from " in alerts("maintain", "--name", "move", "--reason", "new", "--for", "2h")

    found = json.loads(alerts("maintenance", "--json"))
    assert {each["name"] for each in found} == {"move", "weekly"}
    assert len(found) >= 5

    assert alerts("maintenance", "--end", "1") == "maintenance 1 has ended\n"
    assert "move" not in alerts("maintenance")
    assert "settings" in alerts("maintenance")


def test_without_notices_and_alerts_that_is_said(alerts: Shell) -> None:
    assert alerts("notices") == "no notice\n"
    assert "there is no alert 'zzz'" in alerts("why", "zzz", fails=True)
