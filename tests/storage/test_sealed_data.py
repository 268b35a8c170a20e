"""A key file is made only where nothing was sealed before: a lost one is told, and not replaced."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from wabawatch.app import System
from wabawatch.domain.errors import SealBroken
from wabawatch.ports import Body, BodyKind
from wabawatch.settings import load

BODY = Body(BodyKind.WEBHOOK, 1_700_000_000_000, b"{}")

ROWS = {
    "a packed block": "INSERT INTO raw_blocks VALUES (1024, 1024, 1, 0, 0, x'01')",
    "an event's detail": "INSERT INTO events (fingerprint, number_id, waba_id, kind, event, subject, before, after,"
    " reason, at, seen_at, detail) VALUES (x'01', 0, 0, '', '', '', '', '', '', 0, 0, x'01')",
}


def system(folder: Path) -> System:
    return System(load({"WABAWATCH_DATA_DIR": str(folder / "data"), "WABAWATCH_FREE_SPACE_RESERVE": "0"}))


def key_file(folder: Path) -> Path:
    (path,) = (folder / "data").glob("*.json")
    return path


def run_sql(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "data" / "wabawatch.db")) as connection, connection:
        connection.execute(statement)


def test_where_nothing_was_sealed_a_new_key_is_made(tmp_path: Path) -> None:
    system(tmp_path).close()
    key_file(tmp_path).unlink()

    system(tmp_path).close()

    assert key_file(tmp_path).exists()


def accept(folder: Path) -> None:
    opened = system(folder)
    opened.inbox.append_all([BODY])
    opened.close()


def park(folder: Path) -> None:
    run_sql(
        folder,
        "INSERT INTO parked (body_id, received_at, code, tries, error, body) VALUES (1024, 0, 0, 5, '', x'01')",
    )


@pytest.mark.parametrize(
    "seal",
    [accept, park, *(lambda folder, row=row: run_sql(folder, row) for row in ROWS.values())],
    ids=["an accepted body", "a parked body", *ROWS],
)
def test_a_lost_key_file_is_told_and_not_replaced(tmp_path: Path, seal: Callable[[Path], None]) -> None:
    system(tmp_path).close()
    seal(tmp_path)
    key_file(tmp_path).rename(tmp_path / "lost.json")

    with pytest.raises(SealBroken, match=r"The key file .*json is missing.* Put back a copy of it\. Nothing was lost"):
        system(tmp_path)

    assert not list((tmp_path / "data").glob("*.json"))


def test_with_its_key_file_back_it_goes_on(tmp_path: Path) -> None:
    accept(tmp_path)
    path = key_file(tmp_path)
    path.rename(tmp_path / "lost.json")
    with pytest.raises(SealBroken):
        system(tmp_path)
    (tmp_path / "lost.json").rename(path)

    opened = system(tmp_path)

    assert [each.body for each in opened.inbox.read(0, 10)] == [BODY]
    opened.close()


def test_nobody_else_may_read_what_is_kept(tmp_path: Path) -> None:
    opened = system(tmp_path)
    opened.inbox.append_all([BODY])
    opened.drain()
    kept = [tmp_path / "data", *(tmp_path / "data").iterdir()]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in kept}
    opened.close()

    assert {name for name in modes if name.endswith("-wal")} == {"inbox.db-wal", "wabawatch.db-wal"}
    assert {name: mode & 0o077 for name, mode in modes.items()} == dict.fromkeys(modes, 0)
