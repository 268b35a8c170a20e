"""The spool: what was put into it comes out in order, whatever happens to processes, files and disks meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wabawatch.domain.errors import BadRequest, SpoolFull
from wabawatch.sdk import spool as module
from wabawatch.sdk.spool import Spool

MIB = 1 << 20


def taken(spool: Spool, most: int = 100) -> list[bytes]:
    """Everything that waits, as if it were sent."""
    found: list[bytes] = []
    while (part := spool.peek(most, MIB)) is not None:
        found += part.records
        spool.done(part)
    return found


def fill(folder: Path, *records: bytes, max_bytes: int = MIB) -> None:
    """What a process leaves behind that ends without sending."""
    spool = Spool(folder, max_bytes)
    for record in records:
        spool.append(record)
    spool.close()


def test_records_come_out_in_order_and_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    records = [b"%d" % i for i in range(10)]
    for record in records:
        spool.append(record)

    assert taken(spool, most=3) == records
    assert spool.peek(1, MIB) is None
    spool.close()
    assert not list(tmp_path.iterdir())


def test_what_was_not_said_to_be_sent_comes_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    spool.append(b"one")
    assert spool.peek(9, MIB) == spool.peek(9, MIB)
    spool.close()


def test_what_a_process_left_behind_is_sent_first(tmp_path: Path) -> None:
    fill(tmp_path, b"old 1", b"old 2")
    spool = Spool(tmp_path, MIB)
    spool.append(b"new")
    spool.adopt()

    assert taken(spool) == [b"old 1", b"old 2", b"new"]
    spool.close()


def test_a_file_of_a_process_that_lives_is_left_to_it(tmp_path: Path) -> None:
    first, second = Spool(tmp_path, MIB), Spool(tmp_path, MIB)
    first.append(b"of the first")
    second.adopt()

    assert taken(second) == []
    assert taken(first) == [b"of the first"]
    first.close()
    second.close()


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, os, signal; from pathlib import Path; from wabawatch.sdk.spool import Spool\n"
        "s = Spool(Path(sys.argv[1]), 1 << 20); s.append(b'one'); s.append(b'two')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL

    spool = Spool(tmp_path, MIB)
    spool.adopt()
    assert taken(spool) == [b"one", b"two"]
    spool.close()


@pytest.mark.parametrize("cut", range(1, 11))
def test_a_torn_end_takes_no_whole_record_with_it(tmp_path: Path, cut: int) -> None:
    fill(tmp_path, b"whole", b"torn")
    (file,) = tmp_path.iterdir()
    os.truncate(file, file.stat().st_size - cut)

    spool = Spool(tmp_path, MIB)
    spool.adopt()
    assert taken(spool) == [b"whole"]
    spool.close()


def test_a_full_spool_takes_no_more_until_there_is_room(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 250)
    spool.append(b"x" * 200)
    with pytest.raises(SpoolFull, match="wait for the server"):
        spool.append(b"y" * 200)

    assert taken(spool) == [b"x" * 200]
    spool.append(b"y" * 200)
    assert taken(spool) == [b"y" * 200]
    spool.close()


def test_a_small_spool_is_not_full_while_nothing_waits(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 100)
    assert not spool.is_full
    spool.append(b"x" * 80)

    assert spool.is_full


def test_what_other_processes_have_waiting_counts_too(tmp_path: Path) -> None:
    first, second = Spool(tmp_path, 300), Spool(tmp_path, 300)
    first.append(b"x" * 200)
    second.adopt()

    with pytest.raises(SpoolFull):
        second.append(b"y" * 200)
    first.close()
    second.close()


def test_long_files_end_and_the_next_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEGMENT_BYTES", 64)
    spool = Spool(tmp_path, MIB)
    records = [b"%03d" % i * 10 for i in range(9)]
    for record in records:
        spool.append(record)
    spool.sync()

    assert len(list(tmp_path.iterdir())) > 2
    assert taken(spool) == records
    spool.close()


def test_a_batch_is_no_larger_than_asked_for_but_never_empty(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    for record in (b"x" * 50, b"y" * 60, b"z" * 10):
        spool.append(record)

    part = spool.peek(9, 100)
    assert part is not None
    assert part.records == [b"x" * 50]
    assert taken(spool) == [b"x" * 50, b"y" * 60, b"z" * 10]
    spool.close()


def test_only_this_user_can_read_it(tmp_path: Path) -> None:
    fill(tmp_path / "spool", b"+1 555 010 1001")

    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "spool", *(tmp_path / "spool").iterdir())}
    assert modes == {0o700, 0o600}


def test_a_folder_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BadRequest, match="give another folder"):
        Spool(tmp_path / "file" / "spool", MIB)
