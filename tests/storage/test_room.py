"""On SQLite a message's row is as long from the start as it will be with all its stamps: full pages need no split."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection, select

from tests.contract.test_short_wamids import PHONE, wamid
from tests.support.books import Shelf
from tests.support.facts import ERRORS, recorded, told
from wabawatch.domain.facts import Fact, Person, SendOutcome, Status
from wabawatch.storage.schema import messages

PERSON = Person(phone=PHONE)
SECOND, HOUR = 1_000, 3_600_000


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.database.close()


def send(i: int, at: int = 0) -> Fact:
    one = wamid(PHONE, f"{i:018X}")
    return recorded(at, wamid=one, person=PERSON, type="text", outcome=SendOutcome.ACCEPTED)


def status(i: int, status: Status, at: int) -> Fact:
    errors = ERRORS[:1] if status is Status.FAILED else ()
    return told(status, at, wamid=wamid(PHONE, f"{i:018X}"), person=PERSON, errors=errors)


def length(connection: Connection) -> int:
    """The bytes of all rows of messages."""
    query = "SELECT SUM(payload) FROM dbstat WHERE name = 'messages'"
    return int(connection.exec_driver_sql(query).scalar() or 0)


def lengths(shelf: Shelf, *facts: Fact) -> list[int]:
    shelf.learn([send(0)])  # takes the number 1, which SQLite stores in no byte at all, for its profile
    found = []
    for fact in facts:
        shelf.learn([fact])
        with shelf.database.reading() as connection:
            found.append(length(connection))
    return found


def test_a_row_does_not_grow_with_its_stamps(shelf: Shelf) -> None:
    sent, delivered, read = (Status.SENT, Status.DELIVERED, Status.READ)

    found = lengths(
        shelf, send(1), status(1, sent, 2 * SECOND), status(1, delivered, HOUR), status(1, read, 100 * HOUR)
    )

    assert found == [found[0]] * 4


def test_a_row_does_not_grow_when_it_fails(shelf: Shelf) -> None:
    found = lengths(shelf, send(1), status(1, Status.SENT, 2 * SECOND), status(1, Status.FAILED, 5 * SECOND))

    assert max(found) == found[0]


def test_what_is_over_keeps_no_room(shelf: Shelf) -> None:
    shelf.learn([send(1), status(1, Status.READ, HOUR), send(2), status(2, Status.FAILED, HOUR)])

    with shelf.database.reading() as connection:
        assert set(connection.execute(select(messages.c.extra)).scalars()) == {None}


def test_pages_stay_nearly_full(shelf: Shelf) -> None:
    rng, many = Random(1), 4_000
    reads = [status(i, Status.READ, i * SECOND + rng.randrange(SECOND, 50 * HOUR)) for i in range(many)]
    for start in range(0, many, 500):
        some = range(start, start + 500)
        shelf.learn([send(i, i * SECOND) for i in some])
        shelf.learn([status(i, Status.SENT, (i + 2) * SECOND) for i in some])
        shelf.learn([status(i, Status.DELIVERED, i * SECOND + HOUR) for i in some])
    shelf.learn(rng.sample(reads, many // 2))

    with shelf.database.reading() as connection:
        query = "SELECT 1.0 * SUM(unused) / SUM(pgsize) FROM dbstat WHERE name = 'messages'"
        assert connection.exec_driver_sql(query).scalar_one() < 0.05
