"""The clerk, against an API on this machine that may refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from wabawatch.simulator.clerk import Clerk
from wabawatch.simulator.steps import LogSend, LogStatus


@dataclass
class Api:
    """Answers with what *answer* says for the n-th request."""

    answer: Callable[[int], int] = lambda _: 202
    seen: list[tuple[str, str, Any]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.seen.append((request.raw_path, request.headers["Authorization"], await request.json()))
        return web.Response(status=self.answer(len(self.seen)), text="said")


def write_down(api: Api, *records: LogSend | LogStatus, is_there: bool = True) -> Clerk:
    async def scene() -> Clerk:
        app = web.Application()
        app.router.add_post("/api/v1/{rest:.*}", api.take)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        if not is_there:
            await runner.cleanup()
        clerk = Clerk(url, "token", concurrency=2)
        for one in records:
            clerk.put(one)
        clerk.close()
        await clerk.run()
        await runner.cleanup()
        return clerk

    return asyncio.run(scene())


def test_sends_and_statuses_go_to_their_places_with_the_token() -> None:
    api = Api()

    clerk = write_down(api, LogSend(0, {"to": 1}), LogStatus(0, "a/b", {"status": "sent"}))

    assert sorted(api.seen, key=lambda call: call[0]) == [
        ("/api/v1/messages", "Bearer token", {"to": 1}),
        ("/api/v1/messages/a%2Fb/status", "Bearer token", {"status": "sent"}),
    ]
    assert (clerk.backlog, clerk.refusals.count) == (0, 0)


def test_a_refused_record_is_counted_and_not_repeated() -> None:
    api = Api(answer=lambda _: 400)

    clerk = write_down(api, LogSend(0, {}))

    assert (len(api.seen), clerk.refusals.count, clerk.refusals.last) == (1, 1, "400 said")


def test_a_record_that_could_not_be_kept_is_brought_again() -> None:
    api = Api(answer=lambda n: 503 if n == 1 else 202)

    clerk = write_down(api, LogSend(0, {}))

    assert (len(api.seen), clerk.refusals.count) == (2, 0)


def test_records_that_nobody_answers_are_counted_in_the_end() -> None:
    clerk = write_down(Api(), LogSend(0, {}), LogSend(0, {}), is_there=False)

    assert (clerk.backlog, clerk.refusals.count) == (0, 2)
    assert clerk.refusals.last.startswith("no answer")
