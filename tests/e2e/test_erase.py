"""`wabawatch erase` and `wabawatch export person`: what they show, ask, write and leave in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.command import run
from tests.support.erasure import BSUID, MARK, NAME, OF_THEM, PHONE, TEXT, files_with, traces
from tests.support.places import furnish

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.storage import contact_keys
from wabawatch.storage.erasures import SqlErasures

IN_FILES = (
    *(tell.encode() for tell in (PHONE, BSUID, NAME, TEXT)),
    contact_keys.pack(ContactKey(ContactKind.PHONE, PHONE)),
    *((MARK + number).to_bytes(6, "big") for number in OF_THEM),
)
"""What would tell of them in a file: what is sealed is looked into by tests/contract/test_erasing.py"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation that knows the person."""
    furnish(tmp_path / "data")
    dump = tmp_path / "dump.jsonl"
    whole = [body.content for body in traces() if body.kind == "webhook" and b"broken" not in body.content]
    dump.write_bytes(b"\n".join(whole))
    assert run(tmp_path, "import", "webhooks", str(dump)).returncode == 0
    dump.unlink()
    return tmp_path


def told(folder: Path, *arguments: str) -> Any:
    done = run(folder, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_person_is_shown_given_out_and_erased_from_every_file(folder: Path) -> None:
    plan = told(folder, "erase", "--contact", f"+{PHONE}", "--dry-run")
    assert plan["dry_run"] is True
    assert files_with(folder / "data", *IN_FILES)
    assert {each["id"] for each in plan["ids"]} == {PHONE, BSUID, "lena.k"}
    assert plan["rows"]["messages"] == 3
    assert plan["kept_elsewhere"]["items of webhooks and records"] == 8
    assert (plan["not_readable"], plan["records_wait_in_a_spool"]) == (0, False)
    shown = run(folder, "erase", "--contact", f"+{PHONE}", "--dry-run").stdout
    assert "8  items of webhooks and records" in shown
    assert "not looked at: backups" in shown

    file, paper = folder / "person.json", folder / "paper.json"
    done = told(folder, "erase", "--contact", PHONE, "--yes", "--export", str(file), "--certificate", str(paper))

    assert done["erased"][0]["erased"]["messages"] == 4
    assert files_with(folder / "data", *IN_FILES) == []
    given = json.loads(file.read_text())
    assert TEXT in file.read_text()
    assert NAME in file.read_text()
    assert len(given["messages"]) == 4
    assert file.stat().st_mode & 0o77 == 0
    assert PHONE not in paper.read_text()
    assert run(folder, "erase", "verify", str(paper)).returncode == 0
    assert run(folder, "rebuild", "--verify").returncode == 0
    assert run(folder, "audit", "verify").returncode == 0


def test_without_yes_nothing_is_erased(folder: Path) -> None:
    done = run(folder, "erase", "--contact", PHONE)

    assert done.returncode == 1
    assert "--dry-run, then say --yes" in " ".join(done.stderr.split())
    assert told(folder, "erase", "list") == {"erasures": [], "late_news_dropped": 0}


def test_a_legal_hold_is_set_shown_and_ended(folder: Path) -> None:
    hold = told(folder, "erase", "hold", "--contact", PHONE, "--reason", "case 12")["hold"]

    stopped = run(folder, "erase", "--contact", BSUID, "--yes")
    assert stopped.returncode == 1
    assert f"legal hold {hold} stops it: case 12" in " ".join(stopped.stderr.split())
    (shown,) = told(folder, "erase", "holds")
    assert PHONE not in str(shown)
    assert shown["reason"] == "case 12"
    assert run(folder, "erase", "release", str(hold)).returncode == 0
    assert run(folder, "erase", "--contact", BSUID, "--yes").returncode == 0


def test_a_certificate_is_printed_later_and_a_changed_one_is_told(folder: Path) -> None:
    told(folder, "erase", "--contact", PHONE, "--yes", "--compact")
    (one,) = told(folder, "erase", "list", "--contact", PHONE)["erasures"]
    paper = folder / "paper.json"

    assert run(folder, "erase", "certificate", str(one["erasure"]), "-o", str(paper)).returncode == 0
    paper.write_text(paper.read_text().replace('"asked', '"Asked').replace("the person asked for it", "no reason"))

    assert run(folder, "erase", "verify", str(paper)).returncode == 1
    assert run(folder, "erase", "certificate", "77").returncode == 1


def test_a_reason_with_a_number_in_it_is_refused(folder: Path) -> None:
    done = run(folder, "erase", "--contact", PHONE, "--yes", "--reason", f"mail of +{PHONE}")

    assert done.returncode == 1
    assert "phone number" in done.stderr


def test_a_run_that_was_ended_is_finished_by_the_next_whoever_that_is_about(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(SqlErasures, "finish", ended)
        assert run(folder, "erase", "--contact", PHONE, "--yes").returncode == 1
    assert "not finished" in run(folder, "erase", "list").stdout

    (one,) = told(folder, "erase", "--contact", PHONE, "--yes")["erased"]

    assert (one["erasure"], one["stage"]) == (1, "done")
    assert len(told(folder, "erase", "list")["erasures"]) == 1
    assert run(folder, "erase").returncode == 1, "now there is nobody to erase"
