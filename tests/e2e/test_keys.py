"""`wabawatch keys`: rotated while a server works; nothing is lost, whatever happens to the command or the key file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.command import run

from wabawatch.cli import keys
from wabawatch.domain.errors import StoreUnavailable


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server runs here."""
    monkeypatch.setattr(keys, "WAIT_S", 0.0)


def told(folder: Path, *arguments: str) -> Any:
    done = run(folder, "keys", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_keys_are_rotated_and_older_ones_taken_away(tmp_path: Path) -> None:
    (public,) = told(tmp_path, "public")
    (first,) = told(tmp_path, "list")
    assert first == {"key": first["key"], "current": True, "known": True, "sealed": 1}

    rotated = told(tmp_path, "rotate")

    assert rotated["resealed"] == 1
    assert told(tmp_path, "list") == [
        {"key": rotated["current"], "current": True, "known": True, "sealed": 1},
        {"key": first["key"], "current": False, "known": True, "sealed": 0},
    ]
    assert told(tmp_path, "drop") == {"dropped": [first["key"]]}
    assert told(tmp_path, "public") == [public]
    assert run(tmp_path, "audit", "verify").returncode == 0


def test_a_run_that_was_killed_is_finished_by_the_next_which_makes_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(tmp_path, "public")

    def killed(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(keys, "reseal", killed)
        assert run(tmp_path, "keys", "rotate").returncode == 1
    half = told(tmp_path, "list")
    assert [(each["current"], each["sealed"]) for each in half] == [(True, 0), (False, 1)]
    told(tmp_path, "public")

    finished = told(tmp_path, "rotate")

    assert finished == {
        "current": half[0]["key"],
        "finished_earlier_run": True,
        "resealed": 1,
        "missing_keys": {},
        "damaged": {},
    }
    assert told(tmp_path, "rotate")["current"] != half[0]["key"]


def test_a_lost_or_wrong_key_file_is_told_and_nothing_is_lost_when_it_comes_back(tmp_path: Path) -> None:
    told(tmp_path, "public")
    key_file = tmp_path / "data" / "keys.json"
    right = key_file.read_text()
    key_file.unlink()

    lost = run(tmp_path, "keys", "rotate")
    assert lost.returncode == 1
    assert "is missing, and there is data that only its keys can open" in " ".join(lost.stderr.split())

    other = tmp_path / "other"
    other.mkdir()
    told(other, "public")
    key_file.write_text((other / "data" / "keys.json").read_text())
    wrong = run(tmp_path, "keys", "rotate")
    assert wrong.returncode == 1
    assert "which is not in the key file" in " ".join(wrong.stderr.split())
    assert key_file.read_text() == (other / "data" / "keys.json").read_text(), "no key was made"
    assert run(tmp_path, "keys", "rotate", "--anyway").returncode == 1, "some are left as they were"
    assert "not in the key file" in " ".join(run(tmp_path, "keys", "public").stderr.split())
    assert run(tmp_path, "keys", "list").stdout.count("MISSING from the key file") == 1

    key_file.write_text(right)
    assert len(told(tmp_path, "public")) == 1
