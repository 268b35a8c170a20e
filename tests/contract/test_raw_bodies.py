"""Raw bodies: from the inbox into blocks without loss or repetition, found again, and gone when their time is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.support.places import Place
from wabawatch.domain.errors import SealBroken
from wabawatch.ports import Body, BodyId, BodyKind, BodySource, Inbox, StoredBody
from wabawatch.storage.database import Database
from wabawatch.storage.raw_bodies import TEN_MINUTES_MS, RawBodies
from wabawatch.storage.schema import raw_blocks
from wabawatch.storage.sealed import Keyring

RING = Keyring.generate()
NOW = 1_000_000
LATER = NOW + TEN_MINUTES_MS + 1_000
"""When every body of these tests has waited long enough."""
FULL = 10
"""Bodies of a full block in these tests."""


@dataclass
class Shelf:
    """An inbox beside the blocks, and all that was ever appended."""

    inbox: Inbox
    raw: RawBodies
    database: Database
    appended: list[StoredBody]

    def append(self, *counts: int) -> BodyId:
        """Append so many bodies in each commit, received one after the other from NOW on; return the newest number."""
        for count in counts:
            first = len(self.appended)
            bodies = [_body(number) for number in range(first, first + count)]
            self.appended += map(StoredBody, self.inbox.append_all(bodies), bodies)
        return self.appended[-1].id

    def pack_all(self, up_to: BodyId, now: int = NOW) -> None:
        while self.raw.pack(self.inbox, up_to, now):
            pass

    def kept(self) -> list[StoredBody]:
        """All bodies, wherever they are; one that is in both places is here twice."""
        newest = self.raw.newest()
        return [*self.raw.read_range(0, 2 * NOW), *self.inbox.read(newest, 10_000)]

    def sizes(self) -> list[int]:
        with self.database.reading() as connection:
            return list(connection.execute(select(raw_blocks.c.n).order_by(raw_blocks.c.first_id)).scalars())


def _body(number: int) -> Body:
    source = BodySource.IMPORT if number % 2 else BodySource.LIVE
    return Body(BodyKind.WEBHOOK, NOW + number, b'{"n":%d}' % number, app="shop", source=source, signature="x")


@pytest.fixture
def shelf(place: Place) -> Iterator[Shelf]:
    database = place.database()
    inbox = place.inbox(database, RING)
    yield Shelf(inbox, RawBodies(database, RING, block_bodies=FULL), database, [])
    inbox.close()
    database.close()


def test_digested_bodies_move_into_full_blocks(shelf: Shelf) -> None:
    newest = shelf.append(7, 7, 7)

    shelf.pack_all(newest)

    assert shelf.sizes() == [FULL, FULL]
    assert shelf.kept() == shelf.appended
    assert shelf.inbox.waiting(0) == 7  # the commit that holds the last one


def test_what_is_not_digested_stays_in_the_inbox(shelf: Shelf) -> None:
    shelf.append(7, 7, 7)
    digested = shelf.appended[11].id

    shelf.pack_all(digested)
    shelf.pack_all(digested, LATER)

    assert shelf.sizes() == [FULL, 2]
    assert shelf.raw.newest() == digested
    assert shelf.kept() == shelf.appended


def test_a_block_that_is_not_full_waits_for_its_time(shelf: Shelf) -> None:
    newest = shelf.append(3)

    assert not shelf.raw.pack(shelf.inbox, newest, NOW + TEN_MINUTES_MS - 1)
    assert shelf.sizes() == []

    shelf.pack_all(newest, NOW + TEN_MINUTES_MS)
    assert shelf.sizes() == [3]
    assert shelf.inbox.waiting(0) == 0


def test_packing_says_whether_more_is_to_do(shelf: Shelf) -> None:
    newest = shelf.append(25)

    assert [shelf.raw.pack(shelf.inbox, newest, LATER) for _ in range(4)] == [True, True, False, False]
    assert shelf.sizes() == [FULL, FULL, 5]


def test_an_empty_inbox_gives_nothing_to_pack(shelf: Shelf) -> None:
    assert not shelf.raw.pack(shelf.inbox, 0, LATER)
    assert shelf.raw.newest() == 0


class Crashed(Exception):
    """The process ended here."""


class Wrapped:
    """Hands everything on to a real inbox."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inbox, name)


class CrashingInbox(Wrapped):
    """An inbox whose process dies at the second order to forget: after the block was written."""

    orders = 0

    def forget(self, up_to: BodyId) -> None:
        self.orders += 1
        if self.orders == 2:
            raise Crashed
        self._inbox.forget(up_to)


