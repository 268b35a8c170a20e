"""wabawatch's own log in a file: begun anew when it is long, compressed, and in the end deleted."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path

import pytest
from tests.support.command import run
from tests.support.server import Server

from wabawatch.cli.own_log import OwnLog


def say(log: OwnLog, *lines: str) -> None:
    for line in lines:
        log.handle(logging.LogRecord("test", logging.INFO, __file__, 1, line, None, None))


def read(path: Path) -> list[str]:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines()


@pytest.mark.parametrize("keep", [0, 1, 3])
def test_a_long_file_is_compressed_and_so_many_are_kept(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "wabawatch.log"
    log = OwnLog(path, 100, keep)
    lines = [f"line {i:02} {'x' * 40}" for i in range(12)]
    say(log, *lines)
    log.close()

    kept = [path, *(tmp_path / f"wabawatch.log.{n}.gz" for n in range(1, keep + 1))]
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    assert [line for each in reversed(kept) for line in read(each)] == lines[-2 * (keep + 1) :]
    assert {each.stat().st_mode & 0o777 for each in kept} == {0o600}


def test_a_new_start_goes_on_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "wabawatch.log"
    for line in ("first", "second \ud800"):
        log = OwnLog(path, 1_000, 3)
        say(log, line)
        log.close()

    assert read(path) == ["first", "second \\ud800"]


def test_the_server_writes_to_it(tmp_path: Path) -> None:
    path = tmp_path / "own.log"
    server = Server(tmp_path, {"WABAWATCH_LOG_FILE": str(path)})
    try:
        server.start()
        assert server.terminate() == 0
    finally:
        server.close()

    assert "INFO" in path.read_text()


def test_a_file_that_cannot_be_written_stops_the_start_and_says_so(tmp_path: Path) -> None:
    refused = run(tmp_path, "serve", settings={"WABAWATCH_LOG_FILE": str(tmp_path / "none" / "own.log")})

    assert refused.returncode == 1
    assert "WABAWATCH_LOG_FILE" in refused.stderr


def test_a_full_disk_is_not_told_of_with_each_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = OwnLog(Path("/dev/full"), 100_000, 1)
    say(log, "one", "two")
    with pytest.raises(OSError, match="No space left"):
        log.close()

    assert capsys.readouterr().err == ""
