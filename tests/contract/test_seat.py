"""One process runs monitoring; when it dies, however, another can take over at once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.children import ending
from tests.support.places import Place
from wabawatch.flows.leading import Leading
from wabawatch.monitoring_ports import Seat
from wabawatch.ports import MONITORING, RUNNING, STOPPED
from wabawatch.storage.seat import FileSeat, PostgresSeat

HOLDER = """
import sys, time
from pathlib import Path
from wabawatch.storage.database import Database
from wabawatch.storage.seat import FileSeat, PostgresSeat
kind, where = sys.argv[1:]
seat = PostgresSeat(Database(where)) if kind == "postgres" else FileSeat(Path(where))
print(seat.take(), flush=True)
time.sleep(600)
"""
PATIENCE_S = 30.0


class Chairs:
    """Seats of several processes on the same books."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.kind = place.kind
        self.where = place.url() if place.kind == "postgres" else str(folder / "monitor.lock")
        self.place = place
        self.taken: list[Seat] = []

    def another(self) -> Seat:
        postgres, path = self.kind == "postgres", Path(self.where)
        self.taken.append(PostgresSeat(self.place.database()) if postgres else FileSeat(path))
        return self.taken[-1]

    def close(self) -> None:
        for seat in self.taken:
            seat.leave()


@pytest.fixture
def chairs(shared_place: Place, tmp_path: Path) -> Iterator[Chairs]:
    chairs = Chairs(shared_place, tmp_path)
    yield chairs
    chairs.close()


def test_one_has_the_seat_and_keeps_it(chairs: Chairs) -> None:
    first, second = chairs.another(), chairs.another()

    assert first.take()
    assert first.take()
    assert not second.take()


def test_who_leaves_makes_room(chairs: Chairs) -> None:
    first, second = chairs.another(), chairs.another()
    first.take()
    first.leave()
    first.leave()

    assert second.take()
    assert not first.take()


def test_a_holder_that_is_killed_makes_room(chairs: Chairs) -> None:
    command = [sys.executable, "-c", HOLDER, chairs.kind, chairs.where]
    with ending(subprocess.Popen(command, stdout=subprocess.PIPE)) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        seat = chairs.another()
        assert not seat.take()

    deadline = time.monotonic() + PATIENCE_S
    while not (is_mine := seat.take()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_mine


def test_a_session_that_the_database_ended_is_no_seat_any_more(place: Place) -> None:
    if place.kind != "postgres":
        assert FileSeat(place.folder / "monitor.lock").take()  # nobody can end that one but its process
        return
    first, second = (PostgresSeat(place.database()) for _ in range(2))
    assert first.take()
    with place.database().outside() as connection:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        connection.exec_driver_sql(ended)

    assert second.take()
    assert not first.take()
    second.leave()


# ---------------------------------------------------------------- leading


class Marks:
    def __init__(self) -> None:
        self.wanted = RUNNING

    def mark(self, name: str) -> int:
        assert name == MONITORING
        return self.wanted


def test_monitoring_begins_and_rests_with_the_seat_and_with_what_is_wanted(tmp_path: Path) -> None:
    marks, said = Marks(), list[str]()
    other = FileSeat(tmp_path / "lock")
    leading = Leading(marks, FileSeat(tmp_path / "lock"), lambda: said.append("begin"), lambda: said.append("rest"))  # type: ignore[arg-type]
    other.take()
    leading.step()
    assert said == []

    other.leave()
    leading.step()
    leading.step()
    assert said == ["begin"]

    marks.wanted = STOPPED
    leading.step()
    assert said == ["begin", "rest"]
    assert other.take()

    marks.wanted = RUNNING
    leading.step()
    assert said == ["begin", "rest"]
    other.leave()
