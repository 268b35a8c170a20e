"""`wabawatch audit`: what was tampered with is named, and the exit code says that it was."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from tests.support.command import run


def _tamper(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "data" / "wabawatch.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_sound_trail_and_what_is_found_in_one_that_is_not(tmp_path: Path) -> None:
    for name in ("ann", "ben", "cleo"):
        assert run(tmp_path, "users", "add", name, "--role", "admin").returncode == 0
    head = tmp_path / "head.json"
    head.write_text(run(tmp_path, "audit", "head", "--json").stdout)
    length = json.loads(head.read_text())["entry"]

    sound = run(tmp_path, "audit", "verify", "--head", str(head))
    assert (sound.returncode, sound.stderr) == (0, "")
    opening = f"The audit trail is sound: {length} entries, each as it was written; "
    assert sound.stdout == f"{opening}checkpoints prove it up to entry {length}.\n"

    _tamper(
        tmp_path,
        "UPDATE audit_entries SET actor = 'user:9' WHERE id = 2",
        f"DELETE FROM audit_entries WHERE id = {length}",
    )
    found = run(tmp_path, "audit", "verify", "--head", str(head), "--json")

    assert found.returncode == 1
    told = json.loads(found.stdout)
    assert [(each["entry"], each["fault"]) for each in told["faults"]] == [(2, "changed"), (length, "truncated")]
    shown = run(tmp_path, "audit", "verify")
    assert shown.stdout.startswith("entry 2 is not what was written there: it was changed or moved")
    assert "one fault." in shown.stderr


def test_a_file_that_is_no_head_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "head"
    for text in ("", "{}", '{"entry": "x", "digest": ""}', "1 zz", "[]"):
        path.write_text(text)
        refused = run(tmp_path, "audit", "verify", "--head", str(path))
        assert refused.returncode == 1
        assert "is no head of an audit trail" in " ".join(refused.stderr.split())
    assert "cannot be read" in run(tmp_path, "audit", "verify", "--head", str(tmp_path / "none")).stderr


def test_a_checkpoint_kept_elsewhere_shows_what_all_others_were_taken_away_with(tmp_path: Path) -> None:
    run(tmp_path, "users", "add", "ann", "--role", "admin")
    kept = tmp_path / "elsewhere.jsonl"
    assert run(tmp_path, "audit", "checkpoint", "-o", str(kept)).returncode == 0
    made = json.loads(kept.read_text())
    assert made["kind"] == "wabawatch audit checkpoint"
    (key,) = json.loads(run(tmp_path, "keys", "public", "--json").stdout)
    assert key["key"] == made["key"]
    assert run(tmp_path, "keys", "public").stdout == key["pem"]

    _tamper(tmp_path, f"DELETE FROM audit_entries WHERE id = {made['entry']}", "DELETE FROM audit_checkpoints")
    (tmp_path / "data" / "wabawatch-audit-checkpoints.jsonl").unlink()

    assert run(tmp_path, "audit", "verify").stdout.endswith(
        "there is no checkpoint, so a cut off end would not show.\n"
    )
    found = run(tmp_path, "audit", "verify", "--head", str(kept))
    assert found.returncode == 1
    assert f"entry {made['entry']} is missing: the trail was cut off" in found.stdout


def test_the_signature_of_a_checkpoint_is_checked_by_another_program(tmp_path: Path) -> None:
    """As docs/audit.md says."""
    run(tmp_path, "users", "add", "ann", "--role", "admin")
    made = json.loads(run(tmp_path, "audit", "checkpoint").stdout)
    key = load_pem_public_key(run(tmp_path, "keys", "public").stdout.encode())
    assert isinstance(key, Ed25519PublicKey)

    message = f"{made['entry']} {made['digest']} {made['at']}".encode()
    key.verify(base64.b64decode(made["signature"]), b"wabawatch-audit-checkpoint-v1\0" + message)


def _exported(folder: Path, name: str = "trail.jsonl", *more: str) -> Path:
    done = run(folder, "audit", "export", "-o", str(folder / name), *more)
    assert done.returncode == 0, done.stderr
    return folder / name


def _checked(path: Path, *more: str) -> dict[str, Any]:
    """By itself: there is no installation."""
    (path.parent / "elsewhere").mkdir(exist_ok=True)
    done = run(path.parent / "elsewhere", "audit", "check", str(path), "--json", *more)
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if told["ok"] else 1)
    return told


def test_an_exported_trail_proves_itself_and_the_next_one_goes_on_from_it(tmp_path: Path) -> None:
    run(tmp_path, "users", "add", "ann", "--role", "admin")
    path = _exported(tmp_path)
    keys = tmp_path / "keys.pem"
    keys.write_text(run(tmp_path, "keys", "public").stdout)

    first = _checked(path)
    assert (first["ok"], first["first"], first["proven_up_to"]) == (True, 1, first["last"])
    assert _checked(path, "--key", str(keys))["ok"]
    assert "is there already" in run(tmp_path, "audit", "export", "-o", str(path)).stderr

    run(tmp_path, "users", "add", "ben", "--role", "viewer")
    second = _checked(_exported(tmp_path, "more.jsonl", "--after", str(first["last"])))
    assert (second["ok"], second["first"]) == (True, first["last"] + 1)
    more = [json.loads(line) for line in (tmp_path / "more.jsonl").read_text().splitlines()]
    assert [each["action"] for each in more if each["kind"] == "entry"][:2] == ["audit_exported", "user_added"]
    assert "has no entry 999" in run(tmp_path, "audit", "export", "--after", "999").stderr


def test_each_tampering_with_an_exported_trail_is_found(tmp_path: Path) -> None:
    for name in ("ann", "ben", "cleo"):
        run(tmp_path, "users", "add", name, "--role", "admin")
    path = _exported(tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    places = [at for at, line in enumerate(lines) if '"kind":"entry"' in line]
    last = json.loads(lines[places[-1]])["id"]

    def faults(changed: list[str], *more: str) -> list[tuple[int, str]]:
        path.write_text("".join(changed))
        return [(each["entry"], each["fault"]) for each in _checked(path, *more)["faults"]]

    edited = [line.replace('"at":1', '"at":2') if at == places[1] else line for at, line in enumerate(lines)]
    assert faults(edited)[0] == (2, "changed")
    assert faults(lines[: places[1]] + lines[places[1] + 1 :])[0] == (2, "missing")
    assert faults(lines[: places[-1]] + lines[places[-1] + 1 :]) == [(last, "truncated")]
    unsigned = [line for line in lines if "checkpoint" not in line]
    assert faults(unsigned) == [(1, "unproven")]
    swapped = [*lines]
    swapped[places[1]], swapped[places[2]] = lines[places[2]], lines[places[1]]
    assert (2, "missing") in faults(swapped)
    forged = [line.replace('"at":1', '"at":2') if "checkpoint" in line else line for line in lines]
    assert faults(forged) == [(1, "unproven"), (last, "forged")]
    path.write_text("".join(lines[:-1]))
    assert "its last line is missing" in " ".join(run(tmp_path, "audit", "check", str(path)).stderr.split())

    other = tmp_path / "other"
    other.mkdir()
    run(other, "users", "add", "eve", "--role", "admin")
    keys = tmp_path / "keys.pem"
    keys.write_text(run(other, "keys", "public").stdout)
    assert faults(lines, "--key", str(keys)) == [(1, "unproven"), (last, "forged")], (
        "signed by keys that nobody here trusts"
    )


def test_the_program_of_the_document_checks_an_exported_trail(tmp_path: Path) -> None:
    run(tmp_path, "users", "add", "ann", "--role", "admin")
    path = _exported(tmp_path)
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text("utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)

    def ends(text: str) -> int:
        path.write_text(text)
        return subprocess.run([sys.executable, "-c", program, path], timeout=60, stderr=subprocess.DEVNULL).returncode

    sound = path.read_text()
    assert ends(sound) == 0
    assert ends(sound.replace("user_added", "user_gone")) == 1
