"""`wabawatch doctor`: every mistake is found and comes with its fix, and looking changes nothing."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.server import Server, run
from wabawatch.app import System
from wabawatch.cli.main import FAILED, MISUSED, WELL
from wabawatch.domain.graph_versions import EXPIRES, NOTICE, Age, age_of, newest
from wabawatch.domain.histograms import index_of
from wabawatch.domain.premises import AppAnswers, BooksState, Folder, InboxState, KeyFile, Premises, ServerLook
from wabawatch.flows.doctoring import Finding, Level, examine
from wabawatch.kinds import DEFAULT_GRAPH_URL
from wabawatch.ports import ALIVE, MONITORING, RUNNING, STOPPED
from wabawatch.settings import Settings, load
from wabawatch.storage.schema import schema_steps

NOW = 1_795_219_200_000  # 2026-11-21
MIB = 1 << 20
SET_UP = {
    "WABAWATCH_APP_SECRET": "secret",
    "WEBHOOK_VERIFY_TOKEN": "verify",
    "WABAWATCH_API_TOKEN": "0123456789abcdef0123",
}
ANSWERS = AppAnswers("", handshake=200, echoes=True, wrong_signature=401)
WELL_KEPT = Premises(
    Folder("data", exists=True, is_writable=True, free_bytes=4096 * MIB),
    KeyFile("data/keys.json", exists=True, mode=0o600),
    BooksState(
        "data/wabawatch.db",
        exists=True,
        schema=3,
        schema_needed=3,
        marks={MONITORING: RUNNING, ALIVE: NOW - 1000},
        last_cycle_at=NOW,
        delays={index_of(900): 50},
    ),
    InboxState("data/inbox.db", exists=True),
    ServerLook("http://127.0.0.1:8080", answers=True, is_wabawatch=True, apps=(ANSWERS,)),
)


def levels(premises: Premises, settings: Settings | None = None) -> dict[str, Level]:
    return {each.check: each.level for each in examine(settings or load(SET_UP), premises, NOW)}


def troubles(premises: Premises, settings: Settings | None = None) -> dict[str, Level]:
    return {check: level for check, level in levels(premises, settings).items() if level is not Level.OK}


def test_what_is_as_it_should_be_is_ok() -> None:
    assert troubles(WELL_KEPT) == {}


def test_what_is_not_there_yet_is_ok() -> None:
    nothing = Premises(
        Folder("data", exists=False, is_writable=True, free_bytes=4096 * MIB),
        KeyFile("data/keys.json", exists=False),
        BooksState("data/wabawatch.db", exists=False),
        InboxState("data/inbox.db", exists=False),
        server=None,
    )

    assert troubles(nothing) == {"monitoring": Level.WARNING}


def books(**changes: Any) -> Premises:
    return replace(WELL_KEPT, books=replace(WELL_KEPT.books, **changes))


def inbox(**changes: Any) -> Premises:
    return replace(WELL_KEPT, inbox=replace(WELL_KEPT.inbox, **changes))


def server(**changes: Any) -> Premises:
    look = WELL_KEPT.server
    assert look is not None
    return replace(WELL_KEPT, server=replace(look, **changes))


def folder(**changes: Any) -> Premises:
    return replace(WELL_KEPT, folder=replace(WELL_KEPT.folder, **changes))


def keys(**changes: Any) -> Premises:
    return replace(WELL_KEPT, key_file=replace(WELL_KEPT.key_file, **changes))


WRONG = {
    "folder not writable": (folder(is_writable=False), "data folder", Level.FAILED),
    "disk nearly full": (folder(free_bytes=1500 * MIB), "free space", Level.WARNING),
    "disk full": (folder(free_bytes=1023 * MIB), "free space", Level.FAILED),
    "key file damaged": (keys(trouble="it is damaged"), "key file", Level.FAILED),
    "key file open to others": (keys(mode=0o644), "key file", Level.WARNING),
    "key file lost": (keys(exists=False), "key file", Level.FAILED),
    "database does not open": (books(trouble="disk I/O error"), "database", Level.FAILED),
    "schema behind": (books(schema=2), "database", Level.WARNING),
    "schema missing": (books(schema=None), "database", Level.WARNING),
    "schema ahead": (books(schema=4), "database", Level.FAILED),
    "inbox does not open": (inbox(trouble="locked"), "inbox", Level.FAILED),
    "backlog old": (inbox(oldest_waiting_at=NOW - 61_000), "backlog", Level.FAILED),
    "monitoring stopped": (books(marks={MONITORING: STOPPED}), "monitoring", Level.WARNING),
    "monitoring never started": (books(marks={}), "monitoring", Level.WARNING),
    "monitoring stalled": (books(marks={MONITORING: RUNNING, ALIVE: NOW - 181_000}), "monitoring", Level.FAILED),
    "clock slow": (books(delays={0: 30, index_of(900): 20}), "clock", Level.WARNING),
    "clock fast": (books(delays={index_of(3_600_000): 30}), "clock", Level.WARNING),
    "server unwell": (server(unwell=("backlog: old",)), "server", Level.FAILED),
    "another program": (server(is_wabawatch=False, apps=()), "server", Level.FAILED),
    "handshake refused": (server(apps=(replace(ANSWERS, handshake=403),)), "handshake", Level.FAILED),
    "handshake without echo": (server(apps=(replace(ANSWERS, echoes=False),)), "handshake", Level.FAILED),
    "signature taken": (
        server(apps=(replace(ANSWERS, app="shop", wrong_signature=200),)),
        "signature (shop)",
        "failed",
    ),
}


@pytest.mark.parametrize(("premises", "check", "level"), WRONG.values(), ids=WRONG.keys())
def test_each_trouble_is_found_alone_and_has_a_fix(premises: Premises, check: str, level: Level) -> None:
    assert troubles(premises) == {check: level}

    (found,) = (each for each in examine(load(SET_UP), premises, NOW) if each.check == check)
    assert found.fix
    assert found.found


def test_what_waits_for_a_second_is_no_trouble() -> None:
    assert troubles(inbox(waiting=2, oldest_waiting_at=NOW - 1000)) == {}


def test_without_a_server_what_only_it_could_mend_is_a_warning() -> None:
    stale = books(marks={MONITORING: RUNNING})
    alone = replace(stale, inbox=inbox(oldest_waiting_at=1).inbox, server=ServerLook("http://[::1]:1", answers=False))

    assert troubles(alone) == dict.fromkeys(("backlog", "monitoring", "server"), Level.WARNING)


SETTINGS = {
    "no app secret": ({"WABAWATCH_APP_SECRET": ""}, {"app secret": Level.WARNING}),
    "no app secret in production": (
        {"WABAWATCH_APP_SECRET": "", "APP_ENV": "production"},
        {"app secret": Level.FAILED},
    ),
    "one app without": (
        {"WABAWATCH_APPS_SHOP_VERIFY_TOKEN": "v", "APP_ENV": "production"},
        {"app secret (shop)": Level.FAILED},
    ),
    "only a named app": ({"WABAWATCH_APP_SECRET": "", "WABAWATCH_APPS_SHOP_APP_SECRET": "s"}, {}),
    "no verify token": ({"WEBHOOK_VERIFY_TOKEN": ""}, {"verify token": Level.WARNING}),
    "no API token": ({"WABAWATCH_API_TOKEN": ""}, {"API token": Level.WARNING}),
    "short API token": ({"WABAWATCH_API_TOKEN": "0123456789abcdef,123"}, {"API token": Level.WARNING}),
    "expired version": ({"WHATSAPP_API_URL": "https://graph.facebook.com/v20.0"}, {"Graph API version": Level.FAILED}),
    "expiring version": ({"WHATSAPP_API_URL": "https://graph.facebook.com/v21.0"}, {"Graph API version": "warning"}),
    "unknown version": ({"WHATSAPP_API_URL": "https://graph.facebook.com/v99.0"}, {"Graph API version": "warning"}),
}


@pytest.mark.parametrize(("changes", "expected"), SETTINGS.values(), ids=SETTINGS.keys())
def test_each_setting_that_is_missing_or_weak_is_found(changes: dict[str, str], expected: dict[str, Level]) -> None:
    assert troubles(WELL_KEPT, load(SET_UP | changes)) == expected


def test_no_finding_shows_a_secret() -> None:
    secrets = {name: f"confidential-{name}" for name in SET_UP}

    said = repr(examine(load(secrets | {"WHATSAPP_TOKEN": "confidential-token"}), WELL_KEPT, NOW))

    assert "confidential" not in said


@given(st.sampled_from(sorted(EXPIRES)), st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_a_version_is_warned_of_90_days_ahead_and_expires_on_its_day(version: str, today: date) -> None:
    found, expires_on = age_of(version, today), EXPIRES[version]

    assert (found.age is Age.EXPIRED) == (expires_on is not None and today >= expires_on)
    if expires_on and today < expires_on:
        assert (found.age is Age.EXPIRING) == (expires_on - today <= NOTICE)


def test_versions_that_are_not_in_the_table_are_older_or_not_known() -> None:
    today = date(2026, 11, 21)

    assert age_of("v2.0", today).age is Age.EXPIRED
    assert age_of("v99.0", today).age is age_of("latest", today).age is Age.UNKNOWN
    assert newest() == "v26.0"
    assert age_of(DEFAULT_GRAPH_URL.version, today + timedelta(days=365)).age is Age.CURRENT


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
    assert found["database"].found.endswith("at step 1")


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


def test_a_database_of_an_unknown_kind_is_a_failed_check(tmp_path: Path) -> None:
    code, found = doctor(tmp_path, DATABASE_URL="postgresql://host/name")

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

    tried = ("server", "handshake", "handshake (shop)", "signature", "signature (shop)")
    assert (right[0], {right[1][check].level for check in tried}) == (WELL, {Level.OK})
    assert (wrong[0], wrong[1]["handshake"].level) == (FAILED, Level.FAILED)
    assert received == 0


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
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_another_program_on_the_port_gets_no_token(tmp_path: Path, another: int) -> None:
    code, found = doctor(tmp_path, WABAWATCH_PORT=str(another))

    assert (code, found["server"].level) == (FAILED, Level.FAILED)
    assert Another.asked == ["/healthz"]
