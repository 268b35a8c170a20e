"""`wabawatch keys`: rotated while a server works; nothing is lost, whatever happens to the command or the key file."""

from __future__ import annotations

import json
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.support.command import run
from tests.support.server import Server

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


class Terminal(StringIO):
    """Somebody who answers."""

    def isatty(self) -> bool:
        return True


def test_somebody_is_asked_before_keys_are_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(tmp_path, "public")
    told(tmp_path, "rotate")
    for answer, left in (("\n", 2), ("y\n", 1)):
        monkeypatch.setattr("sys.stdin", Terminal(answer))
        done = run(tmp_path, "keys", "drop")
        assert "in the settings of other machines, which were not looked at" in " ".join(done.stderr.split())
        assert (done.returncode, len(told(tmp_path, "list"))) == (left - 1, left)


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
        "settings_with_older_keys": [],
        "missing_keys": {},
        "damaged": {},
    }
    assert told(tmp_path, "rotate")["current"] != half[0]["key"]


def test_a_lost_or_wrong_key_file_is_told_and_nothing_is_lost_when_it_comes_back(tmp_path: Path) -> None:
    (first,) = told(tmp_path, "public")
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
    assert "not in the key file" in " ".join(run(tmp_path, "keys", "public").stderr.split())
    server = Server(tmp_path)
    with pytest.raises(AssertionError, match=r"ended with 1:(.|\n)*The server was not started"):
        server.start()
    server.close()
    assert run(tmp_path, "keys", "rotate", "--anyway").returncode == 1, "some are left as they were"
    assert run(tmp_path, "keys", "list").stdout.count("MISSING from the key file") == 1
    (new,) = told(tmp_path, "public")
    assert new != first, "what is to be signed from now on can be"

    key_file.write_text(right)
    assert told(tmp_path, "public") == [first]


def test_keys_may_come_from_a_setting_and_are_renewed_there(tmp_path: Path) -> None:
    (public,) = told(tmp_path, "public")
    (old,) = told(tmp_path, "list")
    given = {"WABAWATCH_KEYS": run(tmp_path, "keys", "new").stdout.strip()}
    assert '"keys_printed"' in run(tmp_path, "audit", "export").stdout
    (tmp_path / "data" / "keys.json").unlink()

    def with_given(*arguments: str) -> Any:
        done = run(tmp_path, "keys", *arguments, settings=given)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    assert with_given("public", "--json") == [public], "the new keys open what the older one has sealed"
    rotated = with_given("rotate", "--json")
    assert (rotated["resealed"], rotated["current"] != old["key"]) == (1, True)
    assert not (tmp_path / "data" / "keys.json").exists()

    said = [run(tmp_path, "keys", *words.split(), settings=given) for words in ("rotate", "drop")]
    assert [each.returncode for each in said] == [1, 1]
    assert "set what `wabawatch keys new` prints there" in " ".join(said[0].stderr.split())
    assert f"take out of WABAWATCH_KEYS what nothing is sealed with any more: {old['key']}" in said[1].stderr

    wrong = run(tmp_path, "keys", "list", settings={"WABAWATCH_KEYS": "secret words"})
    assert wrong.returncode == 1
    assert "does not hold what a key file holds" in " ".join(wrong.stderr.split())
    assert "secret words" not in wrong.stderr


def test_a_backup_of_an_installation_whose_keys_are_given_has_them_if_asked(tmp_path: Path) -> None:
    told(tmp_path, "public")
    key_file = tmp_path / "data" / "keys.json"
    given = {"WABAWATCH_KEYS": key_file.read_text()}
    key_file.unlink()
    assert run(tmp_path, "backup", str(tmp_path / "kept"), "--with-keys", settings=given).returncode == 0
    assert json.loads((tmp_path / "kept" / "keys.json").read_text()) == json.loads(given["WABAWATCH_KEYS"])

    there, elsewhere = tmp_path / "there", tmp_path / "elsewhere"
    for folder in (there, elsewhere):
        folder.mkdir()
    assert run(there, "restore", str(tmp_path / "kept"), settings=given).returncode == 0
    assert not (there / "data" / "keys.json").exists()
    told(elsewhere, "public")
    others = {"WABAWATCH_KEYS": (elsewhere / "data" / "keys.json").read_text()}
    shutil.rmtree(elsewhere / "data")
    refused = run(elsewhere, "restore", str(tmp_path / "kept"), settings=others)
    assert refused.returncode == 1
    assert "WABAWATCH_KEYS has no such key" in " ".join(refused.stderr.split())
