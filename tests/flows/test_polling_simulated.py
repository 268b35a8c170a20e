"""Polling of the simulated Meta, over HTTP: what is changed there by command is an event here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from tests.simulator.scenes import START, simulation
from tests.simulator.test_graph import CALM
from tests.support.books import Shelf
from wabawatch.access_tokens import AccessTokens
from wabawatch.cli.doctor import ask_meta
from wabawatch.domain.findings import Level
from wabawatch.domain.meta_look import MetaLook
from wabawatch.domain.platform import Kind, Subject, value
from wabawatch.domain.polls import Pace, progress
from wabawatch.domain.premises import BooksState
from wabawatch.flows.doctoring_meta import examine_meta
from wabawatch.flows.polling import Polling
from wabawatch.kinds import GraphUrl, Secret
from wabawatch.meta.graph import GraphClient
from wabawatch.ports import MONITORING, RUNNING
from wabawatch.probes.meta_look import look_at_meta
from wabawatch.settings import load
from wabawatch.simulator.clock import StoryClock
from wabawatch.simulator.graph import build_graph
from wabawatch.simulator.standing import APP_ID
from wabawatch.storage.platform import SqlPlatform
from wabawatch.storage.schema import events

TOKEN = "simulated-token"
MINUTE = 60_000


class Direct(httpx.BaseTransport):
    """Hands each request straight to an ASGI app."""

    def __init__(self, app: object) -> None:
        self._inner = httpx.ASGITransport(app)  # type: ignore[arg-type]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def answer() -> httpx.Response:
            found = await self._inner.handle_async_request(request)
            return httpx.Response(found.status_code, headers=found.headers, content=await found.aread())

        return asyncio.run(answer())


class Scene:
    """A simulated Meta, and an installation that asks it."""

    def __init__(self, folder: Path) -> None:
        self.made = simulation(messages=0, mix=CALM)
        self.clock = StoryClock(START)
        self.http = Direct(build_graph(self.made, self.clock, TOKEN))
        self.apps = {APP_ID: Secret(self.made.app_token)}
        self.graph = GraphClient(
            GraphUrl("http://meta.test", "v25.0"), AccessTokens(Secret(TOKEN)), self.apps, self.http
        )
        self.shelf = Shelf(folder)
        self.platform = SqlPlatform(self.shelf.database)
        self.polling = Polling(self.graph, self.platform, self.shelf.books, self.clock, (), self.apps)
        with self.shelf.books.writing() as ledger:
            ledger.set_mark(MONITORING, RUNNING)
        self.number = self.made.world.numbers[0].id
        self.waba = self.made.world.numbers[0].waba.id

    def command(self, name: str, **told: object) -> None:
        with httpx.Client(transport=self.http) as client:
            answer = client.post(f"http://meta.test/control/{name}", json=told)
        assert answer.status_code == 200, answer.text

    def run(self, minutes: int) -> None:
        for _ in range(minutes * 5):
            self.clock.turn_to(self.clock.now() + 12_000)
            self.polling.step()

    def changes(self, event: str) -> list[tuple[str, str]]:
        query = select(events.c.before, events.c.after).where(events.c.event == event, events.c.before != "")
        with self.shelf.database.reading() as connection:
            return [tuple(row) for row in connection.execute(query.order_by(events.c.at))]

    def troubles(self) -> dict[str, Level]:
        settings = load({"WHATSAPP_TOKEN": TOKEN, "WABAWATCH_APP_ID": APP_ID, "WABAWATCH_APP_SECRET": "x"})
        look = look_at_meta(self.graph, MetaLook(), (), self.apps, self.clock.now())
        return {f.check: f.level for f in examine_meta(settings, look, self.clock.now()) if f.level is not Level.OK}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.graph.close()
    scene.shelf.database.close()


def test_everything_there_is_becomes_known(scene: Scene) -> None:
    scene.run(20)

    states = scene.platform.states()
    assert {key.id for key in states if key.kind is Kind.NUMBER} == {each.id for each in scene.made.world.numbers}
    assert value(states[Subject(Kind.TOKEN, "")], "valid") == "true"
    assert "messages" in value(states[Subject(Kind.APP, APP_ID)], "fields")
    assert len(scene.platform.templates(scene.waba)) == len(scene.made.world.templates_of(scene.waba))
    assert not [poll.error for poll in scene.platform.board(0).polls if poll.error]


def test_what_no_webhook_tells_is_found(scene: Scene) -> None:
    scene.run(20)
    before = scene.platform.states()[Subject(Kind.NUMBER, scene.number)]["quality"].value
    scene.command("number", number=scene.number, quality="RED")
    scene.run(20)

    assert scene.changes("quality") == [(before, "RED")]


def test_a_revoked_token_stops_polling_until_it_works_again(scene: Scene) -> None:
    scene.run(20)
    scene.command("token", revoked=True)
    scene.run(20)
    assert scene.platform.board(0).is_token_bad

    scene.command("token", revoked=False)
    scene.run(20)
    assert scene.changes("TOKEN_VALID") == [("true", "false"), ("false", "true")]


def test_usage_near_the_limit_stops_polling_of_that_account(scene: Scene) -> None:
    scene.command("usage", waba=scene.waba, percent=96)
    scene.run(20)

    board = scene.platform.board(0)
    found = progress(board.polls, board.usages, scene.clock.now())
    assert found.pace is Pace.STOPPED
    assert scene.waba in found.detail


def calls_an_hour(scene: Scene, waba: str = "") -> int:
    """How many calls Meta counted in the hour before, to one account or in all."""
    usage = scene.made.standing.usage
    allowance = usage.of(waba) if waba else usage.app
    return sum(at > scene.clock.now() - 60 * MINUTE for at in allowance.calls)


def test_from_80_percent_of_an_account_on_it_is_asked_a_quarter_as_often(scene: Scene) -> None:
    scene.run(75)
    usual = calls_an_hour(scene, scene.waba)
    scene.command("usage", waba=scene.waba, percent=85)
    scene.run(120)

    assert calls_an_hour(scene, scene.waba) == pytest.approx(usual / 4, abs=2)
    board = scene.platform.board(0)
    assert progress(board.polls, board.usages, scene.clock.now()).pace is Pace.SLOW


def test_from_80_percent_of_the_app_on_at_most_a_quarter_of_the_pace_is_used(scene: Scene) -> None:
    scene.command("usage", app=85)
    scene.run(70)

    assert calls_an_hour(scene) <= 300 / 4


def test_meta_that_throttles_is_left_alone_until_it_said_and_then_asked_again(scene: Scene) -> None:
    scene.run(20)
    scene.command("usage", waba=scene.waba, percent=100)
    scene.run(60)
    refused = calls_an_hour(scene, scene.waba)
    scene.command("usage", waba=scene.waba, percent=0)
    scene.run(65)

    assert refused == 1
    board = scene.platform.board(0)
    assert progress(board.polls, board.usages, scene.clock.now()).pace is Pace.NORMAL
    assert calls_an_hour(scene, scene.waba) > 2


def test_an_app_at_95_percent_asks_once_in_ten_minutes_and_says_so(scene: Scene) -> None:
    scene.command("usage", app=96)
    scene.run(70)

    assert calls_an_hour(scene) <= 6
    board = scene.platform.board(0)
    found = progress(board.polls, board.usages, scene.clock.now())
    assert (found.pace, "the app" in found.detail) == (Pace.STOPPED, True)


def test_all_is_well_by_default(scene: Scene) -> None:
    assert {each for each in scene.troubles() if each not in ("callback URL", "numbers")} == set()


COMMANDS = {
    "token revoked": ("token", {"revoked": True}, {"token": Level.FAILED}),
    "token ends": ("token", {"expires_in_s": 864_000}, {"token": Level.WARNING}),
    "fields missing": ("subscription", {"fields": ["messages"]}, {"webhook fields": Level.WARNING}),
    "messages missing": ("subscription", {"fields": ["standby"]}, {"webhook fields": Level.FAILED}),
    "old payload": ("subscription", {"version": "v19.0"}, {"payload version": Level.WARNING}),
    "not subscribed": ("subscription", {"waba": True, "subscribed": False}, {"subscribed apps": Level.FAILED}),
    "override": ("subscription", {"number": True, "override": "https://x.example/hook"}, {"override": Level.WARNING}),
    "number red": ("number", {"number": True, "quality": "RED"}, {"numbers": Level.WARNING}),
    "account disabled": ("waba", {"waba": True, "status": "DISABLED"}, {"accounts": Level.FAILED}),
    "blocked": ("health", {"id": "waba", "can_send_message": "BLOCKED"}, {"health": Level.FAILED}),
}


@pytest.mark.parametrize(("name", "told", "expected"), COMMANDS.values(), ids=COMMANDS.keys())
def test_doctor_finds_what_was_commanded(
    scene: Scene, name: str, told: dict[str, object], expected: dict[str, Level]
) -> None:
    stand_for = {"waba": scene.waba, "number": scene.number, "id": scene.waba}
    before = scene.troubles()
    scene.command(
        name,
        **{key: stand_for[key] if said in (True, "waba") and key in stand_for else said for key, said in told.items()},
    )

    after = scene.troubles()

    assert expected.items() <= after.items()
    assert after != before


def test_doctor_without_a_token_asks_nobody(tmp_path: Path) -> None:
    known = MetaLook(has_asked=False)
    assert ask_meta(load({}), BooksState("x", exists=False, meta=known), START) is known
