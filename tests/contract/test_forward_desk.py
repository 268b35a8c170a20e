"""What a target has not taken: kept as long as needed, paused, skipped, dropped and sent again by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.forwarding import BAD, CRM, GOOD, NOW, Rig, Shop, refuse, with_one_at_a_time
from tests.support.places import ON_EACH, Place
from wabawatch.domain.errors import NotFound
from wabawatch.domain.forwarding import KEEP_DEAD_MS, KEEP_TRYING_MS, Case, Letters, Outcome, Progress
from wabawatch.domain.standing import DAY_MS, HOUR_MS
from wabawatch.flows.forwarding import Pick
from wabawatch.ports import Body, BodyKind, Deed, Window
from wabawatch.storage.database import Database
from wabawatch.storage.forward_desk import AT_ONCE, ForwardDesk

pytestmark = ON_EACH

ONE = with_one_at_a_time(CRM)


@pytest.fixture
def rig(place: Place) -> Iterator[Rig]:
    found = Rig(place)
    found.register(CRM)
    yield found
    found.close()


def test_after_seven_days_it_is_a_dead_letter_that_can_be_sent_again(rig: Rig) -> None:
    async def scene() -> None:
        shop = Shop(BAD)
        forwarder = rig.forwarder(CRM, shop)
        ids = rig.accept(b"a")
        await rig.settle(forwarder)
        for _ in range(8 * 6):
            rig.pass_time(4 * HOUR_MS)
            await rig.settle(forwarder)
        flow = rig.flow(CRM)
        assert [each.body_id for each in flow.undelivered("crm", is_dead=True)] == ids
        shop.answer = GOOD

        would = flow.replay("crm", Pick(), "test", dry_run=True)
        assert (rig.state().dead, [each.body_id for each in would.bodies]) == (1, ids)
        assert flow.replay("crm", Pick(), "test") == would
        await rig.settle(forwarder)

        assert (rig.state().dead, rig.state().retrying) == (0, 0)

    asyncio.run(scene())


def test_a_paused_target_gets_nothing_until_it_is_resumed(rig: Rig) -> None:
    async def scene() -> None:
        shop, flow = Shop(), rig.flow(CRM)
        forwarder = rig.forwarder(CRM, shop)
        flow.pause("crm", True, "test")
        ids = rig.accept(b"a")
        await rig.settle(forwarder)
        assert not shop.got
        flow.pause("crm", False, "test")
        await rig.settle(forwarder)

        assert shop.ids == ids

    asyncio.run(scene())


def test_what_is_skipped_by_hand_is_never_sent(rig: Rig) -> None:
    async def scene() -> None:
        shop, flow = Shop(), rig.flow(CRM)
        forwarder = rig.forwarder(CRM, shop)
        flow.pause("crm", True, "test")
        rig.accept(b"a", b"b")
        await rig.settle(forwarder)
        flow.skip_waiting("crm", "test")
        await rig.settle(forwarder)
        flow.pause("crm", False, "test")
        rig.accept(b"c")
        await rig.settle(forwarder)

        assert [parcel.content for _, parcel in shop.got] == [b"c"]

    asyncio.run(scene())


def test_what_is_dropped_while_it_is_tried_again_does_not_come_back(rig: Rig) -> None:
    async def scene() -> None:
        shop, flow = Shop(BAD), rig.flow(CRM)
        forwarder = rig.forwarder(CRM, shop)
        rig.accept(b"a")
        await rig.settle(forwarder)
        rig.pass_time(7_000)
        shop.gate.clear()
        await rig.play(forwarder, lambda: len(shop.got) == 2)
        assert flow.drop("crm", None, "test", is_dead=False) == 1
        shop.gate.set()
        await rig.settle(forwarder)
        rig.pass_time(HOUR_MS)
        await rig.settle(forwarder)

        assert (len(shop.got), rig.state().retrying, rig.state().dead) == (2, 0, 0)

    asyncio.run(scene())


def test_what_is_dropped_while_its_target_is_left_alone_is_not_sent_any_more(rig: Rig) -> None:
    async def scene() -> None:
        shop, flow = Shop(BAD), rig.flow(ONE)
        forwarder = rig.forwarder(ONE, shop)
        rig.accept(*(b"%d" % n for n in range(4)))
        await rig.settle(forwarder)
        rig.pass_time(7_000)
        await rig.settle(forwarder)  # the first of them fails again: that is one too many in a row
        assert rig.state().open_since is not None
        assert flow.drop("crm", None, "test", is_dead=False) == 4
        shop.answer, before = GOOD, len(shop.got)
        rig.pass_time(HOUR_MS)
        await rig.settle(forwarder)

        assert (len(shop.got), rig.state().retrying) == (before, 0)

    asyncio.run(scene())


def test_undelivered_bodies_outlive_their_own_retention_and_delivered_ones_do_not(rig: Rig) -> None:
    async def scene() -> None:
        shop = Shop(BAD)
        forwarder = rig.forwarder(ONE, shop)
        ids = rig.accept(b"a", b"b")
        await rig.settle(forwarder)
        while rig.raw.pack(rig.inbox, ids[-1], rig.clock.now() + DAY_MS):
            pass
        rig.raw.purge(rig.bodies.release(ids[-1]))
        assert not rig.raw.find_all(ids)
        shop.answer = GOOD
        rig.pass_time(HOUR_MS)
        await rig.settle(forwarder)
        assert {parcel.content for _, parcel in shop.got[2:]} == {b"a", b"b"}

        while rig.store.drop_old(rig.clock.now()):
            pass
        assert not rig.bodies.fetch(ids)

    asyncio.run(scene())


def test_what_a_target_was_not_tried_with_yet_is_not_purged(rig: Rig) -> None:
    ids = rig.accept(b"a")
    while rig.raw.pack(rig.inbox, ids[-1], rig.clock.now() + DAY_MS):
        pass

    rig.raw.purge(rig.bodies.release(ids[-1]))

    async def scene() -> None:
        shop = Shop()
        await rig.settle(rig.forwarder(CRM, shop))
        assert shop.ids == ids

    asyncio.run(scene())


def test_dead_letters_go_after_thirty_days(rig: Rig) -> None:
    async def scene() -> None:
        forwarder = rig.forwarder(CRM, Shop())
        rig.flow(CRM).pause("crm", True, "test")
        rig.accept(b"a")
        rig.pass_time(KEEP_TRYING_MS + 1)
        await rig.settle(forwarder)
        rig.store.drop_old(rig.clock.now() + KEEP_DEAD_MS - 1)
        assert rig.state().dead == 1
        rig.store.drop_old(rig.clock.now() + KEEP_DEAD_MS + 1)

        assert rig.state().dead == 0

    asyncio.run(scene())


def test_a_delivered_body_can_be_sent_again_by_hand(rig: Rig) -> None:
    async def scene() -> None:
        shop = Shop()
        forwarder = rig.forwarder(CRM, shop)
        ids = rig.accept(b"a", b"b")
        await rig.settle(forwarder)
        flow = rig.flow(CRM)
        would = flow.replay("crm", Pick(from_at=0, only_dead=False), "test", dry_run=True)
        assert [each.was for each in would.bodies] == ["", ""]
        flow.replay("crm", Pick(body_id=ids[1], only_dead=False), "test")
        await rig.settle(forwarder)

        assert shop.ids == [*ids, ids[1]]

    asyncio.run(scene())


def test_more_than_go_at_once_are_sent_the_oldest_first_and_the_rest_is_not_hidden(rig: Rig) -> None:
    async def scene() -> None:
        shop = Shop()
        forwarder = rig.forwarder(CRM, shop)
        ids = rig.accept(b"a", b"b", b"c")
        await rig.settle(forwarder)
        flow = rig.flow(CRM)

        first = flow.replay("crm", Pick(from_at=0, only_dead=False, limit=2), "test")
        whole = flow.replay("crm", Pick(from_at=0, only_dead=False, limit=3), "test", dry_run=True)
        await rig.settle(forwarder)

        assert ([each.body_id for each in first.bodies], first.is_cut) == (ids[:2], True)
        assert (len(whole.bodies), whole.is_cut) == (3, False)
        assert shop.ids == [*ids, *ids[:2]]

    asyncio.run(scene())


def test_no_transaction_of_the_desk_grows_with_the_bodies(rig: Rig) -> None:
    desk = ForwardDesk(rig.database, rig.bodies)
    many = [(id_, NOW) for id_ in range(1, 2 * AT_ONCE + 2)]
    with counted_writes(rig.database) as writes:
        desk.resend("crm", many, NOW, Deed("test", "forward_replayed", "crm"))
        assert (len(writes), rig.state().retrying) == (3, len(many))
        n = desk.drop("crm", None, is_dead=False, now=NOW, done=Deed("test", "forward_dropped", "crm"))

    assert (n, len(writes), rig.state().retrying) == (len(many), 6, 0)


def test_what_waits_is_counted_in_webhooks_and_not_in_what_else_was_logged(rig: Rig) -> None:
    rig.accept(b"a")
    asyncio.run(rig.inbox.append(Body(BodyKind.RECORD, NOW, b"{}")))
    rig.accept(b"b")

    assert rig.state().waiting == 2


def test_letters_are_listed_by_outcome_and_time_page_by_page(rig: Rig) -> None:
    for n, at in ((1, NOW), (2, NOW + 1), (3, NOW + 2)):
        refuse(rig.store, "crm", n, at)
    refuse(rig.store, "crm", 4, NOW, NOW + HOUR_MS)
    desk = ForwardDesk(rig.database, rig.bodies)

    def found(wanted: Letters, after: int = 0, limit: int = 10) -> tuple[list[int], int]:
        letters, n = desk.letters("crm", wanted, after, limit)
        return [each.body_id for each in letters], n

    assert found(Letters()) == ([1, 2, 3], 3)
    assert found(Letters(), 1, 1) == ([2], 3)
    assert found(Letters(is_dead=False)) == ([4], 1)
    assert found(Letters(outcome=Outcome.REFUSED)) == ([1, 2, 3], 3)
    assert found(Letters(outcome=Outcome.TIMED_OUT)) == ([], 0)
    assert found(Letters(from_at=NOW + 1, to_at=NOW + 2)) == ([2], 1)


def test_how_much_of_a_replay_is_left_is_known_by_its_time(rig: Rig) -> None:
    async def scene() -> None:
        shop, flow = Shop(BAD), rig.flow(CRM)
        ids = rig.accept(b"a", b"b")
        for id_ in ids:
            refuse(rig.store, "crm", id_, NOW)
        flow.replay("crm", Pick(ids=frozenset(ids)), "test", at=NOW + 5)
        assert flow.left_of("crm", NOW + 5) == (2, 0)
        rig.pass_time(HOUR_MS)
        forwarder = rig.forwarder(CRM, shop)
        await rig.settle(forwarder)
        assert flow.left_of("crm", NOW + 5) == (2, 2)
        shop.answer = GOOD
        rig.pass_time(HOUR_MS)
        await rig.settle(forwarder)
        assert flow.left_of("crm", NOW + 5) == (0, 0)

    asyncio.run(scene())


def test_only_the_letters_that_are_picked_are_sent_again_or_given_up(rig: Rig) -> None:
    flow = rig.flow(CRM)
    ids = rig.accept(b"a", b"b", b"c")
    for id_ in ids:
        refuse(rig.store, "crm", id_, NOW)

    would = flow.replay("crm", Pick(ids=frozenset(ids[:1])), "test", dry_run=True)
    none = flow.replay("crm", Pick(outcome=Outcome.TIMED_OUT), "test", dry_run=True)

    assert [each.body_id for each in would.bodies] == ids[:1]
    assert not none.bodies
    assert [each.body_id for each in flow.dead("crm", Pick(ids=frozenset(ids[1:])))] == ids[1:]
    assert flow.drop("crm", ids[1:], "test", reason="by hand") == 2
    with rig.database.reading() as connection:
        kept = connection.exec_driver_sql("SELECT detail FROM audit_entries").scalar_one()
    assert kept == '{"reason":"by hand"}'


def test_a_preview_is_what_the_courier_posts(rig: Rig) -> None:
    (id_,) = rig.accept(b"a")

    found = rig.flow(CRM).preview("crm", id_)

    assert (found.parcel.content, found.was) == (b"a", None)
    assert found.headers["X-Wabawatch-Body"] == str(id_)
    assert found.headers["X-Hub-Signature-256"] == found.parcel.signature
    with pytest.raises(NotFound):
        rig.flow(CRM).preview("crm", 10**9)


def test_attempts_and_answer_times_are_told_by_target(rig: Rig) -> None:
    assert rig.store.claim("crm", "a test", NOW, NOW + 1) is not None
    attempts = {(NOW, GOOD[0]): 3, (NOW, BAD[0]): 1}
    cases = [Case(n, NOW, b"%010d" % n, 50) for n in range(1, 4)]
    assert rig.store.keep("crm", "a test", Progress(3, 3, cases=cases, attempts=attempts), NOW)

    tallies = ForwardDesk(rig.database, rig.bodies).tallies(Window(NOW - HOUR_MS, NOW + HOUR_MS))

    assert tallies["crm"].attempts == {Outcome.DELIVERED: 3, Outcome.FAILED: 1}
    assert tallies["crm"].answer_ms == {50: 3}


@contextmanager
def counted_writes(database: Database) -> Iterator[list[None]]:
    """How often *database* is written to meanwhile."""
    begun: list[None] = []
    writing = database.writing

    def counting() -> Any:
        begun.append(None)
        return writing()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "writing", counting)
        yield begun
