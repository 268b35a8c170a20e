"""`wabawatch report`: made, listed, fetched again, and checked, by whoever made it and by anybody."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.command import run

from wabawatch.cli.common import who


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with a report."""
    found = run(tmp_path, "report", "--from", "2026-01", "-o", "january.json")
    assert found.returncode == 0, found.stderr
    return tmp_path


def test_a_report_is_made_and_is_as_it_was_made(made: Path) -> None:
    told = json.loads((made / "january.json").read_text())
    assert (told["report"]["start"], told["report"]["end"]) == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    assert told["report"]["verdict"] == "insufficient_data"

    found = run(made, "report", "verify", "january.json")
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("january.json is as it was made: report ")
    checked = json.loads(run(made, "report", "verify", "january.json", "--json").stdout)
    assert (checked["ok"], checked["report"], checked["revision"]) == (True, told["report"]["id"], 1)


def test_an_edited_one_is_found_out(made: Path) -> None:
    file = made / "january.json"
    file.write_text(file.read_text().replace('"insufficient_data"', '"compliant"', 1))

    found = run(made, "report", "verify", "january.json")
    assert found.returncode == 1
    assert "it was changed" in found.stdout
    assert json.loads(run(made, "report", "verify", "january.json", "--json").stdout)["fault"] == "changed"


def test_anybody_with_the_public_key_can_check_it(made: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "key.pem").write_text(run(made, "keys", "public").stdout)
    (elsewhere / "january.json").write_bytes((made / "january.json").read_bytes())

    assert run(elsewhere, "report", "verify", "january.json", "--key", "key.pem").returncode == 0
    assert "none of this installation's" in run(elsewhere, "report", "verify", "january.json").stdout
    (elsewhere / "no.pem").write_text("none")
    assert "is no public key" in run(elsewhere, "report", "verify", "january.json", "--key", "no.pem").stderr


def test_what_was_made_is_listed_and_comes_back_byte_for_byte(made: Path) -> None:
    (listed,) = json.loads(run(made, "report", "list", "--json").stdout)
    assert (listed["revision"], listed["from"], listed["made_by"]) == (1, "2026-01-01T00:00:00.000Z", who())
    assert run(made, "report", "list").stdout.startswith(listed["id"])

    again = run(made, "report", "get", listed["id"], "-o", "again.json")
    assert again.returncode == 0
    assert (made / "again.json").read_bytes() == (made / "january.json").read_bytes()
    assert run(made, "report", "--from", "2026-01").stdout == (made / "january.json").read_text()
    assert "there is no such report" in run(made, "report", "get", "abc").stderr


def test_all_that_are_kept_are_checked(made: Path) -> None:
    assert run(made, "report", "verify").stdout == "All 1 kept revisions are as they were made.\n"
    with closing(sqlite3.connect(made / "data" / "wabawatch.db")) as connection, connection:
        connection.execute("DELETE FROM reports")

    found = run(made, "report", "verify", "--json")
    assert found.returncode == 1
    assert [each["fault"] for each in json.loads(found.stdout)["faults"]] == ["missing"]


@pytest.mark.parametrize("format", ["html", "pdf", "csv", "xlsx"])
def test_a_file_of_another_kind_has_its_signature_beside_it(made: Path, format: str) -> None:
    name = f"january.{format}"
    assert run(made, "report", "--from", "2026-01", "-o", name).returncode == 0
    assert run(made, "report", "verify", name).stdout.startswith(f"{name} is as it was made: report ")

    with (made / name).open("ab") as file:
        file.write(b" ")
    assert "it was changed" in run(made, "report", "verify", name).stdout
    assert "say where to with -o FILE" in run(made, "report", "--from", "2026-01", "--format", format).stderr


def test_its_schema_is_printed(tmp_path: Path) -> None:
    assert json.loads(run(tmp_path, "report", "schema").stdout)["title"] == "Compliance report"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "soon"], "from: 'soon' is no time"),
        (["--scope", "waba:12"], "no number of waba 12 is known"),
        (["--scope", "x"], "scope: 'x' is none"),
        (["-o", "report.doc"], "no report is a .doc file"),
        (["--from", "2020-01-01", "--to", "2026-01-01"], "longer than 400 days"),
        (["verify", "nothing.json"], "nothing.json cannot be read"),
        (["verify", "nothing.pdf"], "its signature should be in nothing.pdf.sig"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "nothing.pdf").write_bytes(b"%PDF")
    found = run(tmp_path, "report", *arguments)

    assert found.returncode == 1
    assert said in " ".join(found.stderr.split())
