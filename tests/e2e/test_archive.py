"""`wabawatch archive` and `wabawatch logs --archived`, as people use them."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path

from tests.support.command import run
from tests.support.facts import DAY, T0, recorded, told
from tests.support.places import furnish

from wabawatch.domain.facts import Status
from wabawatch.flows.digest import learn
from wabawatch.meta.countries import country_of
from wabawatch.storage.archives import SqlArchives
from wabawatch.storage.books import SqlBooks
from wabawatch.storage.database import Database
from wabawatch.storage.sealed import Keyring

LONG_AGO = (time.time_ns() // 1_000_000 // DAY - 200) * DAY
DAY_NAME = time.strftime("%Y-%m-%d", time.gmtime(LONG_AGO / 1000))


def fill(folder: Path, n: int = 3) -> None:
    """Messages of a day 200 days ago, learnt then."""
    furnish(folder / "data")
    with closing(Database(f"sqlite:///{folder / 'data' / 'wabawatch.db'}")) as database:
        at = LONG_AGO - T0
        with SqlBooks(database, Keyring.generate(), country_of).writing() as ledger:
            learn(ledger, [recorded(at + i, wamid=f"wamid.{i}", user_id=f"u{i}") for i in range(n)])
            learn(ledger, [told(Status.DELIVERED, at + i + 500, wamid=f"wamid.{i}") for i in range(n)])
        SqlArchives(database, country_of).note(LONG_AGO)


def test_from_the_preview_to_the_archive_and_back(tmp_path: Path) -> None:
    fill(tmp_path)
    assert run(tmp_path, "archive", "preview").stdout.startswith("would move 3 messages up to ")
    first, *_ = json.loads(run(tmp_path, "archive", "preview", "--json").stdout)
    assert (first["kind"], first["n"]) == ("messages", 3)

    (made,) = json.loads(run(tmp_path, "archive", "run", "--json").stdout)
    assert (made["day"], made["messages"], made["state"]) == (DAY_NAME, 3, "archived")
    assert run(tmp_path, "archive", "run").stdout == "0 messages archived in 0 files\n"
    assert run(tmp_path, "rebuild", "--verify").returncode == 0

    listed = json.loads(run(tmp_path, "archive", "list", "--json").stdout)
    assert [each["file"] for each in listed["files"]] == [made["file"]]
    assert (Path(listed["place"]) / made["file"]).stat().st_size == made["bytes"]
    assert run(tmp_path, "archive", "list", "--since", "2099-01-01").stdout.startswith("0 messages in 0 files")
    assert run(tmp_path, "archive", "verify").stdout == "1 of 1 files are whole\n"
    kept = run(tmp_path, "backup", str(tmp_path / "kept"), "--no-verify")
    assert f"The archive is not in it (1 files, in {listed['place']})" in kept.stderr

    assert run(tmp_path, "logs", "--since", "300d").stdout == "no message fits\n"
    (found,) = run(tmp_path, "logs", "--archived", "--user", "u1", "--json").stdout.splitlines()
    assert json.loads(found)["user_id"] == "u1"
    assert "archive list" in run(tmp_path, "logs", "--archived", "--user", "nobody").stdout

    assert "3 messages of these days are archived" in run(tmp_path, "logs", "--since", "300d").stderr
    exported = run(tmp_path, "export", "--since", "300d", "-o", str(tmp_path / "live.csv"))
    assert exported.stdout.startswith("0 messages")
    assert "--archived" in exported.stderr
    exported = run(tmp_path, "export", "--archived", "--since", "300d", "-o", str(tmp_path / "all.jsonl"))
    assert exported.stdout.startswith("3 messages")
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert [(each["user_id"], each["status"]) for each in lines] == [(f"u{i}", "delivered") for i in (2, 1, 0)]

    restored = run(tmp_path, "archive", "restore", DAY_NAME, "--keep-days", "5")
    assert restored.stdout == "3 messages are live again; they stay so for 5 days\n"
    assert len(run(tmp_path, "logs", "--since", "300d", "--json").stdout.splitlines()) == 3
    assert run(tmp_path, "archive", "run").stdout == "0 messages archived in 0 files\n"


def test_a_damaged_file_is_named_and_the_exit_code_says_so(tmp_path: Path) -> None:
    fill(tmp_path)
    (made,) = json.loads(run(tmp_path, "archive", "run", "--json").stdout)
    (tmp_path / "data" / "archive" / made["file"]).write_bytes(b"nothing")

    found = run(tmp_path, "archive", "verify", "--json")

    assert found.returncode == 1
    assert list(json.loads(found.stdout)["faults"]) == [made["file"]]
    assert "put it back from a backup" in run(tmp_path, "archive", "restore", DAY_NAME).stderr.replace("\n", " ")

    assert "then say --yes" in run(tmp_path, "archive", "forget", made["file"]).stderr.replace("\n", " ")
    assert run(tmp_path, "archive", "forget", made["file"], "--yes").stdout == "3 messages are lost with it\n"
    assert run(tmp_path, "archive", "verify").stdout == "0 of 0 files are whole\n"


def test_what_is_asked_wrongly_is_told(tmp_path: Path) -> None:
    fill(tmp_path)

    assert "give one as 2026-05-03" in run(tmp_path, "archive", "restore", "yesterday").stderr
    assert "is no day" in run(tmp_path, "archive", "list", "--since", "2026-02-30").stderr
    assert "archive list" in run(tmp_path, "archive", "restore", "2026-02-03").stderr
    assert "before since" in run(tmp_path, "archive", "list", "--since", "2026-02-03", "--until", "2026-02-01").stderr
    assert "--follow" in run(tmp_path, "logs", "--archived", "--follow").stderr
