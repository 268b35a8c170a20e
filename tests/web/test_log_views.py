"""Saved views of the log page: what they keep, what they never keep, and who may share them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from tests.support.console import ADMIN, SECRET, client, system_in

from wabawatch.app import System
from wabawatch.domain.access import Right
from wabawatch.web.pages.desk import Desk
from wabawatch.web.visitors import Visitor

VIEWER = Visitor("Vera Viewer", frozenset({Right.VIEW}), id=2)


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    found = system_in(tmp_path)

    async def reads_only(request: object, _visitor: Visitor) -> None:
        from wabawatch.web.forms import read_form

        await read_form(request)  # type: ignore[arg-type]

    console = found.console
    monkeypatch.setattr(console, "desk", lambda: Desk(console._visitor, console.views, reads_only))
    yield found
    found.close()


def post(system: System, path: str, visitor: Visitor = ADMIN, **fields: str) -> httpx.Response:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return client(system, visitor).request("POST", path, content=urlencode(fields), headers=headers)


def views(system: System, visitor: Visitor = ADMIN) -> list[tuple[str, str]]:
    """Each view that the page lists: where it leads, and its name."""
    text = client(system, visitor).get("/logs").text
    sheet = re.findall(r'<div class="sheet sheet-right views">(.*?)</details>', text, re.DOTALL)[0]
    return [(html.unescape(href), name) for href, name in re.findall(r'<a href="([^"]+)"[^>]*>([^<]+?)\s*<', sheet)]


def test_a_view_keeps_filters_period_and_columns(system: System) -> None:
    asked = "range=7d&status=failed&status=expired&cols=wamid&unmask=yes&q=user:42&nonsense=1"

    answer = post(system, "/logs/views", name="Failures <b>", query=asked)

    assert answer.status_code == 303
    kept = "/logs?range=7d&q=user%3A42&status=failed&status=expired&cols=wamid"
    assert answer.headers["location"] == kept
    assert [href for href, _ in views(system)] == [kept]
    assert "<b>" not in str(views(system))
    assert 'aria-current="true">Failures &lt;b&gt;' in client(system).get(kept).text


@pytest.mark.parametrize("searched", ["+1 555 010 1001", "wamid.HBgL", "somebody", "US.12345"])
def test_a_view_never_keeps_whose_messages_are_looked_for(system: System, searched: str) -> None:
    answer = post(system, "/logs/views", name="Them", query=urlencode({"q": searched}))

    assert answer.status_code == 422
    assert "does not keep whose messages" in answer.text
    assert views(system) == []


@pytest.mark.parametrize(("name", "query"), [("", ""), ("x" * 61, ""), ("n", "status=lost"), ("n", "from=x")])
def test_what_cannot_be_saved_is_said_to_be_so(system: System, name: str, query: str) -> None:
    assert post(system, "/logs/views", name=name, query=query).status_code == 422


def test_operators_share_views_and_delete_shared_ones(system: System) -> None:
    assert post(system, "/logs/views", VIEWER, name="Mine", query="", shared="yes").status_code == 403
    post(system, "/logs/views", VIEWER, name="Mine", query="status=read")
    post(system, "/logs/views", name="Ours", query="status=failed", shared="yes")

    assert [name for _, name in views(system, VIEWER)] == ["Mine", "Ours"]
    assert [name for _, name in views(system)] == ["Ours"]
    page = client(system, VIEWER).get("/logs").text
    assert re.findall(r'action="/logs/views/(\d+)/delete"', page) == ["1"]
    assert post(system, "/logs/views/2/delete", VIEWER).status_code == 403
    gone = post(system, "/logs/views/2/delete", query="range=7d&status=read")

    assert gone.headers["location"] == "/logs?range=7d&status=read"
    assert views(system) == []
    assert post(system, "/logs/views/2/delete").status_code == 404


def test_nothing_of_it_is_done_without_the_token(tmp_path: Path) -> None:
    system = system_in(tmp_path)

    assert post(system, "/logs/views", name="Mine", query="", csrf=SECRET).status_code == 403

    system.close()
