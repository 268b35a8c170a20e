"""The courier, against a receiver on this machine that may be ill."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from wabawatch.simulator.clock import LeapingClock, PacedClock
from wabawatch.simulator.deliver import Courier, pause_after
from wabawatch.simulator.steps import PostWebhook


@dataclass
class Receiver:
    """Answers with what *answer* says for the n-th request."""

    answer: Callable[[int], int] = lambda _: 200
    seen: list[tuple[str, bytes, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.seen.append((request.path, await request.read(), request.headers["X-Hub-Signature-256"]))
        return web.Response(status=self.answer(len(self.seen)))


async def listen(receiver: Receiver, port: int = 0) -> tuple[web.AppRunner, int]:
    app = web.Application()
    app.router.add_post("/hook/{app}", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner, runner.addresses[0][1]


def webhook(number: int, at: int = 0) -> PostWebhook:
    return PostWebhook(at, f"body {number}".encode(), f"sha256={number}", "main")


def bring(receiver: Receiver, webhooks: list[PostWebhook], concurrency: int = 1) -> Courier:
    async def scene() -> Courier:
        runner, port = await listen(receiver)
        courier = Courier(
            LeapingClock(0), lambda app: f"http://127.0.0.1:{port}/hook/{app}", concurrency=concurrency, least_pause_s=0
        )
        for one in webhooks:
            courier.put(one)
        courier.close()
        await courier.run()
        await runner.cleanup()
        return courier

    return asyncio.run(scene())


def test_bodies_are_brought_in_the_order_of_their_time() -> None:
    receiver = Receiver()

    courier = bring(receiver, [webhook(3, at=300), webhook(1, at=100), webhook(2, at=200)])

    assert [body for _, body, _ in receiver.seen] == [b"body 1", b"body 2", b"body 3"]
    assert courier.tally.delivered == courier.tally.attempts == 3


def test_path_and_signature_go_with_the_body() -> None:
    receiver = Receiver()

    bring(receiver, [webhook(7)])

    assert receiver.seen == [("/hook/main", b"body 7", "sha256=7")]


def test_a_body_is_brought_again_with_the_same_bytes_until_the_answer_is_200() -> None:
    receiver = Receiver(answer=lambda n: 503 if n < 4 else 200)

    courier = bring(receiver, [webhook(1)])

    assert receiver.seen == [("/hook/main", b"body 1", "sha256=1")] * 4
    assert (courier.tally.attempts, courier.tally.delivered, courier.backlog) == (4, 1, 0)


def test_any_answer_but_200_is_a_failure() -> None:
    receiver = Receiver(answer=lambda n: (204, 301, 500, 200)[min(n, 4) - 1])

    assert bring(receiver, [webhook(1)]).tally.attempts == 4


def test_one_refused_body_does_not_hold_up_the_others() -> None:
    receiver = Receiver(answer=lambda n: 503 if n == 1 else 200)

    bring(receiver, [webhook(1), webhook(2, at=1), webhook(3, at=2)])

    assert [body for _, body, _ in receiver.seen] == [b"body 1", b"body 2", b"body 3", b"body 1"]


def test_many_bodies_at_once_all_arrive() -> None:
    receiver = Receiver(answer=lambda n: 503 if n % 5 == 0 else 200)

    courier = bring(receiver, [webhook(number, at=number) for number in range(200)], concurrency=8)

    assert courier.tally.delivered == 200
    assert len({body for _, body, _ in receiver.seen}) == 200


def test_a_body_is_given_up_after_a_week() -> None:
    receiver = Receiver(answer=lambda _: 500)

    courier = bring(receiver, [webhook(1)])

    assert (courier.tally.lost, courier.tally.delivered) == (1, 0)
    assert 7 * 24 < courier.tally.attempts < 8 * 24


def test_pauses_grow_threefold_up_to_an_hour() -> None:
    assert [pause_after(attempts) for attempts in (1, 2, 3, 9)] == [5_000, 15_000, 45_000, 3_600_000]
    assert pause_after(10_000) == 3_600_000


def test_bodies_outlive_a_restart_of_the_receiver() -> None:
    async def scene() -> Receiver:
        first, second = Receiver(), Receiver()
        runner, port = await listen(first)
        await runner.cleanup()
        clock = PacedClock(0, speed=100_000.0)
        courier = Courier(clock, lambda app: f"http://127.0.0.1:{port}/hook/{app}", least_pause_s=0)
        for number in range(20):
            courier.put(webhook(number))
        courier.close()

        async def come_back() -> web.AppRunner:
            while courier.tally.attempts < 20:
                await asyncio.sleep(0.01)
            return (await listen(second, port))[0]

        runner, _ = await asyncio.gather(come_back(), courier.run())
        await runner.cleanup()
        return second

    assert len({body for _, body, _ in asyncio.run(scene()).seen}) == 20
