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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.errors import SealBroken, StoreUnavailable
from wabawatch.ports import Body, BodyKind, BodySource, Inbox, StoredBody
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


def test_it_is_an_inbox(inbox: SqliteInbox) -> None:
    port: Inbox = inbox

    assert port.newest() == 0
    assert port.waiting(0) == 0
    assert port.oldest_waiting_at(0) is None
    assert port.read(0, 10) == []
    assert port.find(1024) is None


def test_a_body_comes_back_as_it_was(inbox: SqliteInbox) -> None:
    body = Body(BodyKind.RECORD, 7, b"\x00\xff", app="shop", source=BodySource.IMPORT, signature="sha256=00")

    number = asyncio.run(inbox.append(body))

    assert inbox.read(0, 10) == [StoredBody(number, body)]
    assert inbox.find(number) == body
    assert inbox.find(number + 1) is None


def test_bodies_that_wait_together_share_commits_and_each_gets_its_own_number(path: Path, inbox: SqliteInbox) -> None:
    async def append_together() -> list[int]:
        return await asyncio.gather(*(inbox.append(body) for body in _bodies(3_000)))

    numbers = asyncio.run(append_together())

    assert [inbox.find(number) for number in numbers[::500]] == _bodies(3_000)[::500]
    assert _contents(inbox.read(0, 5_000)) == list(range(3_000))
    assert numbers == sorted(set(numbers))
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM blocks").fetchone()[0] < 1_000
    connection.close()


def test_many_threads_may_append_and_read_at_once(inbox: SqliteInbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda number: inbox.append_all([_body(number)])[0], range(200)))
        found = list(pool.map(inbox.find, numbers))

    assert found == _bodies(200)
    assert len(set(numbers)) == 200


def test_a_long_list_is_one_commit_of_several_blocks(path: Path, inbox: SqliteInbox) -> None:
    numbers = inbox.append_all(_bodies(2_500))

    assert numbers == [*range(1024, 2048), *range(2048, 3072), *range(3072, 3524)]
    assert inbox.newest() == 3523
    assert inbox.append_all([]) == []


def test_large_bodies_close_a_block_early(path: Path, inbox: SqliteInbox) -> None:
    numbers = inbox.append_all(_bodies(5, padding=3 << 20))

    assert numbers == [1024, 1025, 2048, 2049, 3072]
    assert [each.id for each in inbox.read(0, 5)] == [1024, 1025]
    assert [each.id for each in inbox.read(1025, 5)] == [2048, 2049]


@pytest.fixture(scope="module")
def three_blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteInbox]:
    """Blocks of 3, 1 and 5 bodies; nothing is changed in it."""
    inbox = _open(tmp_path_factory.mktemp("read") / "inbox.sqlite")
    for count in (3, 1, 5):
        inbox.append_all(_bodies(count))
    yield inbox
    inbox.close()


NUMBERS = [1024, 1025, 1026, 2048, 3072, 3073, 3074, 3075, 3076]


@given(st.integers(0, 5_000), st.integers(1, 12))
def test_reading_from_anywhere_gives_what_is_above_in_order(three_blocks: SqliteInbox, after: int, limit: int) -> None:
    above = [number for number in NUMBERS if number > after]

    assert [each.id for each in three_blocks.read(after, limit)] == above[:limit]
    assert three_blocks.waiting(after) == len(above)
    assert (three_blocks.oldest_waiting_at(after) is None) == (not above)
    assert (three_blocks.find(after) is None) == (after not in NUMBERS)


def test_the_age_of_the_backlog_is_that_of_the_next_body(inbox: SqliteInbox) -> None:
    first, second = (inbox.append_all([_body(number)])[0] for number in (5, 9))

    assert inbox.oldest_waiting_at(0) == 1_005
    assert inbox.oldest_waiting_at(first) == 1_009
    assert inbox.oldest_waiting_at(second) is None


def test_forgetting_deletes_whole_commits_and_leaves_the_rest_readable(inbox: SqliteInbox) -> None:
    for count in (3, 1, 5):
        inbox.append_all(_bodies(count))

    inbox.forget(3074)
    inbox.forget(3074)

    assert [each.id for each in inbox.read(0, 10)] == NUMBERS[4:]
    assert inbox.waiting(0) == 5
    assert inbox.waiting(3074) == 2
    assert inbox.newest() == 3076


def test_numbers_never_repeat_after_all_is_forgotten(path: Path, inbox: SqliteInbox) -> None:
    newest = inbox.append_all(_bodies(3))[-1]
    inbox.forget(newest)
    assert inbox.newest() == newest
    inbox.close()

    again = _open(path)

    assert again.newest() == newest
    assert again.append_all([_body(0)])[0] > newest
    assert again.waiting(newest) == 1
    again.close()


