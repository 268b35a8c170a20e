"""Everything that is sealed, sealed anew with another key: half-way, with a key lost, and while others write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, insert, select, update

from tests.support.access import NOW
from tests.support.books import HandClock
from tests.support.places import Place as Books
from wabawatch.ports import Body, BodyKind
from wabawatch.storage import inbox_reseal, paging
from wabawatch.storage.database import Database
from wabawatch.storage.resealing import ON_POSTGRES, PLACES, Place, Resealed, in_use, reseal
from wabawatch.storage.schema import metadata, raw_blocks
from wabawatch.storage.schema_access import api_answers
from wabawatch.storage.schema_forward import forward_bodies
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.sealed_data import holds_sealed
from wabawatch.storage.signing_keys import SigningKeys

BODIES = Place(forward_bodies.c.body, lambda id: b"forward_bodies:%d" % id)
OLD = Keyring.generate()
BOTH = OLD.with_new_key()


@pytest.fixture
def database(place: Books) -> Iterator[Database]:
    database = place.database()
    yield database
    database.close()


def _fill(database: Database, n: int, ring: Keyring = OLD, first: int = 1) -> None:
    rows = [{"body_id": id, "body": _sealed(ring, id)} for id in range(first, first + n)]
    with database.writing() as connection:
        connection.execute(insert(forward_bodies), rows)


def _sealed(ring: Keyring, id: int) -> bytes:
    return ring.seal(b"body %d" % id, context=b"forward_bodies:%d" % id)


def _opened(database: Database, ring: Keyring) -> dict[int, bytes]:
    with database.reading() as connection:
        rows = connection.execute(select(forward_bodies)).all()
    return {row.body_id: ring.open(bytes(row.body), context=b"forward_bodies:%d" % row.body_id) for row in rows}


def _reseal(database: Database, ring: Keyring = BOTH) -> Resealed:
    result = Resealed()
    reseal(database, ring, BODIES, result, lambda _: None)
    return result


def test_every_sealed_column_is_known() -> None:
    """A new one that is not in the list would lose its rows with the older key."""
    told = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and "seal" in (column.comment or "").lower()
    }

    assert told | {"raw_blocks.block"} == {place.name for place in PLACES}


def test_any_of_it_keeps_a_new_key_from_being_made_where_the_key_file_is_missing(
    database: Database, tmp_path: Path
) -> None:
    """And no block whose bodies are gone does."""
    block = {"first_id": 1, "last_id": 9, "n": 0, "oldest_at": 1, "newest_at": 1, "block": b""}
    with database.writing() as connection:
        connection.execute(insert(raw_blocks), [block])
    assert not holds_sealed(database, tmp_path / "no inbox")

    with database.writing() as connection:
        connection.execute(insert(api_answers), [{"key": b"k", "request": b"r", "at": 1, "content": b"sealed"}])
    assert holds_sealed(database, tmp_path / "no inbox")


def test_all_is_sealed_anew_and_the_older_key_opens_nothing_more(database: Database) -> None:
    _fill(database, 250)
    before = _opened(database, OLD)

    result = _reseal(database)

    assert (result.rows, result.unknown, result.damaged) == (250, {}, {})
    assert in_use(database, [BODIES]) == {BOTH.current: 250}
    assert _opened(database, BOTH.without(OLD.ids)) == before
    assert _reseal(database).rows == 0


def test_an_end_half_way_leaves_all_of_it_to_be_opened_and_a_later_run_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(database, 25)
    before = _opened(database, OLD)
    monkeypatch.setattr(paging, "ROWS", 10)

    def end(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reseal(database, BOTH, BODIES, Resealed(), end)

    assert in_use(database, [BODIES]) == {OLD.current: 15, BOTH.current: 10}
    assert _opened(database, BOTH) == before
    assert _reseal(database).rows == 15
    assert _opened(database, BOTH) == before


def test_what_is_sealed_with_a_lost_key_or_damaged_is_left_and_told(database: Database) -> None:
    lost = Keyring.generate()
    _fill(database, 2)
    _fill(database, 3, lost, first=3)
    with database.writing() as connection:
        moved = forward_bodies.c.body_id == 2
        connection.execute(update(forward_bodies).where(moved).values(body=_sealed(OLD, 1)))

    result = _reseal(database)

    assert (result.rows, result.unknown, result.damaged) == (1, {lost.current: 3}, {"forward_bodies.body": 1})
    assert _reseal(database, BOTH.with_keys_of(lost)).rows == 3, "the key was put back"


def test_a_value_written_meanwhile_is_left_alone(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(database, 2)
    written = _sealed(OLD, 2)
    ring_open = Keyring.open

    def open_and_write(ring: Keyring, sealed: bytes, *, context: bytes) -> bytes:
        if context.endswith(b":2"):
            with database.writing() as connection:
                mine = forward_bodies.c.body_id == 2
                connection.execute(update(forward_bodies).where(mine).values(body=written))
        return ring_open(ring, sealed, context=context)

    monkeypatch.setattr(Keyring, "open", open_and_write)
    _reseal(database)
    monkeypatch.undo()

    newest = select(forward_bodies.c.body).where(forward_bodies.c.body_id == 2)
    with database.reading() as connection:
        assert bytes(connection.execute(newest).scalar_one()) == written
    assert _reseal(database).rows == 1


def test_empty_values_and_none_are_passed_over(database: Database) -> None:
    place = {"first_id": 1, "last_id": 9, "n": 0, "oldest_at": 1, "newest_at": 1, "block": b""}
    with database.writing() as connection:
        connection.execute(insert(raw_blocks), [place])
    result = Resealed()

    for each in PLACES:
        reseal(database, BOTH, each, result, lambda _: None)

    assert result == Resealed()
    assert in_use(database, PLACES) == {}


def test_the_signing_key_stays_the_same_key(database: Database) -> None:
    clock = HandClock(NOW)
    before = SigningKeys(database, OLD, clock).public_keys() or [SigningKeys(database, OLD, clock)._made().public]

    for each in PLACES:
        reseal(database, BOTH, each, Resealed(), lambda _: None)

    assert SigningKeys(database, BOTH.without(OLD.ids), clock).public_keys() == before


def test_the_inbox_is_sealed_anew_while_it_is_read_and_written(place: Books, database: Database) -> None:
    inbox = place.inbox(database, OLD)
    bodies = [Body(BodyKind.WEBHOOK, number, b"%d" % number) for number in range(5)]
    for body in bodies:
        inbox.append_all([body])

    result, at = Resealed(), place.folder / "inbox.db"
    if place.kind == "postgres":
        reseal(database, BOTH, ON_POSTGRES, result, lambda _: None)
        used = in_use(database, [ON_POSTGRES])
    else:
        inbox_reseal.reseal(at, BOTH, result)
        used = inbox_reseal.in_use(at)

    assert (result.rows, used) == (5, {BOTH.current: 5})
    inbox.close()
    new = place.inbox(database, BOTH.without(OLD.ids))
    new.append_all([bodies[0]])
    assert [each.body.content for each in new.read(0, 10)] == [b"0", b"1", b"2", b"3", b"4", b"0"]
    new.close()
