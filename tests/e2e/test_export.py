"""`wabawatch export`: every message that fits, as a file that is whole or not there."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from tests.support.server import run

from wabawatch.app import System
from wabawatch.domain.export_columns import NAMES
from wabawatch.flows.recording import body_of, record_message
from wabawatch.settings import load
from wabawatch.wire import MessageIn, read

PHONE = "15550101001"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An installation with three messages."""
    system = System(load({"WABAWATCH_DATA_DIR": str(tmp_path / "data"), "WABAWATCH_FREE_SPACE_RESERVE": "0"}))
    now = system.clock.now()
    for i in range(3):
        message = {"phone_number": PHONE, "message_id": f"wamid.{i}", "template_name": "=1+1", "user_id": f"u{i}"}
        record = record_message(read(MessageIn, json.dumps(message).encode()), now - 3 + i)
        system.inbox.append_all([body_of(record, now - 3 + i)])
    system.drain()
    system.close()
    return tmp_path


def test_everything_that_fits_is_written_masked_and_harmless(place: Path) -> None:
    done = run(place, "export", "-o", "messages.csv", "--user", "u1", "--user", "u2", "--json")

    told = json.loads(done.stdout)
    header, *rows = csv.reader((place / "messages.csv").read_text("utf-8").splitlines())
    assert (told["rows"], told["format"], told["masked"]) == (2, "csv", True)
    assert tuple(header) == NAMES
    assert [row[NAMES.index("user_id")] for row in rows] == ["u2", "u1"]
    assert [row[NAMES.index("template_name")] for row in rows] == ["'=1+1"] * 2
    assert [row[NAMES.index("contact")] for row in rows] == ["•••001"] * 2


def test_whole_numbers_are_asked_for_by_name(place: Path) -> None:
    run(place, "export", "-o", "all", "--format", "jsonl", "--unmask", "--column", "contact")

    assert [json.loads(line) for line in (place / "all").read_text().splitlines()] == [{"contact": PHONE}] * 3


def test_what_is_there_stays_unless_it_is_said(place: Path) -> None:
    (place / "messages.xlsx").write_text("mine")

    refused = run(place, "export", "-o", "messages.xlsx")
    assert "--force" in refused.stderr
    assert (place / "messages.xlsx").read_text() == "mine"
    run(place, "export", "-o", "messages.xlsx", "--force")
    assert (place / "messages.xlsx").read_bytes().startswith(b"PK")


def test_a_name_that_says_no_format_and_a_folder_that_is_not_there_are_told(place: Path) -> None:
    assert "give --format" in run(place, "export", "-o", "messages.pdf").stderr
    gone = run(place, "export", "-o", "nowhere/messages.csv")
    assert "cannot be written: No such file or directory" in gone.stderr
