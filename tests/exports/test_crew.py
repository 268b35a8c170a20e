"""Real processes that make files: what they tell, and that they end with us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.exports.files import read_back
from tests.support.books import Shelf
from tests.support.children import ending
from tests.support.facts import DAY, T0, recorded
from tests.support.places import Place
from wabawatch.domain.export_columns import NAMES
from wabawatch.domain.exports import Broken, Format, Made, Order, Progress
from wabawatch.domain.search import MessageFilter
from wabawatch.exports.crew import CHILD, Crew, Making, Work

ORDER = Order(Format.CSV, NAMES)
WANTED = MessageFilter(since=T0, until=T0 + DAY)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    place = Place(tmp_path / "books")
    shelf = Shelf(place)
    shelf.learn([recorded(i, wamid=f"wamid.{i}") for i in range(3)])
    yield shelf
    place.close()


def outcome(making: Making) -> Made | Broken:
    for _ in range(120):
        news = making.look(0.5)
        if news is not None and not isinstance(news, Progress):
            return news
    raise AssertionError("it never ended")


def test_a_process_makes_the_file_and_says_what_it_is(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "file"
    making = Crew(shelf.place.url()).begin(ORDER, WANTED, path)

    made = outcome(making)

    assert isinstance(made, Made), made
    assert (made.rows, made.bytes) == (3, path.stat().st_size)
    assert len(read_back(path.read_bytes(), ORDER)) == 3
    making.end()
    making.end()


def test_one_that_is_ended_or_dies_leaves_nothing(shelf: Shelf, tmp_path: Path) -> None:
    with shelf.database.writing():  # so that it waits for nothing, and is here while we look
        making = Crew(shelf.place.url()).begin(ORDER, WANTED, tmp_path / "file")
        making.end()
        dying = Crew(shelf.place.url()).begin(ORDER, WANTED, tmp_path / "file")
        os.kill(dying.pid, signal.SIGKILL)
        broken = outcome(dying)

    assert isinstance(broken, Broken)
    assert "ended before it was done" in broken.why
    assert [each.name for each in tmp_path.iterdir()] == ["books"]


def test_what_it_cannot_do_it_says(tmp_path: Path) -> None:
    broken = outcome(Crew("sqlite:////nowhere/at/all.db").begin(ORDER, WANTED, tmp_path / "file"))

    assert isinstance(broken, Broken)
    assert "the database" in broken.why


def test_it_ends_when_whoever_began_it_is_gone(shelf: Shelf, tmp_path: Path) -> None:
    script = f"import time, {CHILD} as child; child.make = lambda *_: time.sleep(600); child.main()"
    work = msgspec.json.encode(Work(shelf.place.url(), str(tmp_path / "file"), ORDER, WANTED))
    with ending(
        subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    ) as process:
        assert process.stdin is not None
        process.stdin.write(work + b"\n")
        process.stdin.close()  # as the kernel does it for one that was killed

        assert process.wait(60) == 1
