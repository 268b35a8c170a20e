"""Every test here runs on SQLite in memory, on SQLite on disk and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.access import NOW, Porch
from tests.support.books import HandClock, Shelf
from tests.support.places import KINDS, Place, place_of
from wabawatch.storage.dialect import renumber
from wabawatch.storage.schema_access import users


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where a test keeps its books; nothing is in it."""
    found = place_of(request.param, tmp_path)
    yield found
    found.close()


@pytest.fixture(params=[kind for kind in KINDS if kind != "memory"])
def shared_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """As `place`, for tests with several processes: only those databases that have more than one."""
    found = place_of(request.param, tmp_path)
    yield found
    found.close()


@pytest.fixture(scope="module", params=KINDS)
def lasting_place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """As `place`, for all tests of a file."""
    found = place_of(request.param, tmp_path_factory.mktemp("books"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def lasting_shelf(lasting_place: Place) -> Iterator[Shelf]:
    """Books for all tests of a file: each empties them first."""
    shelf = Shelf(lasting_place)
    yield shelf
    shelf.database.close()


@pytest.fixture
def porch(lasting_shelf: Shelf) -> Porch:
    """Where people sign in; nobody is known."""
    lasting_shelf.clear()
    with lasting_shelf.database.writing() as connection:
        renumber(connection, users)  # the first is number 1
    return Porch(lasting_shelf.database, HandClock(NOW))
