"""The process that archives is killed at any moment while others write: each message stays in one place."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from tests.support.archives import KEEP_DAYS, LIVE_DAYS, Attic
from tests.support.books import Shelf
from tests.support.children import ending
from tests.support.facts import DAY, T0, recorded, told
from tests.support.places import Place
from tests.support.thorough import examples
from wabawatch.archives.crew import CHILD, Work
from wabawatch.domain.facts import Status

MESSAGES, KILLS = 2_500, examples(3)
PATIENCE_S = 120.0

pytestmark = pytest.mark.parametrize("shared_place", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def attic(shared_place: Place, tmp_path: Path) -> Attic:
    shelf = Shelf(shared_place)
    ids = [f"wamid.{i}" for i in range(MESSAGES)]
    shelf.learn([recorded(i * 1_000, wamid=id_, user_id=f"u{i % 50}") for i, id_ in enumerate(ids)])
    shelf.learn([told(Status.DELIVERED, i * 1_000 + 500, wamid=id_) for i, id_ in enumerate(ids)])
    attic = Attic(shelf, tmp_path / "archive", T0)
    attic.pass_days(100)
    return attic


@contextmanager
def begun(attic: Attic) -> Iterator[subprocess.Popen[bytes]]:
    """A process that archives, killed at the end."""
    work = Work(attic.shelf.place.url(), str(attic.store.path), LIVE_DAYS, KEEP_DAYS, attic.clock.now())
    command = [sys.executable, "-m", CHILD]
    with ending(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)) as child:
        assert child.stdin is not None
        child.stdin.write(msgspec.json.encode(work) + b"\n")
        child.stdin.flush()
        yield child


def far(attic: Attic) -> int:
    """How far it is: -1 nothing was begun, 0 a file, from then on how much was moved."""
    parts = attic.books.parts()
    if parts:
        return sum(part.moved for part in parts)
    return 0 if attic.store.path.is_dir() and any(attic.store.path.iterdir()) else -1


def wait_until(attic: Attic, child: subprocess.Popen[bytes], goal: int, others: list[int]) -> None:
    """Until it is so far or ended, while others write."""
    deadline = time.monotonic() + PATIENCE_S
    while far(attic) < goal and child.poll() is None:
        assert time.monotonic() < deadline, "it neither archives nor ends"
        n = len(others)
        others.append(n)
        attic.shelf.learn([recorded(99 * DAY + n * 1_000, wamid=f"wamid.new{n}", user_id="new")])


def test_whenever_it_is_killed_under_load_each_message_is_in_one_place(attic: Attic) -> None:
    chance, others = random.Random(7), list[int]()
    before = attic.shelf.picture()["messages"]
    goals = sorted(chance.randrange(0, MESSAGES) for _ in range(KILLS - 1))
    for goal in (0, *goals):
        with begun(attic) as child:
            wait_until(attic, child, goal, others)
        found = attic.everywhere()
        assert len(found) == len(set(found)) == MESSAGES + len(others)

    with begun(attic) as child:
        wait_until(attic, child, MESSAGES, others)
        assert child.stdout is not None
        assert child.stdout.readline() == b'{"trouble":""}\n'
    held = attic.held()
    assert len(held) == MESSAGES
    assert not attic.archiving.is_due()

    attic.archiving.restore(T0 // DAY, T0 // DAY + 1, 30, "test")
    with attic.shelf.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM messages").scalar_one() == MESSAGES + len(others)
    assert set(attic.shelf.picture()["messages"]) >= set(before)
