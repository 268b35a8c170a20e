"""`/runbooks/NAME`: every link of a notice to what to do leads to its page."""

from __future__ import annotations

from pathlib import Path

from tests.support.asgi import Request, ask

from wabawatch.app import System
from wabawatch.notifiers.runbooks import Shelf, names
from wabawatch.settings import load


def test_every_link_of_a_notice_leads_to_its_runbook(tmp_path: Path) -> None:
    system = System(load({"WABAWATCH_DATA_DIR": str(tmp_path), "WABAWATCH_FREE_SPACE_RESERVE": "0"}))
    site = system.site(system.supervisor())
    shelf = Shelf("https://watch.example.com")

    for name in names():
        answer = ask(site, Request("GET", shelf.url(name).removeprefix("https://watch.example.com")))
        assert answer.status == 200
        assert f"# {name.upper()}: ".encode() in answer.body
    assert ask(site, Request("GET", "/runbooks/README")).status == 404
    system.close()