def test_a_crash_between_block_and_forgetting_loses_nothing_and_keeps_nothing_twice(shelf: Shelf) -> None:
    newest = shelf.append(FULL, 3)
    dying = CrashingInbox(shelf.inbox)

    with pytest.raises(Crashed):
        shelf.raw.pack(dying, newest, LATER)
    assert shelf.inbox.waiting(0) == FULL + 3
    shelf.pack_all(newest, LATER)

    assert shelf.sizes() == [FULL, 3]
    assert shelf.kept() == shelf.appended
    assert shelf.inbox.waiting(0) == 0


def test_what_a_crash_left_in_the_inbox_goes_though_nothing_new_comes(shelf: Shelf) -> None:
    newest = shelf.append(FULL)
    dying = CrashingInbox(shelf.inbox)
    with pytest.raises(Crashed):
        shelf.raw.pack(dying, newest, LATER)

    assert not shelf.raw.pack(shelf.inbox, newest, LATER)

    assert shelf.inbox.waiting(0) == 0


class OvertakenInbox(Wrapped):
    """An inbox during whose reading another process packs the same bodies."""

    other: Shelf

    def read(self, after: BodyId, limit: int) -> list[StoredBody]:
        stored = self._inbox.read(after, limit)
        self.other.raw.pack(self.other.inbox, stored[-1].id, LATER)
        return stored


def test_of_two_processes_that_pack_the_same_bodies_one_does_nothing(shelf: Shelf) -> None:
    newest = shelf.append(7)
    slower = OvertakenInbox(shelf.inbox)
    slower.other = shelf

    assert not shelf.raw.pack(slower, newest, LATER)

    assert shelf.sizes() == [7]
    assert shelf.kept() == shelf.appended


def test_a_packed_body_is_found_by_its_number(shelf: Shelf) -> None:
    newest = shelf.append(7, 7, 7)
    shelf.pack_all(newest, LATER)

    assert [shelf.raw.find(each.id) for each in shelf.appended] == [each.body for each in shelf.appended]
    assert [shelf.raw.find(number) for number in (0, 1031, newest + 1)] == [None, None, None]


def test_replay_reads_what_was_received_in_a_range_of_time(shelf: Shelf) -> None:
    shelf.pack_all(shelf.append(25), LATER)

    assert list(shelf.raw.read_range(NOW + 5, NOW + 21)) == shelf.appended[5:21]
    assert list(shelf.raw.read_range(0, NOW)) == []
    assert list(shelf.raw.read_range(NOW + 25, LATER)) == []


def test_blocks_wholly_numbered_up_to_the_limit_are_purged(shelf: Shelf) -> None:
    shelf.pack_all(shelf.append(25), LATER)

    last = shelf.appended[15].id
    assert shelf.raw.purge(last) == FULL
    assert shelf.raw.purge(last) == 0

    assert list(shelf.raw.read_range(0, LATER)) == shelf.appended[10:]
    assert shelf.raw.find(shelf.appended[0].id) is None


def test_purging_everything_does_not_forget_up_to_where_bodies_were_packed(shelf: Shelf) -> None:
    shelf.append(15)
    packed = shelf.appended[11].id
    shelf.pack_all(packed, LATER)

    assert shelf.raw.purge(packed) == 12
    assert shelf.raw.purge(packed) == 0
    assert shelf.raw.newest() == packed
    assert shelf.raw.find(packed) is None
    shelf.pack_all(shelf.appended[-1].id, LATER)

    assert list(shelf.raw.read_range(0, LATER)) == shelf.appended[12:]


def test_purging_goes_in_steps(shelf: Shelf) -> None:
    newest = shelf.append(600)
    shelf.pack_all(newest, LATER)

    assert [shelf.raw.purge(newest) for _ in range(3)] == [500, 100, 0]


def test_a_block_moved_to_another_row_does_not_open(shelf: Shelf) -> None:
    shelf.pack_all(shelf.append(20), LATER)
    first, second = shelf.appended[0].id, shelf.appended[10].id
    with shelf.database.writing() as connection:
        block = connection.execute(select(raw_blocks.c.block).where(raw_blocks.c.first_id == first)).scalar_one()
        connection.execute(update(raw_blocks).where(raw_blocks.c.first_id == second).values(block=block))

    with pytest.raises(SealBroken):
        shelf.raw.find(second)
