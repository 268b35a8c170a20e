"""`wabawatch logs`: found, masked, and followed without a gap."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from platform import node

import pytest
from tests.support.children import ending
from tests.support.command import run
from tests.support.server import COMMAND, environment

from wabawatch.app import System
from wabawatch.cli.common import who
from wabawatch.flows.recording import body_of, record_message, record_status
from wabawatch.settings import load
from wabawatch.wire import MessageIn, StatusIn, read

PHONE = "15550101001"


class Writer:
    """An installation whose messages are logged beside the command."""

    def __init__(self, folder: Path) -> None:
        settings = {"WABAWATCH_DATA_DIR": str(folder / "data"), "WABAWATCH_FREE_SPACE_RESERVE": "0"}
        self.system = System(load(settings))

    def log(self, *wamids: str) -> None:
        now = self.system.clock.now()
        for wamid in wamids:
            message = {"phone_number": PHONE, "message_id": wamid, "template_name": "hello", "user_id": f"of {wamid}"}
            record = record_message(read(MessageIn, json.dumps(message).encode()), now)
            self.system.inbox.append_all([body_of(record, now)])
        self.system.drain()

    def fail(self, wamid: str, title: str = "Undeliverable") -> None:
        now = self.system.clock.now()
        told = read(StatusIn, b'{"status": "failed", "error": {"code": 131026, "title": "%s"}}' % title.encode())
        self.system.inbox.append_all([body_of(record_status(wamid, told, now), now)])
        self.system.drain()


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    writer = Writer(tmp_path)
    yield writer
    writer.system.close()


def users(text: str) -> list[str]:
    return [json.loads(line)["user_id"] for line in text.splitlines()]


def test_filters_find_what_they_say(tmp_path: Path, writer: Writer) -> None:
    writer.log("wamid.a", "wamid.b", "wamid.c")
    writer.fail("wamid.b")

    assert users(run(tmp_path, "logs", "--json").stdout) == ["of wamid.c", "of wamid.b", "of wamid.a"]
    assert users(run(tmp_path, "logs", "--json", "--status", "failed").stdout) == ["of wamid.b"]
    both = ("--user", "of wamid.a", "--user", "of wamid.c", "--template", "hello", "--limit", "1")
    assert users(run(tmp_path, "logs", "--json", *both).stdout) == ["of wamid.c"]
    assert "131026 Undeliverable" in run(tmp_path, "logs", "--error-code", "131026").stdout
    assert run(tmp_path, "logs", "--status", "read").stdout == "no message fits\n"


def test_an_error_that_only_names_an_exception_is_shown_by_the_name_of_its_code(tmp_path: Path, writer: Writer) -> None:
    writer.log("wamid.1", "wamid.2")
    writer.fail("wamid.1", "OAuthException")
    writer.fail("wamid.2")

    shown = run(tmp_path, "logs", "--data-dir", str(tmp_path / "data")).stdout

    assert "131026 Undeliverable" in shown
    assert "131026 Message undeliverable" in shown
    assert "OAuthException" not in shown


def test_numbers_are_masked_and_unmasking_is_in_the_audit_trail(tmp_path: Path, writer: Writer) -> None:
    writer.log("wamid.a")
    for more in ((), ("--json",)):
        shown = run(tmp_path, "logs", *more).stdout
        assert PHONE not in shown
        assert "•••001" in shown

    assert PHONE in run(tmp_path, "logs", "--unmask").stdout
    with writer.system.database.reading() as connection:
        deeds = connection.exec_driver_sql("SELECT actor, action, detail FROM audit_entries").all()
    assert [tuple(deed) for deed in deeds] == [(who(), "messages_unmasked", f'{{"address":"{node()}"}}')]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--status", "faild"), "did you mean failed?"),
        (("--origin", "ap"), "did you mean api?"),
        (("--since", "yesterday"), "since: 'yesterday' is no time"),
        (("--error-code", "many"), "error_code: give a whole number"),
        (("--statos", "failed"), "Did you mean --status?"),
    ],
)
def test_a_wrong_filter_is_named_with_the_nearest(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    failed = run(tmp_path, "logs", *arguments)

    assert failed.returncode != 0
    assert said in " ".join(failed.stderr.replace("│", "").split())


def test_followed_messages_come_once_each_also_one_that_fits_later(tmp_path: Path, writer: Writer) -> None:
    writer.log("wamid.before")
    with _following(tmp_path) as everything, _following(tmp_path, "--status", "failed") as failures:
        assert _next(everything) == "of wamid.before"
        for i in range(20):
            writer.log(f"wamid.{i}")
        writer.fail("wamid.7")
        assert [_next(everything) for _ in range(20)] == [f"of wamid.{i}" for i in range(20)]
        assert _next(failures) == "of wamid.7"
        writer.fail("wamid.8")
        assert _next(failures) == "of wamid.8"


def _following(folder: Path, *arguments: str) -> AbstractContextManager[subprocess.Popen[str]]:
    return ending(
        subprocess.Popen(
            [COMMAND, "logs", "--follow", "--json", *arguments],
            env=environment(folder, {}),
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        )
    )


def _next(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return str(json.loads(process.stdout.readline())["user_id"])
