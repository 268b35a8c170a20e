"""`wabawatch import webhooks`: every form of a dump, stopped at any moment, alone and beside a server."""

from __future__ import annotations

import gzip
import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest
import zstandard
from tests.support.children import ending
from tests.support.dumps import body, dump, lines
from tests.support.server import COMMAND, PATIENCE_S, Server, environment

from wabawatch.cli.main import FAILED, INTERRUPTED, MISUSED, WELL, run

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command that prints JSON on the installation in this test's folder: exit code and what was printed."""
    for name in [name for name in os.environ if name.startswith("WABAWATCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WABAWATCH_FREE_SPACE_RESERVE", "0")
    monkeypatch.setenv("WABAWATCH_DATA_DIR", str(tmp_path / "data"))

    def run_it(*arguments: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = run([*arguments, "--json"])
        printed = capsys.readouterr().out
        return code, json.loads(printed) if printed else None

    return run_it


def status(call: Run) -> dict[str, Any]:
    code, found = call("status", "--hours", "0")
    assert code == WELL
    return {name: value for name, value in found.items() if name != "as_of"}


FORMS = {
    "lines": lines(9),
    "an array": json.dumps([body(number) for number in range(9)], indent=1).encode(),
    "gzip": gzip.compress(lines(9)),
    "zstd": zstandard.compress(lines(9)),
    "wrapped": b"".join(json.dumps({"body": body(number), "app": "shop"}).encode() + b"\n" for number in range(9)),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS.keys())
def test_every_form_of_a_dump_gives_the_same_figures(call: Run, content: bytes, tmp_path: Path) -> None:
    code, found = call("import", "webhooks", str(dump(tmp_path, "dump", content)))

    assert (code, found["bodies"]["imported"], found["messages"]) == (WELL, 9, 3)
    counted = status(call)
    assert (counted["messages"]["attempted"], counted["messages"]["read"]) == (3, 3)
    assert (counted["webhooks"]["received"], counted["webhooks"]["backlog"]) == (9, 0)


def test_bad_lines_are_kept_and_listed_with_file_and_line(call: Run, tmp_path: Path) -> None:
    path = dump(tmp_path, "folder/day.jsonl", lines(2) + b"no json\n\n" + lines(1, 2) + b'{"cut": ')
    dump(tmp_path, "folder/readme.txt", b"no dump")

    code, found = call("import", "webhooks", str(tmp_path / "folder"))

    assert code == WELL
    assert [(each["file"], each["line"]) for each in found["unparsed_items"]["items"]] == [
        (str(path), 3),
        (str(path), 6),
    ]
    counted = status(call)["webhooks"]
    assert (counted["received"], counted["processed"], counted["unparsed_items"]) == (5, 5, 2)


def test_people_read_the_same_summary(call: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = dump(tmp_path, "[day].jsonl", b"no json\n" + lines(3) + lines(3))

    assert run(["import", "webhooks", str(path)]) == WELL

    said = capsys.readouterr().out
    assert "7 bodies imported, 3 of them duplicates" in said
    assert "1 messages touched" in said
    assert f"{path}:1 the whole body: no JSON" in said


def test_what_cannot_be_read_is_reported_and_the_others_go_on(
    call: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = dump(tmp_path, "broken.gz", gzip.compress(lines(60))[:200])
    good = dump(tmp_path, "good.json", lines(3))
    missing = tmp_path / "missing.json"

    code, found = call("import", "webhooks", str(missing), str(broken), str(good))

    assert code == FAILED
    assert [each["file"] for each in found["unreadable"]] == [str(missing), str(broken)]
    assert status(call)["messages"]["attempted"] >= 1
    assert run(["import", "webhooks", str(missing)]) == FAILED
    assert f"{missing}: there is no such file" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [(), ("a.json", "--fast"), ("-x",), ("a.json", "--hours", "3")])
def test_wrong_arguments_are_refused(arguments: tuple[str, ...], call: Run, tmp_path: Path) -> None:
    assert call("import", "webhooks", *arguments)[0] == MISUSED
    assert not (tmp_path / "data").exists()


def test_a_dry_run_counts_and_creates_nothing(call: Run, tmp_path: Path) -> None:
    path = dump(tmp_path, "dump.json", lines(4) + b"no json\n")

    code, found = call("import", "webhooks", str(path), "--dry-run")

    assert (code, found["bodies"]["found"], found["bodies"]["imported"]) == (WELL, 5, 0)
    assert (found["messages"], found["unparsed_items"]["count"]) == (2, 1)
    assert not (tmp_path / "data").exists()


def test_the_shared_corpus_is_imported_and_a_second_import_changes_nothing(call: Run, shared_corpus: Path) -> None:
    code, found = call("import", "webhooks", str(shared_corpus))
    before = status(call)
    again, nothing = call("import", "webhooks", str(shared_corpus))

    assert (code, again, found["unreadable"]) == (WELL, WELL, [])
    assert status(call) == before
    assert (nothing["bodies"]["imported"], nothing["bodies"]["imported_before"]) == (0, found["bodies"]["imported"])
    assert before["webhooks"]["received"] == found["bodies"]["imported"] >= 191
    assert before["webhooks"]["unparsed_items"] == found["unparsed_items"]["count"]
    assert all(each["reason"] and each["path"] for each in found["unparsed_items"]["items"])
    assert before["webhooks"]["unknown"] == found["unknown"]["count"]


def spawn(folder: Path, path: Path | str, **more: Any) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return ending(
        subprocess.Popen(
            [COMMAND, "import", "webhooks", str(path)],
            env=environment(folder, {}),
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **more,
        )
    )


def done(folder: Path) -> int:
    """How many bodies of its dump the import in *folder* has noted as kept."""
    try:
        with closing(sqlite3.connect(f"file:{folder / 'data' / 'wabawatch.db'}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT coalesce(sum(done), 0) FROM imports").fetchone()[0])
    except sqlite3.OperationalError:  # it is not there yet
        return 0


def stop_when_further(folder: Path, path: Path, with_signal: signal.Signals) -> int:
    """Import until another batch is kept, then stop it; gives the exit code."""
    before = done(folder)
    with spawn(folder, path) as process:
        give_up_at = time.monotonic() + PATIENCE_S
        while process.poll() is None and done(folder) == before:
            assert time.monotonic() < give_up_at
            time.sleep(0.005)
        process.send_signal(with_signal)
        process.communicate(timeout=PATIENCE_S)
        return process.returncode


@pytest.mark.parametrize("with_signal", [signal.SIGKILL, signal.SIGINT])
def test_an_import_that_is_stopped_again_and_again_counts_everything_once(
    call: Run, with_signal: signal.Signals, tmp_path: Path
) -> None:
    path = dump(tmp_path, "dump.jsonl", lines(6_000))
    stops = 0
    while stops < 3 and stop_when_further(tmp_path, path, with_signal) in (-signal.SIGKILL, INTERRUPTED):
        stops += 1

    code, found = call("import", "webhooks", str(path))

    assert stops >= 1
    assert (code, found["bodies"]["imported"] + found["bodies"]["imported_before"]) == (WELL, 6_000)
    counted = status(call)
    assert counted["webhooks"]["received"] == counted["webhooks"]["processed"] == 6_000
    assert (counted["webhooks"]["duplicates"], counted["messages"]["read"]) == (0, 2_000)


def test_standard_input_can_be_a_pipe_and_is_not_imported_twice(call: Run, tmp_path: Path) -> None:
    packed = gzip.compress(lines(6))
    for _ in range(2):
        with spawn(tmp_path, "-", stdin=subprocess.PIPE) as process:
            process.communicate(packed, timeout=PATIENCE_S)
            assert process.returncode == WELL

    assert status(call)["webhooks"]["received"] == 6
    assert {path.name for path in (tmp_path / "data").iterdir()} >= {"wabawatch.db", "inbox.db", "keys.json"}


def test_an_import_beside_a_running_server_returns_when_all_is_in_the_figures(call: Run, tmp_path: Path) -> None:
    path = dump(tmp_path, "dump.jsonl", lines(1_500))
    server = Server(tmp_path).start()
    try:
        code, found = call("import", "webhooks", str(path))
        answer = server.status()
    finally:
        server.close()

    assert (code, found["bodies"]["imported"], found["messages"]) == (WELL, 1_500, 500)
    assert (answer["webhooks"]["received"], answer["webhooks"]["backlog"]) == (1_500, 0)
    assert answer["messages"]["read"] == 500
