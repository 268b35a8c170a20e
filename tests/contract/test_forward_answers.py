"""How forwarded bodies were answered: each distinct one is one case."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tests.support.forwarding import BAD, CRM, GOOD, Rig, Shop, with_one_at_a_time
from tests.support.places import Place
from wabawatch.domain.forwarding import Target
from wabawatch.domain.histograms import above
from wabawatch.domain.standing import DAY_MS, HOUR_MS
from wabawatch.forwarder.means import Answer
from wabawatch.ports import Window
from wabawatch.storage.figures import SqlFigures

ONE = with_one_at_a_time(CRM)


@pytest.fixture
def rig(place: Place) -> Iterator[Rig]:
    found = Rig(place)
    found.register(CRM)
    yield found
    found.close()


def test_a_repeated_body_counts_once_and_one_that_was_refused_counts_as_unanswered(rig: Rig) -> None:
    async def scene() -> None:
        shop = Shop()
        forwarder = rig.forwarder(ONE, shop)
        rig.accept(b"a", b"b", b"a")
        await rig.settle(forwarder)
        shop.answer = BAD
        rig.accept(b"c")
        await rig.settle(forwarder)
        await forwarder.finish(1)

        assert cases(rig) == (2, 1)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("answers", "counted"), [((GOOD, GOOD), (1, 0)), ((GOOD, BAD), (0, 1)), ((BAD, GOOD), (0, 1)), ((BAD, BAD), (0, 1))]
)
def test_a_body_that_two_targets_get_is_one_case(rig: Rig, answers: Sequence[Answer], counted: tuple[int, int]) -> None:
    other = replace(CRM, name="other")
    rig.register(CRM, other)

    async def scene() -> None:
        rig.accept(b"a")
        for target, answer in zip((CRM, other), answers, strict=True):
            forwarder = rig.forwarder(target, Shop(answer))
            await rig.settle(forwarder)
            await forwarder.finish(1)

        assert cases(rig) == counted

    asyncio.run(scene())


def test_of_what_several_targets_answer_the_latest_counts_and_what_only_one_gets_counts_alone(rig: Rig) -> None:
    client = Target("client", "http://client.example/hook", numbers=frozenset({"11"}), secret=b"x")
    rig.register(CRM, client)

    async def scene() -> None:
        slow = Shop()
        slow.gate.clear()
        second = rig.forwarder(client, slow)
        rig.accept(of_number("11"), of_number("22"))
        await rig.play(second, lambda: len(slow.got) == 1)
        first = rig.forwarder(CRM, Shop())
        await rig.settle(first)
        assert cases(rig) == (2, 0)
        rig.timer += 3
        slow.gate.set()
        await rig.settle(second)

        answers, _ = figures(rig).application_answers(Window(None, None))
        assert (sum(answers.values()), above(answers, 2_900)) == (2, 1)

    asyncio.run(scene())


def test_answers_that_are_judged_by_all_targets_are_dropped_after_a_day(rig: Rig) -> None:
    other = replace(CRM, name="other")
    rig.register(CRM, other)

    async def scene() -> None:
        rig.accept(b"a")
        await rig.settle(rig.forwarder(CRM, Shop()))
        rig.pass_time(DAY_MS + 1)
        assert rig.store.drop_old(rig.clock.now()) == 0  # the other one is still to be judged by it
        await rig.settle(rig.forwarder(other, Shop()))
        assert cases(rig) == (1, 0)

        assert (rig.store.drop_old(rig.clock.now()), rig.store.drop_old(rig.clock.now())) == (1, 0)

    asyncio.run(scene())


def test_what_waits_for_a_target_that_is_down_counts_as_unanswered_once(rig: Rig) -> None:
    async def scene() -> None:
        shop = Shop(BAD)
        forwarder = rig.forwarder(ONE, shop)
        rig.accept(*(b"%d" % n for n in range(8)))
        await rig.settle(forwarder)
        rig.pass_time(1_000)
        rig.clock.turn_to(rig.clock.now() + 20_000)
        shop.gate.clear()  # the probe hangs
        await rig.settle(forwarder)
        shop.answer = GOOD
        shop.gate.set()
        rig.pass_time(HOUR_MS)
        await rig.settle(forwarder)
        rig.pass_time(HOUR_MS)
        await rig.settle(forwarder)
        await forwarder.finish(1)

        assert cases(rig) == (0, 8)

    asyncio.run(scene())


def figures(rig: Rig) -> SqlFigures:
    return SqlFigures(rig.database, rig.inbox, rig.clock)


def cases(rig: Rig) -> tuple[int, int]:
    """How many distinct bodies the application answered, and how many it did not."""
    answers, unanswered = figures(rig).application_answers(Window(None, None))
    return sum(answers.values()), unanswered


def of_number(number: str) -> bytes:
    return b'{"entry":[{"id":"1","changes":[{"value":{"metadata":{"phone_number_id":"%b"}}}]}]}' % number.encode()