def test_forgetting_many_blocks_goes_on_until_all_are_gone(path: Path, inbox: SqliteInbox) -> None:
    for number in range(150):
        inbox.append_all([_body(number)])
    inbox.append_all(_bodies(3, padding=3 << 20))

    inbox.forget(inbox.newest())

    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM blocks").fetchone() == (0,)
    connection.close()


def test_a_new_file_in_place_of_a_lost_one_goes_on_above_the_old_numbers(path: Path) -> None:
    inbox = _open(path, above=70_000)

    assert inbox.newest() == 70_000
    assert inbox.waiting(70_000) == 0
    assert inbox.append_all([_body(1)])[0] > 70_000
    inbox.close()


def test_what_was_kept_is_there_after_a_restart_and_needs_the_key(path: Path, inbox: SqliteInbox) -> None:
    (number,) = inbox.append_all([_body(1)])
    inbox.close()

    again, stranger = _open(path), SqliteInbox(path, Keyring.generate(), reserve_bytes=0)

    assert again.find(number) == _body(1)
    with pytest.raises(SealBroken):
        stranger.read(0, 1)
    again.close()
    stranger.close()


def test_closing_keeps_what_is_queued_and_then_refuses(inbox: SqliteInbox) -> None:
    async def append_and_close() -> list[int]:
        waiting = [asyncio.ensure_future(inbox.append(body)) for body in _bodies(100)]
        await asyncio.sleep(0)
        await asyncio.to_thread(inbox.close)
        return await asyncio.gather(*waiting)

    assert len(asyncio.run(append_and_close())) == 100
    inbox.close()
    for refused in (lambda: inbox.append_all([_body(1)]), inbox.newest, lambda: inbox.forget(5_000)):
        with pytest.raises(StoreUnavailable):
            refused()
    with pytest.raises(StoreUnavailable):
        asyncio.run(inbox.append(_body(1)))


def test_one_who_stops_waiting_does_not_disturb_the_others(inbox: SqliteInbox) -> None:
    async def cancel_every_other() -> list[int | BaseException]:
        tasks = [asyncio.ensure_future(inbox.append(body)) for body in _bodies(100)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = asyncio.run(cancel_every_other())

    assert all(isinstance(outcome, int) for outcome in outcomes[1::2])
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes[::2])


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


def _appender(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    """A process that is ready to open the inbox and append to it, at the first line on its stdin."""
    child = subprocess.Popen(
        [sys.executable, "-c", _APPENDER, str(folder), name, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def _acknowledged(lines: list[str]) -> dict[int, str]:
    """What was printed by number; a last line cut off by a kill does not count."""
    return {int(number): content.strip() for number, content in (line.split(" ", 1) for line in lines if "\n" in line)}


@pytest.mark.parametrize("seed", range(5))
def test_what_was_acknowledged_survives_a_kill_at_any_moment(tmp_path: Path, seed: int) -> None:
    child = _appender(tmp_path, "child", 1_000_000)
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdin as stdin:
        stdin.write("go\n")
    lines = [child.stdout.readline() for _ in range(random.Random(seed).randrange(1, 3_000))]
    child.kill()
    lines += child.stdout.readlines()
    child.wait()
    child.stdout.close()

    inbox = SqliteInbox(tmp_path / "inbox.sqlite", load_or_create(tmp_path / "keys.json"), reserve_bytes=0)
    acknowledged = _acknowledged(lines)
    kept = {each.id: each.body.content.decode() for each in inbox.read(0, 1_000_000)}

    assert {number: kept.get(number) for number in acknowledged} == acknowledged
    assert len(set(kept.values())) == len(kept)
    assert inbox.append_all([_body(1)])[0] > max(kept)
    inbox.close()


def test_processes_may_open_one_file_at_once_and_append_to_it(tmp_path: Path) -> None:
    children = [_appender(tmp_path, name, 25) for name in ("server", "import", "replay", "another")]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    printed = [child.communicate()[0].splitlines(keepends=True) for child in children]

    inbox = SqliteInbox(tmp_path / "inbox.sqlite", load_or_create(tmp_path / "keys.json"), reserve_bytes=0)
    kept = {each.id: each.body.content.decode() for each in inbox.read(0, 10_000)}

    assert kept == {number: content for lines in printed for number, content in _acknowledged(lines).items()}
    assert len(kept) == 800
    assert inbox.waiting(0) == 800
    inbox.close()
