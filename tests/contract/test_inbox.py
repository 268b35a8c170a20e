"""The inbox, wherever it is kept: what it acknowledged it has, in order, under numbers that never repeat."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.places import Place
from wabawatch.domain.errors import SealBroken, StoreUnavailable
from wabawatch.ports import Body, BodyId, BodyKind, BodySource, Inbox, StoredBody
from wabawatch.storage.blocks import BLOCK_BODIES
from wabawatch.storage.inbox import DurableInbox
from wabawatch.storage.sealed import Keyring

RING = Keyring.generate()


@pytest.fixture
def inbox(place: Place) -> Iterator[DurableInbox]:
    inbox = opened(place)
    yield inbox
    inbox.close()


def opened(place: Place, ring: Keyring = RING, above: BodyId = 0) -> DurableInbox:
    return place.inbox(place.database(), ring, above=above)


def _body(number: int, padding: int = 0) -> Body:
    return Body(BodyKind.WEBHOOK, 1_000 + number, b"%d" % number + random.Random(number).randbytes(padding))


def _bodies(count: int, padding: int = 0) -> list[Body]:
    return [_body(number, padding) for number in range(count)]


def _contents(stored: list[StoredBody]) -> list[int]:
    return [int(each.body.content) for each in stored]


def numbers_of(first: BodyId, *sizes: int) -> list[BodyId]:
    """The numbers of the bodies in blocks of *sizes*, the first of which is *first*."""
    return [first + block * BLOCK_BODIES + index for block, size in enumerate(sizes) for index in range(size)]


def test_it_is_an_inbox(inbox: DurableInbox) -> None:
    port: Inbox = inbox

    assert port.newest() == 0
    assert port.waiting(0) == 0
    assert port.oldest_waiting_at(0) is None
    assert port.read(0, 10) == []
    assert port.find(1024) is None


def test_a_body_comes_back_as_it_was(inbox: DurableInbox) -> None:
    body = Body(BodyKind.RECORD, 7, b"\x00\xff", app="shop", source=BodySource.IMPORT, signature="sha256=00")

    number = asyncio.run(inbox.append(body))

    assert inbox.read(0, 10) == [StoredBody(number, body)]
    assert inbox.find(number) == body
    assert inbox.find(number + 1) is None


def test_bodies_that_wait_together_share_commits_and_each_gets_its_own_number(inbox: DurableInbox) -> None:
    async def append_together() -> list[int]:
        return await asyncio.gather(*(inbox.append(body) for body in _bodies(3_000)))

    numbers = asyncio.run(append_together())

    assert [inbox.find(number) for number in numbers[::500]] == _bodies(3_000)[::500]
    assert _contents(inbox.read(0, 5_000)) == list(range(3_000))
    assert numbers == sorted(set(numbers))
    assert len({number // BLOCK_BODIES for number in numbers}) < 1_000


def test_many_threads_may_append_and_read_at_once(inbox: DurableInbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda number: inbox.append_all([_body(number)])[0], range(200)))
        found = list(pool.map(inbox.find, numbers))

    assert found == _bodies(200)
    assert len(set(numbers)) == 200


def test_a_long_list_is_one_commit_of_several_blocks(inbox: DurableInbox) -> None:
    numbers = inbox.append_all(_bodies(2_500))

    assert numbers == numbers_of(numbers[0], 1024, 1024, 452)
    assert inbox.newest() == numbers[-1]
    assert inbox.append_all([]) == []


def test_large_bodies_close_a_block_early(inbox: DurableInbox) -> None:
    numbers = inbox.append_all(_bodies(5, padding=3 << 20))

    assert numbers == numbers_of(numbers[0], 2, 2, 1)
    assert [each.id for each in inbox.read(0, 5)] == numbers[:2]
    assert [each.id for each in inbox.read(numbers[1], 5)] == numbers[2:4]


@pytest.fixture(scope="module")
def three_blocks(lasting_place: Place) -> Iterator[tuple[DurableInbox, list[BodyId]]]:
    """Blocks of 3, 1 and 5 bodies, and their numbers; nothing is changed in it."""
    inbox = opened(lasting_place)
    yield inbox, [number for count in (3, 1, 5) for number in inbox.append_all(_bodies(count))]
    inbox.close()


@given(st.integers(-1_100, 5_000), st.integers(1, 12))
def test_reading_from_anywhere_gives_what_is_above_in_order(
    three_blocks: tuple[DurableInbox, list[BodyId]], place: int, limit: int
) -> None:
    inbox, numbers = three_blocks
    after = numbers[0] + place
    above = [number for number in numbers if number > after]

    assert [each.id for each in inbox.read(after, limit)] == above[:limit]
    assert inbox.waiting(after) == len(above)
    assert (inbox.oldest_waiting_at(after) is None) == (not above)
    assert (inbox.find(after) is None) == (after not in numbers)


def test_the_age_of_the_backlog_is_that_of_the_next_body(inbox: DurableInbox) -> None:
    first, second = (inbox.append_all([_body(number)])[0] for number in (5, 9))

    assert inbox.oldest_waiting_at(0) == 1_005
    assert inbox.oldest_waiting_at(first) == 1_009
    assert inbox.oldest_waiting_at(second) is None


def test_forgetting_deletes_whole_commits_and_leaves_the_rest_readable(inbox: DurableInbox) -> None:
    numbers = [number for count in (3, 1, 5) for number in inbox.append_all(_bodies(count))]

    inbox.forget(numbers[6])
    inbox.forget(numbers[6])

    assert [each.id for each in inbox.read(0, 10)] == numbers[4:]
    assert inbox.waiting(0) == 5
    assert inbox.waiting(numbers[6]) == 2
    assert inbox.newest() == numbers[-1]


def test_numbers_never_repeat_after_all_is_forgotten(place: Place, inbox: DurableInbox) -> None:
    newest = inbox.append_all(_bodies(3))[-1]
    inbox.forget(newest)
    assert inbox.newest() == newest
    inbox.close()

    again = opened(place)

    assert again.newest() == newest
    assert again.append_all([_body(0)])[0] > newest
    assert again.waiting(newest) == 1
    again.close()


def test_forgetting_many_blocks_goes_on_until_all_are_gone(inbox: DurableInbox) -> None:
    for number in range(150):
        inbox.append_all([_body(number)])
    inbox.append_all(_bodies(3, padding=3 << 20))

    inbox.forget(inbox.newest())

    assert inbox.read(0, 1) == []
    assert inbox.waiting(0) == 0


def test_a_new_one_in_place_of_a_lost_one_goes_on_above_the_old_numbers(place: Place) -> None:
    inbox = opened(place, above=1 << 60)

    assert inbox.newest() == 1 << 60
    assert inbox.waiting(1 << 60) == 0
    assert inbox.append_all([_body(1)])[0] > 1 << 60
    inbox.close()


def test_what_was_kept_is_there_after_a_restart_and_needs_the_key(place: Place, inbox: DurableInbox) -> None:
    (number,) = inbox.append_all([_body(1)])
    inbox.close()

    again, stranger = opened(place), opened(place, Keyring.generate())

    assert again.find(number) == _body(1)
    with pytest.raises(SealBroken):
        stranger.read(0, 1)
    again.close()
    stranger.close()


def test_closing_keeps_what_is_queued_and_then_refuses(inbox: DurableInbox) -> None:
    async def append_and_close() -> list[int]:
        waiting = [asyncio.ensure_future(inbox.append(body)) for body in _bodies(100)]
        await asyncio.sleep(0)
        await asyncio.to_thread(inbox.close)
        return await asyncio.gather(*waiting)

    assert len(asyncio.run(append_and_close())) == 100
    inbox.close()
    for refused in (lambda: inbox.append_all([_body(1)]), inbox.newest, lambda: inbox.forget(5_000)):
        with pytest.raises(StoreUnavailable):
            refused()
    with pytest.raises(StoreUnavailable):
        asyncio.run(inbox.append(_body(1)))


def test_one_who_stops_waiting_does_not_disturb_the_others(inbox: DurableInbox) -> None:
    async def cancel_every_other() -> list[int | BaseException]:
        tasks = [asyncio.ensure_future(inbox.append(body)) for body in _bodies(100)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = asyncio.run(cancel_every_other())

    assert all(isinstance(outcome, int) for outcome in outcomes[1::2])
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes[::2])
