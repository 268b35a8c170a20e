"""The proof of the proof: what the model of a forgetful disk keeps and drops, and that it catches a missing sync."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support import strace
from tests.support.children import ending
from tests.support.conversations import Answer, Commits, Conversations
from tests.support.disk import Disk

ROOT = Path("/disk")
OPEN = 'openat(AT_FDCWD, "/disk/a", O_RDWR|O_CREAT, 0600) = 3'
OPEN_ROOT = 'openat(AT_FDCWD, "/disk", O_RDONLY) = 4'
SYNC, SYNC_NAMES = "fdatasync(3) = 0", "fsync(4) = 0"
NAMED = (OPEN, OPEN_ROOT, SYNC_NAMES)


def in_log(*calls: str) -> list[str]:
    """Lines as strace writes them; `T2 ` in front of a call is another thread."""
    lines = []
    for number, call in enumerate(calls):
        thread, text = ("2", call[3:]) if call.startswith("T2 ") else ("1", call)
        quoted = text.split('"')
        quoted[1::2] = ["".join(f"\\x{byte:02x}" for byte in part.encode()) for part in quoted[1::2]]
        lines.append(f"{thread}  170000{number}.000001 " + '"'.join(quoted))
    return lines


def left(folder: Path, *calls: str, chance: random.Random | None = None) -> dict[str, bytes]:
    """What files are left when the power goes after *calls*."""
    disk = Disk(ROOT)
    for event in strace.events(in_log(*calls)):
        disk.feed(event)
    if chance:
        disk.ravaged(folder / "left", chance)
    else:
        disk.survivors(folder / "left")
    return {path.name: path.read_bytes() for path in (folder / "left").iterdir() if path.is_file()}


def test_a_write_is_safe_once_it_was_synced(tmp_path: Path) -> None:
    assert left(tmp_path, *NAMED, 'pwrite64(3, "one", 3, 0) = 3', SYNC) == {"a": b"one"}


def test_a_write_after_the_sync_is_gone(tmp_path: Path) -> None:
    calls = (*NAMED, 'pwrite64(3, "one", 3, 0) = 3', SYNC, 'pwrite64(3, "two", 3, 3) = 3')

    assert left(tmp_path, *calls) == {"a": b"one"}


def test_a_sync_that_failed_makes_nothing_safe(tmp_path: Path) -> None:
    calls = (*NAMED, 'pwrite64(3, "one", 3, 0) = 3', "fdatasync(3) = -1 EIO (Input/output error)")

    assert left(tmp_path, *calls) == {"a": b""}


def test_no_later_sync_brings_back_what_one_that_failed_has_lost(tmp_path: Path) -> None:
    calls = (*NAMED, 'pwrite64(3, "one", 3, 0) = 3', "fdatasync(3) = -1 EIO (Input/output error)")

    assert left(tmp_path, *calls, 'pwrite64(3, "x", 1, 3) = 1', SYNC) == {"a": b"\0\0\0x"}


def test_a_sync_that_has_not_ended_makes_nothing_safe(tmp_path: Path) -> None:
    assert left(tmp_path, *NAMED, 'write(3, "one", 3) = 3', "fdatasync(3 <unfinished ...>") == {"a": b""}


def test_a_sync_covers_no_write_that_ends_after_it_began(tmp_path: Path) -> None:
    calls = (
        *NAMED,
        'T2 pwrite64(3, "one", 3, 0 <unfinished ...>',
        "fdatasync(3 <unfinished ...>",
        "T2 <... pwrite64 resumed>) = 3",
        "<... fdatasync resumed>) = 0",
    )

    assert left(tmp_path, *calls) == {"a": b""}


def test_a_new_name_is_gone_until_its_folder_was_synced(tmp_path: Path) -> None:
    assert left(tmp_path, OPEN, 'write(3, "one", 3) = 3', SYNC) == {}


def test_what_is_written_to_a_part_only_is_that_part(tmp_path: Path) -> None:
    assert left(tmp_path, *NAMED, 'write(3, "one", 3) = 2', SYNC) == {"a": b"on"}


def test_a_new_length_is_undone_until_it_was_synced(tmp_path: Path) -> None:
    written = (*NAMED, 'write(3, "onetwo", 6) = 6', SYNC, "ftruncate(3, 3) = 0")

    assert left(tmp_path, *written) == {"a": b"onetwo"}


def test_a_new_length_is_kept_when_it_was_synced(tmp_path: Path) -> None:
    written = (*NAMED, 'write(3, "onetwo", 6) = 6', SYNC, "ftruncate(3, 3) = 0")

    assert left(tmp_path, *written, SYNC) == {"a": b"one"}


@pytest.mark.parametrize(
    ("call", "then"), [('rename("/disk/a", "/disk/b") = 0', {"b": b""}), ('unlink("/disk/a") = 0', {})]
)
def test_another_name_and_none_count_once_the_folder_was_synced(
    call: str, then: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "before").mkdir()
    assert left(tmp_path / "before", *NAMED, call) == {"a": b""}
    assert left(tmp_path, *NAMED, call, SYNC_NAMES) == then


def test_a_ravaged_disk_keeps_any_part_of_what_was_not_synced(tmp_path: Path) -> None:
    big = "x" * 1_500
    calls = (*NAMED, 'pwrite64(3, "safe", 4, 0) = 4', SYNC, f'pwrite64(3, "{big}", 1500, 512) = 1500')
    found = set()
    for seed in range(40):
        (tmp_path / f"{seed}").mkdir()
        [content] = left(tmp_path / f"{seed}", *calls, chance=random.Random(seed)).values()
        assert content.startswith(b"safe")
        found.add(content)
    assert b"safe" in found
    assert len(found) >= 5


ASKED = "POST /webhooks/whatsapp HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi"
WRITTEN, ANSWERED = 'pwrite64(3, "hi", 2, 0) = 2', 'write(9, "HTTP/1.1 200 OK\r\n\r\nok", 21) = 21'
CONVERSATION = (OPEN, "accept4(5, NULL, NULL, SOCK_CLOEXEC) = 9", f'read(9, "{ASKED}", 65536) = 60')


def waited(*calls: str) -> tuple[Answer, bool]:
    """The one answer in *calls*, and whether it waited for the disk."""
    conversations, commits, found = Conversations(), Commits(), []
    for event in strace.events(in_log(*calls)):
        if event.call.name in Commits.CALLS and event.call.fd == 3:
            commits.feed(event)
        if answer := conversations.feed(event):
            found.append((answer, commits.waited_for(answer)))
    [only] = found
    return only


def test_an_answer_after_the_sync_has_waited() -> None:
    answer, has_waited = waited(*CONVERSATION, WRITTEN, SYNC, ANSWERED)

    assert (answer.status, answer.target, answer.body) == (200, b"POST /webhooks/whatsapp", b"hi")
    assert has_waited


@pytest.mark.parametrize(
    "calls",
    {
        "no sync": (WRITTEN, ANSWERED),
        "the sync failed": (WRITTEN, "fdatasync(3) = -1 EIO (Input/output error)", ANSWERED),
        "the sync before the write": (SYNC, WRITTEN, ANSWERED),
        "the sync has not ended": (WRITTEN, "T2 fdatasync(3 <unfinished ...>", ANSWERED),
        "the sync after the answer": (WRITTEN, ANSWERED, SYNC),
        "nothing written": (SYNC, ANSWERED),
    }.values(),
)
def test_an_answer_that_did_not_wait_is_found(calls: tuple[str, ...]) -> None:
    assert not waited(*CONVERSATION, *calls)[1]


KEEPS_NUMBERS = """
import os, sqlite3, sys
path, synchronous = sys.argv[1:]
connection = sqlite3.connect(path, isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute(f"PRAGMA synchronous = {synchronous}")
connection.execute("CREATE TABLE kept (number INTEGER PRIMARY KEY)")
for number in range(20):
    connection.execute("INSERT INTO kept VALUES (?)", (number,))
    os.write(1, b"kept")
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(("synchronous", "lost"), [("FULL", False), ("NORMAL", True), ("OFF", True)])
def test_a_database_that_does_not_sync_each_commit_is_found_out(synchronous: str, lost: bool, tmp_path: Path) -> None:
    strace.must_be_there()
    folder, log = tmp_path / "disk", tmp_path / "log"
    folder.mkdir()
    command = [*strace.command(log, f"{strace.FILES},{strace.STRANGE}"), sys.executable, "-c", KEEPS_NUMBERS]
    with ending(subprocess.Popen([*command, folder / "db", synchronous], stdout=subprocess.DEVNULL)) as program:
        program.wait(strace.PATIENCE_S)
    disk, losses = Disk(folder), list[int]()

    for event in strace.events(strace.lines(log, program.pid)):
        disk.feed(event)
        if event.phase is strace.Phase.BEGINS and event.call.name == "write" and event.call.texts == [b"kept"]:
            disk.survivors(tmp_path / f"{len(losses)}")
            losses.append(len(losses) + 1 - how_many(tmp_path / f"{len(losses)}" / "db"))

    assert len(losses) == 20
    assert any(losses) is lost


def how_many(path: Path) -> int:
    """How many numbers the database still has; 0 when it is none any more."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM kept").fetchone()[0])
    except sqlite3.Error:
        return 0
