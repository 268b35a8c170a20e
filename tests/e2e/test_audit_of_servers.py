"""The audit trail says when a server was started and stopped, with which settings, and what commands did."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from platform import node
from typing import Any

import pytest
from tests.support.command import run
from tests.support.server import Server

from wabawatch.cli import keys
from wabawatch.cli.common import who


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.close()


def trail(folder: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """Actor, action and detail of every entry."""
    with closing(sqlite3.connect(folder / "data" / "wabawatch.db")) as connection:
        rows = connection.execute("SELECT actor, action, detail FROM audit_entries ORDER BY id").fetchall()
    return [(actor, action, json.loads(detail)) for actor, action, detail in rows]


def test_starts_stops_and_changed_settings_stand_in_the_trail_without_a_secret(server: Server, tmp_path: Path) -> None:
    server.settings |= {"WHATSAPP_TOKEN": "the first token", "WABAWATCH_POLL_CALLS_PER_HOUR": "0"}
    server.start().terminate()
    server.start().kill()
    server.settings |= {"WHATSAPP_TOKEN": "another token", "WABAWATCH_BODY_RETENTION_DAYS": "3"}
    server.start().terminate()

    entries = [each for each in trail(tmp_path) if each[1].startswith(("server_", "settings_"))]
    assert [action for _, action, _ in entries] == [
        *("server_started", "settings_changed", "server_stopped"),
        "server_started",  # it was killed, and does not say that it stopped
        *("server_started", "settings_changed", "server_stopped"),
    ]
    first, second = (detail for _, action, detail in entries if action == "settings_changed")
    assert first["WABAWATCH_POLL_CALLS_PER_HOUR"] == "0"
    assert {*second} == {
        *("WHATSAPP_TOKEN", "before_WHATSAPP_TOKEN", "WABAWATCH_BODY_RETENTION_DAYS"),
        "before_WABAWATCH_BODY_RETENTION_DAYS",
    }
    assert (second["before_WHATSAPP_TOKEN"], second["WABAWATCH_BODY_RETENTION_DAYS"]) == (first["WHATSAPP_TOKEN"], "3")
    assert second["WHATSAPP_TOKEN"] != first["WHATSAPP_TOKEN"]
    assert first["WHATSAPP_TOKEN"].startswith("secret ")
    started = entries[0][2]
    assert {*started} == {"version", "host", "pid"}


def test_a_secret_is_known_again_after_the_keys_that_seal_were_renewed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "WAIT_S", 0.0)
    server.settings |= {"WABAWATCH_POLL_CALLS_PER_HOUR": "0"}
    server.start().terminate()
    for words in ("rotate", "drop"):
        assert run(tmp_path, "keys", words, settings=server.settings).returncode == 0
    server.start().terminate()

    assert [action for _, action, _ in trail(tmp_path)].count("settings_changed") == 1


def test_what_commands_did_stands_there_with_the_account_and_the_machine_that_ran_them(tmp_path: Path) -> None:
    (tmp_path / "dump.jsonl").write_text('{"object":"whatsapp_business_account","entry":[]}\n')
    assert run(tmp_path, "import", "webhooks", str(tmp_path / "dump.jsonl")).returncode == 0
    assert run(tmp_path, "monitor", "stop").returncode == 0
    assert run(tmp_path, "copy", "--to", f"sqlite:///{tmp_path / 'other.db'}").returncode == 0

    done = {action: (actor, detail) for actor, action, detail in trail(tmp_path)}
    assert done["webhooks_imported"] == (who(), {"files": 1, "webhooks": 1, "known_before": 0, "address": node()})
    assert done["monitoring_stop"] == (who(), {"address": node()})
    assert done["installation_copied"][1]["to"] == "SQLite"


def test_steps_of_the_schema_that_were_taken_stand_there(tmp_path: Path) -> None:
    run(tmp_path, "migrate")
    assert not [each for each in trail(tmp_path) if each[1] == "schema_changed"], "a new one took none"
    with closing(sqlite3.connect(tmp_path / "data" / "wabawatch.db")) as connection, connection:
        # A step that only has the views made again.
        connection.execute("DELETE FROM schema_steps WHERE number = 12")

    assert run(tmp_path, "migrate").returncode == 0

    ((actor, _, detail),) = [each for each in trail(tmp_path) if each[1] == "schema_changed"]
    assert (actor, detail) == ("system", {"steps": "which errors are hits of a limit"})
