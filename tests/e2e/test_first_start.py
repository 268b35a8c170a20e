"""The console of a real server, from the first start on: its link, signing in, codes, revocation, restarts."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from assets.build import BUILT, build
from pyotp import TOTP
from tests.support.access import OTHER, PASSWORD
from tests.support.browser import Browser
from tests.support.command import run
from tests.support.server import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    if not (BUILT / "manifest.json").is_file():
        build()
    server = Server(tmp_path).start()
    yield server
    server.close()


def links_in(log: str) -> list[str]:
    """The paths of the links that a server has printed in all its lives."""
    return [urlsplit(link).path for link in re.findall(r"http://\S+/setup/\S+", log)]


def admin_of(server: Server) -> Browser:
    """The browser of the first admin, who has just been made."""
    browser = Browser(url=server.url)
    made = browser.submit(links_in(server.log)[-1], name="ann", password=PASSWORD, again=PASSWORD)
    assert made.status_code == 303
    return browser


def test_each_start_prints_a_link_until_there_is_a_user_and_only_the_newest_opens(server: Server) -> None:
    server.terminate()
    server.start()
    old, new = links_in(server.log)
    assert Browser(url=server.url).get(old).status_code == 410

    ann = admin_of(server)
    server.kill()
    server.start()

    assert len(links_in(server.log)) == 2
    assert Browser(url=server.url).get(new).status_code == 410
    assert ann.may_look(), "a session outlives a crash of the server"


def test_people_sign_in_and_what_goes_wrong_stops_them(server: Server) -> None:
    admin_of(server)
    browser = Browser(url=server.url)
    assert browser.get("/").headers["location"] == "/login"
    forged = browser.post("/login", {"name": "ann", "password": PASSWORD})
    assert (forged.status_code, browser.may_look()) == (403, False)

    assert browser.sign_in("ann", PASSWORD, "/login?next=//evil.example").headers["location"] == "/"
    assert browser.get("/").status_code == 200
    assert browser.post("/logout", headers={"origin": "https://evil.example"}).status_code == 403
    assert browser.may_look()

    for _ in range(5):
        assert Browser(url=server.url).sign_in("ann", OTHER).status_code == 401
    locked = Browser(url=server.url).sign_in("ann", PASSWORD)
    assert (locked.status_code, locked.headers["retry-after"]) == (429, "60")
    run(server.folder, "users", "unlock", "ann")
    assert Browser(url=server.url).sign_in("ann", PASSWORD).status_code == 303


def test_a_second_factor_is_asked_after_a_restart_and_can_be_reset(server: Server) -> None:
    ann = admin_of(server)
    ann.submit("/account", "/account/totp", current=PASSWORD)
    seed = re.findall(r"<code>([A-Z2-7]{32})</code>", ann.get("/account").text)[0]
    ann.submit("/account", "/account/totp/confirm", code=TOTP(seed).at(int(time.time())))
    server.terminate()
    server.start()

    again = Browser(url=server.url)
    assert again.sign_in("ann", PASSWORD).headers["location"].startswith("/login/code")
    assert not again.may_look()
    # The code of now was used when it was set up; the next one is taken, too.
    assert again.submit("/login/code", code=TOTP(seed).at(int(time.time()) + 30)).status_code == 303
    assert again.may_look()
    run(server.folder, "users", "reset-totp", "ann")

    assert not again.may_look()
    assert Browser(url=server.url).sign_in("ann", PASSWORD).headers["location"] == "/"


def test_a_session_is_ended_and_a_user_disabled_by_command_while_the_server_runs(server: Server) -> None:
    ann = admin_of(server)
    link = json.loads(run(server.folder, "users", "add", "ben", "--role", "viewer", "--json").stdout)["link"]
    ben = Browser(url=server.url)
    ben.submit(urlsplit(link).path, password=OTHER, again=OTHER)
    number = json.loads(run(server.folder, "users", "sessions", "ben", "--json").stdout)[0]["number"]

    run(server.folder, "users", "revoke", "ben", str(number))
    assert (ann.may_look(), ben.may_look()) == (True, False)
    ben.sign_in("ben", OTHER)
    assert ben.may_look()
    run(server.folder, "users", "disable", "ben")

    assert not ben.may_look()
    assert Browser(url=server.url).sign_in("ben", OTHER).status_code == 401
