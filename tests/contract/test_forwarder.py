"""The forwarder: what comes out of the inbox reaches its target, whatever happens in between."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.forwarding import BAD, CRM, GOOD, Rig, Shop, with_one_at_a_time
from tests.support.places import ON_EACH, Place
from wabawatch.domain.forwarding import KEEP_TRYING_MS, Held, Outcome
from wabawatch.domain.standing import HOUR_MS
from wabawatch.forwarder.forwarder import HOLD_MS
from wabawatch.ports import BodySource

pytestmark = ON_EACH

ONE = with_one_at_a_time(CRM)


@pytest.fixture
def rig(place: Place) -> Iterator[Rig]:
    found = Rig(place)
    found.register(CRM)
    yield found
    found.close()


def test_bodies_come_unchanged_and_in_the_order_of_arrival(rig: Rig) -> None:
    async def scene() -> None:
        shop = Shop()
        ids = rig.accept(b"a", b"b", b"c")
        await rig.settle(rig.forwarder(ONE, shop))

        assert shop.ids == ids
        assert [parcel.content for _, parcel in shop.got] == [b"a", b"b", b"c"]
        assert [parcel.signature[-1] for _, parcel in shop.got] == ["1", "2", "3"]

    asyncio.run(scene())


def test_what_was_delivered_leaves_no_row_and_is_not_sent_again(rig: Rig) -> None:
    async def scene() -> None:
        shop = Shop()
        ids = rig.accept(b"a", b"b")
        first = rig.forwarder(CRM, shop)
        await rig.settle(first)
        await first.finish(1)
        await rig.settle(rig.forwarder(CRM, shop))

        assert sorted(shop.ids) == ids
        assert rig.state().cursor >= ids[-1]
        assert (rig.state().retrying, rig.state().dead) == (0, 0)

    asyncio.run(scene())


@pytest.mark.parametrize("source", [BodySource.IMPORT, BodySource.SYNTHETIC, BodySource.REPLAY])
def test_only_live_bodies_are_forwarded(rig: Rig, source: BodySource) -> None:
    async def scene() -> None:
        shop = Shop()
        rig.accept(b"a", source=source)
        rig.accept(b"b")
        await rig.settle(rig.forwarder(CRM, shop))

        assert [parcel.content for _, parcel in shop.got] == [b"b"]

    asyncio.run(scene())


def test_a_new_target_begins_with_what_comes_from_now_on(rig: Rig) -> None:
    rig.accept(b"before")
    other = CRM.__class__("other", CRM.url, apps=CRM.apps)
    rig.register(CRM, other)

    async def scene() -> None:
        shop = Shop()
        rig.accept(b"after")
        await rig.settle(rig.forwarder(other, shop))

        assert [parcel.content for _, parcel in shop.got] == [b"after"]

    asyncio.run(scene())


def test_a_failed_attempt_is_made_again_with_growing_pauses(rig: Rig) -> None:
    async def scene() -> None:
        shop = Shop(BAD)
        forwarder = rig.forwarder(CRM, shop)
        rig.accept(b"a")
        await rig.settle(forwarder)
        assert rig.state().retrying == 1
        rig.pass_time(7_000)
        await rig.settle(forwarder)
        assert len(shop.got) == 2
        shop.answer = GOOD
        rig.pass_time(13_000)
        await rig.settle(forwarder)

        assert len(shop.got) == 3
        assert (rig.state().retrying, rig.state().dead, rig.state().trouble) == (0, 0, "")

    asyncio.run(scene())


def test_a_dead_target_is_left_alone_and_then_gets_everything_in_order(rig: Rig) -> None:
    async def scene() -> None:
        shop = Shop(BAD)
        forwarder = rig.forwarder(ONE, shop)
        rig.accept(*(b"%d" % n for n in range(20)))
        await rig.settle(forwarder)
        assert len(shop.got) == 5
        assert rig.state().open_since is not None
        assert rig.state().waiting >= 15

        shop.answer = GOOD
        rig.pass_time(2_000)
        await rig.settle(forwarder)
        rig.pass_time(HOUR_MS)
        await rig.settle(forwarder)

        assert [parcel.content for _, parcel in shop.got[5:20]] == [b"%d" % n for n in range(5, 20)]
        assert {parcel.content for _, parcel in shop.got[20:]} == {b"%d" % n for n in range(5)}
        assert (rig.state().retrying, rig.state().open_since) == (0, None)

    asyncio.run(scene())


def test_after_a_kill_what_was_under_way_is_sent_again_and_nothing_is_lost(rig: Rig) -> None:
    async def scene() -> None:
        shop, hung = Shop(), Shop()
        hung.gate.clear()
        ids = rig.accept(*(b"%d" % n for n in range(50)))
        killed = rig.forwarder(CRM, hung)
        await rig.play(killed, lambda: len(hung.got) == CRM.concurrency)
        # Never finished: as if the process were gone. Another takes over when it has not been heard of for a while.
        successor = rig.forwarder(CRM, shop)
        assert not await successor.step()
        rig.pass_time(HOLD_MS + 1)
        await rig.settle(successor)
        hung.gate.set()
        await asyncio.sleep(0)

        assert sorted(shop.ids) == ids

    asyncio.run(scene())


def test_a_process_whose_hold_ran_out_begins_nothing_that_its_successor_sends(rig: Rig) -> None:
    async def scene() -> None:
        hung, shop = Shop(), Shop()
        hung.gate.clear()
        ids = rig.accept(*(b"%d" % n for n in range(20)))
        stuck = rig.forwarder(ONE, hung)
        await rig.play(stuck, lambda: len(hung.got) == 1)
        # It takes no step for a while, as when the books do not answer it.
        rig.pass_time(HOLD_MS + 1)
        await rig.settle(rig.forwarder(ONE, shop))
        hung.gate.set()
        await rig.settle(stuck)

        assert (hung.ids, shop.ids) == (ids[:1], ids)

    asyncio.run(scene())


def test_a_hold_that_is_nearly_over_is_renewed_before_anything_begins(rig: Rig) -> None:
    async def scene() -> None:
        hung, shop = Shop(BAD), Shop()
        rig.accept(b"a")
        first, second = rig.forwarder(CRM, hung), rig.forwarder(CRM, shop)
        await rig.settle(first)
        rig.pass_time(HOLD_MS - 500)  # it is due again since some seconds
        hung.gate.clear()
        await rig.play(first, lambda: len(hung.got) == 2)
        rig.pass_time(1_000)
        await rig.settle(second)

        assert shop.got == []

    asyncio.run(scene())


def test_two_processes_share_a_target_and_each_body_is_sent_by_one_of_them(rig: Rig) -> None:
    async def scene() -> None:
        shop = Shop()
        one, two = rig.forwarder(CRM, shop), rig.forwarder(CRM, shop)
        ids: list[int] = []
        for n in range(12):
            ids += rig.accept(*(b"%d %d" % (n, each) for each in range(100)))
            await asyncio.gather(one.step(), two.step())
            # Now and then whoever holds the target is idle for so long that the other one takes it.
            if n % 4 == 3:
                await asyncio.gather(rig.settle(one), rig.settle(two))
                rig.pass_time(HOLD_MS + 1)
                one, two = two, one
        await rig.settle(one)
        await rig.settle(two)

        assert sorted(shop.ids) == ids

    asyncio.run(scene())


def test_a_stop_lets_attempts_end_and_sends_again_only_what_it_had_to_cut(rig: Rig) -> None:
    async def scene() -> None:
        shop, later = Shop(), Shop()
        shop.gate.clear()
        ids = rig.accept(*(b"%d" % n for n in range(30)))
        forwarder = rig.forwarder(CRM, shop)
        await rig.play(forwarder, lambda: len(shop.got) == CRM.concurrency)
        await forwarder.finish(0.01)
        await rig.settle(rig.forwarder(CRM, later))

        assert sorted(later.ids) == ids

    asyncio.run(scene())


def test_a_stop_waits_for_a_step_that_takes_the_target_and_lets_it_go(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on, claim = threading.Event(), threading.Event(), rig.store.claim

    def slow(*given: Any) -> Held | None:
        asked.set()
        go_on.wait(60)
        return claim(*given)

    async def scene() -> None:
        rig.accept(b"a")
        monkeypatch.setattr(rig.store, "claim", slow)
        forwarder = rig.forwarder(CRM, Shop())
        step = asyncio.create_task(forwarder.step())
        assert await asyncio.to_thread(asked.wait, 60)
        stop = asyncio.create_task(forwarder.finish(60))
        await asyncio.sleep(0)
        go_on.set()
        await stop

        assert step.done()
        now = rig.clock.now()
        assert claim(CRM.name, "another", now, now + HOLD_MS) is not None, "it is held by who has gone"

    asyncio.run(scene())


def test_a_slow_attempt_does_not_hold_up_the_cursor(rig: Rig) -> None:
    async def scene() -> None:
        shop = Shop()
        shop.gate.clear()
        ids = rig.accept(b"a")
        forwarder = rig.forwarder(CRM, shop)
        await rig.play(forwarder, lambda: len(shop.got) == 1)
        rig.pass_time(3_000)
        await rig.settle(forwarder)
        assert (rig.state().cursor, rig.state().retrying) == (ids[0], 1)
        shop.gate.set()
        await rig.settle(forwarder)

        assert (rig.state().retrying, len(shop.got)) == (0, 1)

    asyncio.run(scene())


def test_what_waits_for_a_target_that_is_down_for_a_week_becomes_dead_letters_untried(rig: Rig) -> None:
    async def scene() -> None:
        forwarder = rig.forwarder(CRM, Shop())
        rig.flow(CRM).pause("crm", True, "test")
        rig.accept(b"a", b"b")
        await rig.settle(forwarder)
        rig.pass_time(KEEP_TRYING_MS + 1)
        await rig.settle(forwarder)

        dead = rig.flow(CRM).undelivered("crm", is_dead=True)
        assert [each.outcome for each in dead] == [Outcome.HELD, Outcome.HELD]

    asyncio.run(scene())
