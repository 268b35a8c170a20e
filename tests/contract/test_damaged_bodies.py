"""Bodies whose bytes or keys are lost: they are parked and told, and hold up nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from tests.support.digesting import NOW, POISON, attempted, body, counted, digest_of, failing, run, understand
from tests.support.facts import HOUR, MINUTE
from tests.support.places import Place
from tests.support.system import Bench
from wabawatch.domain.errors import SealBroken
from wabawatch.flows import digest as flow
from wabawatch.flows.digest import Digest
from wabawatch.ports import DIGESTED
from wabawatch.storage import schema
from wabawatch.storage.bodies import decode_block
from wabawatch.storage.body_log import PARKED
from wabawatch.storage.raw_bodies import RawBodies
from wabawatch.storage.sealed import Keyring


@pytest.fixture
def bench(place: Place) -> Iterator[Bench]:
    bench = Bench(place, NOW)
    yield bench
    bench.close()


# ---------------------------------------------------------------- data that cannot be opened


def accept_three_blocks(bench: Bench) -> None:
    for contents in (b"a", b"bcd", b"e"):
        bench.accept([body(bytes([each])) for each in contents])


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_damaged_bodies_are_parked_and_hold_up_no_others(bench: Bench, nth: int) -> None:
    accept_three_blocks(bench)
    bench.shelf.place.damage_block(bench.shelf.database, nth)

    run(digest_of(bench))

    lost = (1, 3, 1)[nth]
    assert counted(bench) == (5, 5 - lost, 0, lost, 0)
    assert attempted(bench) == 5 - lost


def test_of_a_block_that_is_damaged_half_way_the_rest_is_parked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "ENOUGH_FACTS", 1)
    bench.accept([body(b"a"), body(b"b"), body(b"c")])
    digest = digest_of(bench)
    digest.step()
    bench.shelf.place.damage_block(bench.shelf.database, 0)
    assert counted(bench) == (3, 1, 2, 0, 0)

    run(digest)

    assert counted(bench) == (3, 1, 0, 2, 0)


def test_the_bytes_of_damaged_bodies_are_kept_and_it_is_told_where(bench: Bench) -> None:
    bench.accept([body(b"a"), body(b"b")])
    block = bench.shelf.place.damage_block(bench.shelf.database, 0)

    run(digest_of(bench))

    with bench.shelf.database.reading() as connection:
        first, second = connection.execute(select(schema.parked)).all()
    (kept,) = decode_block(first.body, bench.shelf.keyring, context=PARKED)
    assert kept.content == block
    assert first.error == second.error
    assert first.error.endswith(f"Its sealed bytes are kept with body {first.body_id}.")


def test_damaged_bodies_do_not_stop_the_packing_of_others(bench: Bench) -> None:
    accept_three_blocks(bench)
    bench.shelf.place.damage_block(bench.shelf.database, 1)
    digest = digest_of(bench)
    run(digest)
    raw = RawBodies(bench.shelf.database, bench.shelf.keyring)

    while raw.pack(bench.inbox, digest.books.mark(DIGESTED), NOW):
        pass

    assert [each.body.content for each in raw.read_range(0, NOW)] == [b"a", b"e"]
    assert bench.inbox.waiting(0) == 0


def test_without_its_key_nothing_is_parked_and_with_it_all_is_digested(bench: Bench) -> None:
    accept_three_blocks(bench)
    keyless = bench.shelf.place.inbox(bench.shelf.database, Keyring.generate())
    digest = digest_of(bench)

    with pytest.raises(SealBroken, match="not in the key file"):
        Digest(keyless, digest.books, understand, bench.clock).step()
    keyless.close()
    assert counted(bench) == (5, 0, 5, 0, 0)

    run(digest)
    assert counted(bench) == (5, 5, 0, 0, 0)


def two_failing(bench: Bench) -> int:
    """Two bodies that are to be tried again, one of them from an hour before; gives the number of that one."""
    bench.accept([body(POISON), body(b"a")])
    run(digest_of(bench, lambda _: [][0]))
    with bench.shelf.database.writing() as connection:
        first = int(connection.execute(select(schema.parked.c.body_id)).scalars().first() or 0)
        connection.execute(update(schema.parked).where(schema.parked.c.body_id == first).values(next_try_at=NOW - HOUR))
    bench.clock.turn_to(NOW + MINUTE)
    return first


def test_a_damaged_body_that_waits_is_given_up_and_the_others_are_tried(bench: Bench) -> None:
    first = two_failing(bench)
    with bench.shelf.database.writing() as connection:
        mine = schema.parked.c.body_id == first
        block = connection.execute(select(schema.parked.c.body).where(mine)).scalar_one()
        connection.execute(update(schema.parked).where(mine).values(body=block[:-1] + bytes([block[-1] ^ 1])))

    run(digest_of(bench))

    assert counted(bench) == (2, 1, 0, 1, 0)
    assert failing(bench).error.startswith("SealDamaged: ")


def test_a_body_whose_key_is_missing_waits_and_the_others_are_tried(bench: Bench) -> None:
    first = two_failing(bench)
    with bench.shelf.database.writing() as connection:
        mine = schema.parked.c.body_id == first
        foreign = Keyring.generate().seal(b"", context=PARKED)
        connection.execute(update(schema.parked).where(mine).values(body=foreign))

    run(digest_of(bench))

    assert counted(bench) == (2, 1, 1, 0, 0)
    assert failing(bench).next_try_at > bench.clock.now()
