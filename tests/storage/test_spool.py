"""What the inbox could not take is kept in files, found again after a crash, and given in order."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.ports import Body, BodyKind
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.spool import Spool

KEYRING = Keyring.generate()


def record(n: int) -> Body:
    return Body(BodyKind.RECORD, 1_700_000_000_000 + n, b'{"n":%d}' % n)


class Taker:
    """Takes bodies, or refuses after some."""

    def __init__(self, at_most: int = 10**9) -> None:
        self.got: list[Body] = []
        self.at_most = at_most

    def __call__(self, bodies: Sequence[Body]) -> None:
        if len(self.got) + len(bodies) > self.at_most:
            raise StoreUnavailable("still away")
        self.got += bodies


def test_what_was_kept_comes_back_in_order_and_once(tmp_path: Path) -> None:
    spool, taker = Spool(tmp_path, KEYRING), Taker()
    for n in range(5):
        spool.keep(record(n))

    assert spool.drain(taker)
    assert not spool.drain(taker)
    assert taker.got == [record(n) for n in range(5)]
    assert spool.is_empty()
    assert not list(tmp_path.iterdir())


def test_another_process_finds_what_a_killed_one_left(tmp_path: Path) -> None:
    killed, taker = Spool(tmp_path, KEYRING), Taker()
    killed.keep(record(1))
    killed._leave_file()  # as the kernel does for a dead process

    Spool(tmp_path, KEYRING).drain(taker)

    assert taker.got == [record(1)]


def test_a_file_that_a_living_process_writes_is_left_alone(tmp_path: Path) -> None:
    alive, taker = Spool(tmp_path, KEYRING), Taker()
    alive.keep(record(1))

    Spool(tmp_path, KEYRING).drain(taker)
    assert taker.got == []

    alive.drain(taker)
    assert taker.got == [record(1)]


def test_what_is_not_taken_stays(tmp_path: Path) -> None:
    spool, taker = Spool(tmp_path, KEYRING), Taker(at_most=0)
    spool.keep(record(1))

    with pytest.raises(StoreUnavailable):
        spool.drain(taker)
    spool.keep(record(2))
    taker.at_most = 2
    spool.drain(taker)

    assert taker.got == [record(1), record(2)]


@pytest.mark.parametrize("cut", [1, 5, 9, 30])
def test_a_file_cut_off_by_a_power_cut_gives_what_was_whole(tmp_path: Path, cut: int) -> None:
    spool, taker = Spool(tmp_path, KEYRING), Taker()
    spool.keep(record(1))
    spool.keep(record(2))
    spool._leave_file()
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-cut])

    spool.drain(taker)

    assert taker.got == [record(1)]


def test_a_damaged_block_is_put_aside_and_the_others_are_taken(tmp_path: Path) -> None:
    spool, taker = Spool(tmp_path, KEYRING), Taker()
    spool.keep(record(1))
    spool.keep(record(2))
    spool._leave_file()
    [path] = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)

    spool.drain(taker)

    assert taker.got == [record(2)]
    assert [found.suffix for found in tmp_path.iterdir()] == [".damaged"]
    assert spool.is_empty()


def test_a_full_spool_goes_on_in_memory(tmp_path: Path) -> None:
    spool, taker = Spool(tmp_path, KEYRING, max_bytes=10), Taker()

    spool.keep(record(1))

    assert not list(tmp_path.iterdir())
    assert not spool.is_empty()
    spool.drain(taker)
    assert (taker.got, spool.lost) == ([record(1)], 0)


def test_nothing_in_its_files_can_be_read_by_others(tmp_path: Path) -> None:
    Spool(tmp_path, KEYRING).keep(Body(BodyKind.RECORD, 1, b"+15551234567"))

    [path] = tmp_path.iterdir()
    assert b"15551234567" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    spool, taker = Spool(tmp_path, KEYRING), Taker()
    threads = [threading.Thread(target=spool.keep, args=(record(n),), daemon=True) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    spool.drain(taker)

    assert sorted(body.received_at for body in taker.got) == [record(n).received_at for n in range(40)]
