"""`wabawatch doctor`: every mistake is found and comes with its fix, and looking changes nothing."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from tests.support.command import run
from tests.support.server import Server

from wabawatch.app import System
from wabawatch.cli.main import FAILED, MISUSED, WELL
from wabawatch.domain.findings import Finding, Level
from wabawatch.settings import load
from wabawatch.storage.migrations import STEPS
from wabawatch.storage.schema import schema_steps


def doctor(folder: Path, **settings: str) -> tuple[int, dict[str, Finding]]:
    """What the command says about the installation in *folder*."""
    done = run(folder, "doctor", "--json", settings={"WABAWATCH_PORT": "0"} | settings)
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert told["ok"] == (done.returncode == WELL)
    return done.returncode, {each["check"]: Finding(**each) for each in told["checks"]}


def picture(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    System(load({"WABAWATCH_DATA_DIR": str(tmp_path / "data")})).close()
    return tmp_path


def test_before_anything_is_installed_it_works_and_makes_nothing(tmp_path: Path) -> None:
    code, found = doctor(tmp_path)

    assert (code, list(tmp_path.iterdir())) == (WELL, [])
    assert found["database"].found.endswith("is made at the first start")
    assert found["server"].level == Level.OK


def test_looking_at_an_installation_changes_no_byte(installed: Path) -> None:
    before = picture(installed)

    code, found = doctor(installed)

    assert code == WELL
    assert picture(installed) == before
    assert found["database"].found.endswith(f"at step {STEPS[-1].number}")


def test_a_database_of_another_release_is_left_as_it_is(installed: Path) -> None:
    system = System(load({"WABAWATCH_DATA_DIR": str(installed / "data")}))
    with system.database.writing() as connection:
        connection.execute(schema_steps.insert().values(number=99, name="later", applied_at=0))
    ahead = doctor(installed)
    with system.database.writing() as connection:
        connection.execute(schema_steps.delete())
    behind = doctor(installed)
    with system.database.reading() as connection:
        assert connection.execute(schema_steps.select()).all() == []
    system.close()

    assert (ahead[0], ahead[1]["database"].level) == (FAILED, Level.FAILED)
    assert (behind[0], behind[1]["database"].level) == (WELL, Level.WARNING)


@pytest.mark.parametrize("name", ["wabawatch.db", "inbox.db", "keys.json"])
def test_a_damaged_file_is_found_and_left_as_it_is(installed: Path, name: str) -> None:
    (installed / "data" / name).write_bytes(b"no longer what it was")
    before = picture(installed)

    code, found = doctor(installed)

    assert code == FAILED
    assert [each.check for each in found.values() if each.level == Level.FAILED] == [
        {"wabawatch.db": "database", "inbox.db": "inbox", "keys.json": "key file"}[name]
    ]
    assert picture(installed) == before


def test_a_lost_key_file_and_a_folder_that_is_none_are_found(installed: Path) -> None:
    (installed / "data" / "keys.json").unlink()
    (installed / "file").write_text("")

    assert doctor(installed)[1]["key file"].level == Level.FAILED
    assert doctor(installed, WABAWATCH_DATA_DIR=str(installed / "file"))[1]["data folder"].level == Level.FAILED
    assert (installed / "file").read_text() == ""


def test_all_mistakes_in_the_settings_are_listed(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", settings={"WABAWATCH_PORT": "x", "MONITORING_INTERVAL": "1", "WABAWATCH_PROT": "1"})

    assert done.returncode == FAILED
    assert [line.split()[:3] for line in done.stdout.splitlines()] == [
        ["failed", "settings", name] for name in ("MONITORING_INTERVAL", "WABAWATCH_PORT", "WABAWATCH_PROT")
    ]
    assert "production" in run(tmp_path, "doctor", settings={"APP_ENV": "production"}).stdout
    assert run(tmp_path, "doctor", "--jsno").returncode == MISUSED


def test_a_server_that_is_not_reached_is_a_failed_check(tmp_path: Path) -> None:
    code, found = doctor(tmp_path, DATABASE_URL=f"postgresql:///name?host={tmp_path}")

    assert (code, found["database"].level) == (FAILED, Level.FAILED)


def test_a_running_server_is_tried_and_counts_no_webhook(tmp_path: Path) -> None:
    server = Server(tmp_path, {"WABAWATCH_APPS_SHOP_APP_SECRET": "shop"}).start()
    port = {"WABAWATCH_PORT": str(server.port), "WABAWATCH_APPS_SHOP_APP_SECRET": "shop"}
    try:
        right = doctor(tmp_path, **port)
        wrong = doctor(tmp_path, **port, WEBHOOK_VERIFY_TOKEN="another")
        received = server.status()["webhooks"]["received"]
    finally:
        server.close()

    tried = ("server", "handshake", "handshake (shop)", "signature", "signature (shop)", "refused", "refused (shop)")
    assert (right[0], {right[1][check].level for check in tried}) == (WELL, {Level.OK})
    assert (wrong[0], wrong[1]["handshake"].level) == (FAILED, Level.FAILED)
    assert received == 0


def test_what_a_running_server_had_to_refuse_is_told(tmp_path: Path) -> None:
    server = Server(tmp_path).start()
    try:
        server.post(b"{}", secret="of another app")
        code, found = doctor(tmp_path, WABAWATCH_PORT=str(server.port))
    finally:
        server.close()

    assert (code, found["refused"].level, found["last webhook"].level) == (FAILED, Level.FAILED, Level.WARNING)
    assert "bad_signature (1)" in found["refused"].found


class Another(BaseHTTPRequestHandler):
    """A program that is no wabawatch, and remembers what it was asked."""

    asked: list[str] = []  # noqa: RUF012 - the tests' own

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"checks": "all well"}')

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def another() -> Iterator[int]:
    with socketserver.TCPServer(("127.0.0.1", 0), Another) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(30)


def test_another_program_on_the_port_gets_no_token(tmp_path: Path, another: int) -> None:
    code, found = doctor(tmp_path, WABAWATCH_PORT=str(another))

    assert (code, found["server"].level) == (FAILED, Level.FAILED)
    assert Another.asked == ["/healthz"]
