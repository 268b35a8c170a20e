"""The inbox: what it acknowledged it has, in order, whatever happens to its process, its disk or its file."""

from __future__ import annotations

import asyncio
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.children import ending
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.ports import Body, BodyKind, StoredBody
from wabawatch.storage.inbox import SqliteInbox
from wabawatch.storage.sealed import Keyring, load_or_create

RING = Keyring.generate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "inbox.sqlite"


@pytest.fixture
def inbox(path: Path) -> Iterator[SqliteInbox]:
    inbox = _open(path)
    yield inbox
    inbox.close()


def _open(path: Path, *, above: int = 0, reserve_bytes: int = 0) -> SqliteInbox:
    return SqliteInbox(path, RING, reserve_bytes=reserve_bytes, above=above, busy_timeout_ms=100, look_every_s=0)


def _body(number: int, padding: int = 0) -> Body:
    return Body(BodyKind.WEBHOOK, 1_000 + number, b"%d" % number + random.Random(number).randbytes(padding))


def _bodies(count: int, padding: int = 0) -> list[Body]:
    return [_body(number, padding) for number in range(count)]


def _contents(stored: list[StoredBody]) -> list[int]:
    return [int(each.body.content) for each in stored]


def test_below_the_reserve_nothing_is_kept(path: Path) -> None:
    inbox = _open(path, reserve_bytes=1 << 60)

    with pytest.raises(StoreUnavailable, match="less than the reserve"):
        inbox.append_all([_body(1)])
    assert inbox.newest() == 0
    inbox.close()


@contextmanager
def _full_disk(at_bytes: int) -> Iterator[None]:
    """No file of this process may grow beyond *at_bytes*: the operating system refuses the write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_fails_tells_everyone_who_waits_keeps_nothing_and_the_next_works(inbox: SqliteInbox) -> None:
    async def append_together() -> list[int | BaseException]:
        return await asyncio.gather(*(inbox.append(body) for body in large), return_exceptions=True)

    (before,) = inbox.append_all([_body(1)])
    large = _bodies(50, padding=50_000)

    with _full_disk(at_bytes=100_000):
        outcomes = asyncio.run(append_together())
    (after,) = inbox.append_all([_body(2)])

    # The first may have gone alone, before the others came.
    kept = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes if outcome not in kept)
    assert len(kept) <= 1
    assert [each.id for each in inbox.read(0, 100)] == [before, *kept, after]


def test_while_another_holds_the_lock_nothing_is_kept_and_afterwards_it_works(path: Path, inbox: SqliteInbox) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="locked"):
        inbox.append_all([_body(1)])
    other.execute("ROLLBACK")
    other.close()

    assert len(inbox.append_all([_body(2)])) == 1
    assert _contents(inbox.read(0, 10)) == [2]


def test_a_file_that_vanished_under_it_is_not_written_to(path: Path, inbox: SqliteInbox) -> None:
    inbox.append_all([_body(1)])
    shutil.rmtree(path.parent)

    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        inbox.append_all([_body(2)])


def test_a_file_put_in_its_place_is_not_mistaken_for_it(path: Path, inbox: SqliteInbox) -> None:
    path.rename(path.with_name("moved"))
    path.touch()

    with pytest.raises(StoreUnavailable, match="replaced"):
        inbox.append_all([_body(1)])


def test_a_file_that_cannot_be_opened_is_told_at_once(tmp_path: Path) -> None:
    for unusable in (tmp_path, tmp_path / "missing" / "inbox.sqlite"):
        with pytest.raises(StoreUnavailable, match="does not answer"):
            _open(unusable)


def test_a_file_that_is_no_database_is_told_and_left_alone(path: Path) -> None:
    path.write_bytes(b"notes of somebody, " * 100)

    with pytest.raises(StoreUnavailable, match="not a database"):
        _open(path)
    assert path.read_bytes().startswith(b"notes of somebody")


_APPENDER = """
import asyncio, sys
from pathlib import Path
from wabawatch.ports import Body, BodyKind
from wabawatch.storage.inbox import SqliteInbox
from wabawatch.storage.sealed import load_or_create

folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
inbox = SqliteInbox(folder / "inbox.sqlite", load_or_create(folder / "keys.json"), reserve_bytes=0)

async def producer(worker):
    for number in range(count):
        content = f"{name} {worker} {number}"
        kept = await inbox.append(Body(BodyKind.WEBHOOK, number, content.encode()))
        print(kept, content, flush=True)

async def main():
    await asyncio.gather(*(producer(worker) for worker in range(8)))

asyncio.run(main())
inbox.close()
"""


@contextmanager
def _appender(folder: Path, name: str, count: int) -> Iterator[subprocess.Popen[str]]:
    """A process that is ready to open the inbox and append to it, at the first line on its stdin."""
    command = [sys.executable, "-c", _APPENDER, str(folder), name, str(count)]
    with ending(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield child


def _acknowledged(lines: list[str]) -> dict[int, str]:
    """What was printed by number; a last line cut off by a kill does not count."""
    return {int(number): content.strip() for number, content in (line.split(" ", 1) for line in lines if "\n" in line)}


@pytest.mark.parametrize("seed", range(5))
def test_what_was_acknowledged_survives_a_kill_at_any_moment(tmp_path: Path, seed: int) -> None:
    with _appender(tmp_path, "child", 1_000_000) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        with child.stdin as stdin:
            stdin.write("go\n")
        lines = [child.stdout.readline() for _ in range(random.Random(seed).randrange(1, 3_000))]
        child.kill()
        lines += child.stdout.readlines()

    inbox = SqliteInbox(tmp_path / "inbox.sqlite", load_or_create(tmp_path / "keys.json"), reserve_bytes=0)
    acknowledged = _acknowledged(lines)
    kept = {each.id: each.body.content.decode() for each in inbox.read(0, 1_000_000)}

    assert {number: kept.get(number) for number in acknowledged} == acknowledged
    assert len(set(kept.values())) == len(kept)
    assert inbox.append_all([_body(1)])[0] > max(kept)
    inbox.close()


def test_processes_may_open_one_file_at_once_and_append_to_it(tmp_path: Path) -> None:
    with ExitStack() as stack:
        names = ("server", "import", "replay", "another")
        children = [stack.enter_context(_appender(tmp_path, name, 25)) for name in names]
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        printed = [child.communicate(timeout=60)[0].splitlines(keepends=True) for child in children]

    inbox = SqliteInbox(tmp_path / "inbox.sqlite", load_or_create(tmp_path / "keys.json"), reserve_bytes=0)
    kept = {each.id: each.body.content.decode() for each in inbox.read(0, 10_000)}

    assert kept == {number: content for lines in printed for number, content in _acknowledged(lines).items()}
    assert len(kept) == 800
    assert inbox.waiting(0) == 800
    inbox.close()
