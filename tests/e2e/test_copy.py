"""`wabawatch copy`: an installation goes on in another database as if nothing had been."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support.books import HandClock
from tests.support.command import run
from tests.support.places import Place, place_of
from tests.support.system import bodies_of

from wabawatch.app import System
from wabawatch.flows.rebuilding import differences
from wabawatch.meta.countries import country_of
from wabawatch.settings import load
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.storage.recounting import recounting
from wabawatch.wire import status_json

T0 = 1_795_000_000_000 - 1_795_000_000_000 % 60_000
HOUR = 3_600_000


@contextmanager
def opened(folder: Path, url: str) -> Iterator[System]:
    settings = load({"WABAWATCH_DATA_DIR": str(folder / "data"), "DATABASE_URL": url})
    with closing(System(settings, HandClock(T0 + 10 * HOUR))) as system:
        yield system


def figures(system: System) -> Any:
    return msgspec.to_builtins(status_json(system.status.status(0)))


def copied(folder: Path, source: str, target: str, *more: str) -> Any:
    done = run(folder, "copy", "--from", source, "--to", target, "--json", *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    old, new = (place_of(kind, tmp_path / kind) for kind in request.param)
    yield old, new
    old.close()
    new.close()


@pytest.mark.parametrize("places", [("sqlite", "postgres"), ("postgres", "sqlite")], indirect=True)
def test_all_of_it_is_there_afterwards_and_goes_on(tmp_path: Path, places: tuple[Place, Place]) -> None:
    """Half of the bodies are digested before the copy, the others after it, in both places."""
    bodies = bodies_of(Simulation(7, 300, T0, 80 * 60_000, Mix.nasty()))
    source, target = places[0].url(), places[1].url()
    with opened(tmp_path, source) as old:
        old.inbox.append_all(bodies[: len(bodies) // 2])
        old.drain()
        old.inbox.append_all(bodies[len(bodies) // 2 :])

    told = copied(tmp_path, source, target)

    assert told["ok"]
    assert {row["table"]: row["copied"] for row in told["tables"]}["inbox"] == len(bodies) - len(bodies) // 2
    with opened(tmp_path, source) as old, opened(tmp_path, target) as new:
        before = figures(old)
        assert figures(new) == before
        for system in (old, new):
            system.drain()
        assert figures(new) == figures(old) != before
        with recounting(new.database, country_of) as books:
            assert differences(books, lambda done, total: None) == {}
        assert list(new.raw.read_range(0, T0 * 2)), "raw bodies can be opened with the keys that were copied"


@pytest.mark.parametrize("places", [("sqlite", "postgres")], indirect=True)
def test_a_database_that_is_in_use_is_left_as_it_is(tmp_path: Path, places: tuple[Place, Place]) -> None:
    source, target = places[0].url(), places[1].url()
    bodies = bodies_of(Simulation(7, 20, T0, 80 * 60_000, Mix.plain()))
    for url in (source, target):
        with opened(tmp_path, url) as system:
            system.inbox.append_all(bodies)
            system.drain()
    with opened(tmp_path, target) as system:
        before = figures(system)

    done = run(tmp_path, "copy", "--from", source, "--to", target)

    assert done.returncode == 1
    assert "the new database is not empty" in done.stderr
    with opened(tmp_path, target) as system:
        assert figures(system) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "sqlite:///a.db", "--from", "sqlite:///a.db"], "name the same database"),
        (["--to", "mysql://there"], "it begins with none of"),
        ([], "--to"),
    ],
)
def test_wrong_arguments_are_told(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = run(tmp_path, "copy", *arguments)

    assert done.returncode != 0
    assert said in " ".join(done.stderr.split())
