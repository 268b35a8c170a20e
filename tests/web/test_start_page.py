"""`/start`: the guide for the first run, and how its marks turn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.access import PASSWORD
from tests.support.books import HandClock
from tests.support.browser import Browser
from tests.support.console import ADMIN, Client, FakeAssets, client

from wabawatch.app import System
from wabawatch.domain.access import Right, Role
from wabawatch.domain.facts import Millis
from wabawatch.meta.signature import sign
from wabawatch.settings import load
from wabawatch.web.visitors import Visitor

NOW: Millis = 1_795_176_000_000
SECRET, TOKEN = "an app secret", "a <verify> token"
BODY = b'{"object":"whatsapp_business_account","entry":[]}'
VIEWER = Visitor("Vic", frozenset({Right.VIEW}), csrf="page-test-csrf", id=2)


class Scene:
    """An installation that is being set up."""

    def __init__(self, folder: Path, **told: str) -> None:
        usual = {"WABAWATCH_DATA_DIR": str(folder), "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_UPTIME": "false"}
        self.system = System(load(usual | told), HandClock(NOW))
        self.site = self.system.site(self.system.supervisor())

    def ask(self, visitor: Visitor = ADMIN) -> Client:
        return client(self.system, visitor)

    def states(self, query: str = "") -> list[str]:
        """How the steps stand, as the page shows them."""
        return re.findall(r'class="step-mark (\w+)"', self.ask().get(f"/start{query}").text)

    def verify(self, token: str = TOKEN, path: str = "/webhooks/whatsapp") -> httpx.Response:
        asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "42"}
        return self.ask().get(path, params=asked)

    def post(self, secret: str = SECRET, path: str = "/webhooks/whatsapp") -> httpx.Response:
        headers = {"x-hub-signature-256": sign(BODY, secret.encode())}
        return self.ask().request("POST", path, content=BODY, headers=headers)

    def settle(self) -> None:
        self.system.flush_answers()
        self.system.drain()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path, WABAWATCH_APP_SECRET=SECRET, WEBHOOK_VERIFY_TOKEN=TOKEN)
    yield scene
    scene.system.close()


def test_each_mark_turns_when_its_fact_is_true_and_not_before(scene: Scene) -> None:
    assert scene.states() == ["open", "done", "open", "open", "open"]
    scene.system.access.desk.add("ann", Role.ADMIN, "test")
    assert scene.states()[0] == "open"  # she has not set her password yet
    scene.system.access.desk.set_password("ann", PASSWORD, "test")
    assert scene.states() == ["done", "done", "open", "open", "open"]

    assert scene.verify("wrong").status_code == 403
    scene.settle()
    assert scene.states()[3] == "wrong"
    assert scene.verify().status_code == 200
    scene.settle()
    assert scene.states() == ["done", "done", "done", "done", "open"]

    assert scene.post("another secret").status_code == 401
    assert scene.states()[4] == "wrong"
    assert scene.post().status_code == 200
    scene.settle()
    assert scene.states() == ["done"] * 5
    assert "All five steps are done" in scene.ask().get("/start").text


def test_our_own_questions_count_as_nobodys(scene: Scene) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "wabawatch-1"}
    assert scene.ask().get("/webhooks/whatsapp", params=query).status_code == 200
    scene.settle()

    assert scene.states()[3] == "open"


def test_marks_are_sent_only_when_they_have_changed(scene: Scene) -> None:
    page = scene.ask().get("/start").text
    poll = re.findall(r'hx-get="(/parts/start\?[^"]+)"', page)[0].replace("&amp;", "&")
    assert scene.ask().get(poll).status_code == 204
    scene.verify()
    scene.settle()

    part = scene.ask().get(poll)

    assert part.status_code == 200
    assert part.text.count("hx-swap-oob") == 6
    assert poll not in part.text.replace("&amp;", "&")


def test_when_all_is_done_nothing_is_asked_any_more(scene: Scene) -> None:
    scene.system.access.desk.add("ann", Role.ADMIN, "test")
    scene.system.access.desk.set_password("ann", PASSWORD, "test")
    scene.post()
    scene.settle()

    assert "/parts/start" not in scene.ask().get("/start").text


def test_the_verify_token_is_shown_to_who_administers_and_noted(scene: Scene) -> None:
    scene.system.access.desk.add("ann", Role.ADMIN, "test")
    scene.system.access.desk.set_password("ann", PASSWORD, "test")
    scene.system.console.views.assets = FakeAssets()
    browser = Browser(scene.site)
    browser.sign_in("ann", PASSWORD)
    assert "a &lt;verify&gt; token" not in browser.get("/start").text

    shown = browser.submit("/start", "/start/verify-token", app="")

    assert shown.status_code == 200
    assert "a &lt;verify&gt; token" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    with scene.system.database.reading() as connection:
        trail = connection.exec_driver_sql("SELECT actor FROM audit_entries WHERE action = 'verify_token_shown'")
        assert trail.scalars().all() == ["user:1"]


def test_values_to_paste_are_those_of_this_installation(tmp_path: Path) -> None:
    address = "https://hooks.example.com/webhooks/whatsapp"
    scene = Scene(
        tmp_path, WABAWATCH_CALLBACK_URL=address, WABAWATCH_APPS_SHOP_APP_SECRET="s", WABAWATCH_APP_SECRET="t"
    )
    page, shop = scene.ask().get("/start").text, scene.ask().get("/start?app=shop").text

    assert f'<code id="copy-callback">{address}</code>' in page
    assert f'<code id="copy-callback">{address}/shop</code>' in shop
    assert "WABAWATCH_APPS_SHOP_APP_SECRET" in shop
    assert "messages,standby,message_template_status_update" in page
    made_up = re.findall(r"WEBHOOK_VERIFY_TOKEN=([\w-]+)", page)
    assert len(made_up[0]) == 43
    assert made_up != re.findall(r"WEBHOOK_VERIFY_TOKEN=([\w-]+)", scene.ask().get("/start").text)
    assert scene.ask().get("/start?app=nobody").status_code == 422
    scene.system.close()


def test_the_apps_of_one_installation_are_told_apart(tmp_path: Path) -> None:
    told = {"WABAWATCH_APPS_SHOP_APP_SECRET": "shop's", "WABAWATCH_APP_SECRET": SECRET, "WEBHOOK_VERIFY_TOKEN": TOKEN}
    scene = Scene(tmp_path, **told)
    scene.verify(path="/webhooks/whatsapp/shop")
    scene.post("shop's", "/webhooks/whatsapp/shop")
    scene.settle()

    assert scene.states()[3:] == ["open", "open"]
    assert scene.states("?app=shop")[3:] == ["done", "done"]
    scene.system.close()


def test_a_stranger_who_only_looks_is_not_offered_the_verify_token(scene: Scene) -> None:
    page = scene.ask(VIEWER).get("/start").text

    assert "/start/verify-token" not in page
    assert "an administrator can show it here" in page


def test_an_empty_overview_leads_to_it(scene: Scene) -> None:
    assert 'href="/start"' in scene.ask().get("/").text
