"""`/openapi.json` and `/docs`: they say what the table says, to anybody, and ask no other host for anything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.asgi import Answer, Request, ask
from tests.support.books import HandClock

from wabawatch.app import System
from wabawatch.settings import load
from wabawatch.web.site import Site

NOW = 1_795_176_000_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("docs")
    system = System(load({"WABAWATCH_DATA_DIR": str(folder), "WABAWATCH_FREE_SPACE_RESERVE": "0"}), HandClock(NOW))
    yield system.site(system.supervisor())
    system.close()


def get(site: Site, path: str) -> Answer:
    answer = ask(site, Request("GET", path))
    assert answer.status == 200
    return answer


def operations(site: Site) -> Iterator[tuple[str, str, Any]]:
    for path, methods in json.loads(get(site, "/openapi.json").body)["paths"].items():
        for method, told in methods.items():
            yield method, path, told


def test_the_document_has_every_route(site: Site) -> None:
    told = {(method, path) for method, path, _ in operations(site)}

    assert {("post", "/messages"), ("post", "/messages/{id}/status"), ("get", "/status"), ("get", "/metrics")} <= told


def test_every_operation_says_what_it_takes_gives_and_needs(site: Site) -> None:
    for method, path, told in operations(site):
        named = {each["name"] for each in told["parameters"] if each["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path)), path
        assert told["summary"], path
        assert told["security"][0]["token"], path
        assert {"401", "403", "422", "429"} <= told["responses"].keys(), (method, path)


def test_a_parameter_has_its_range_and_default(site: Site) -> None:
    (hours,) = next(told["parameters"] for _, path, told in operations(site) if path == "/status")

    assert hours["schema"] == {"type": "integer", "minimum": 0, "maximum": 87_840, "default": 24}
    assert not hours["required"]


def test_everything_that_is_referred_to_is_there(site: Site) -> None:
    text = get(site, "/openapi.json").body.decode()
    components = json.loads(text)["components"]

    for kind, name in re.findall(r'"#/components/(\w+)/(\w+)"', text):
        assert name in components[kind]


def test_the_page_shows_every_operation_and_type(site: Site) -> None:
    page = get(site, "/docs").body.decode()

    for _, path, told in operations(site):
        assert f'id="{told["operationId"]}"' in page
        assert path in page
    assert 'id="schema-MessageIn"' in page


@pytest.mark.parametrize("path", ["/docs", "/docs/docs.css", "/openapi.json"])
def test_the_page_asks_nobody_else_for_anything(site: Site, path: str) -> None:
    answer = get(site, path)

    assert b"default-src 'none'; style-src 'self'" in answer.headers[b"content-security-policy"]
    assert not re.findall(rb"https?://|<script|style=|@import|url\(", answer.body)


def test_every_link_of_the_page_leads_somewhere(site: Site) -> None:
    page = get(site, "/docs").body.decode()

    for link in set(re.findall(r"""href=["']([^"']+)["']""", page)):
        if link.startswith("#"):
            assert f'id="{link[1:]}"' in page
        else:
            get(site, link)
