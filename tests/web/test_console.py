"""The frame of the console without a browser: who comes in, what every answer carries, what is said when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from tests.support.asgi import Answer, Request, ask
from tests.support.console import ADMIN, Client, client, system_in

from wabawatch.app import System
from wabawatch.domain.access import Right
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.web.assets import Assets
from wabawatch.web.pages.views import POLICY
from wabawatch.web.visitors import Visitor

PAGES = [
    "/",
    "/parts/overview",
    "/parts/overview/trends",
    "/logs",
    "/parts/logs",
    "/alerts",
    "/parts/alerts",
    "/uptime",
    "/parts/uptime",
]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    found = system_in(tmp_path_factory.mktemp("data"))
    yield found
    found.close()


@pytest.mark.parametrize("path", PAGES)
def test_without_somebody_who_is_signed_in_every_page_is_closed(system: System, path: str) -> None:
    answer = client(system, None).get(path)

    assert answer.status_code == 303
    assert answer.headers["location"] == ("/login" if path == "/" else f"/login?next={path.replace('/', '%2F')}")
    assert not answer.content


def test_the_console_lets_nobody_in_by_itself(tmp_path: Path) -> None:
    system = system_in(tmp_path)

    answer = Client(system).get("/?range=6h")

    assert answer.headers["location"] == "/login?next=%2F%3Frange%3D6h"
    system.close()


def test_a_part_of_a_page_that_nobody_may_see_any_more_makes_the_whole_page_reload(system: System) -> None:
    answer = client(system, None).get("/parts/overview", headers={"hx-request": "true"})

    assert (answer.status_code, answer.headers["hx-refresh"]) == (401, "true")


def test_who_lacks_the_right_is_told_so(system: System) -> None:
    answer = client(system, Visitor("Guest", frozenset({Right.OPERATE}))).get("/")

    assert answer.status_code == 403
    assert "ask an administrator" in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/?range=forever"])
@pytest.mark.parametrize("visitor", [ADMIN, None])
def test_every_answer_carries_the_strict_policy(system: System, path: str, visitor: Visitor | None) -> None:
    headers = client(system, visitor).get(path).headers

    assert headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "geolocation=()" in headers["permissions-policy"]
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_inline(system: System, path: str) -> None:
    text = client(system).get(path).text

    assert " style=" not in text
    assert "<style" not in text
    assert " on" not in {word[:3] for word in text.split("<") if "onclick" in word or "onload" in word}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_page_to_look_at_takes_no_other_method(system: System, method: str) -> None:
    assert client(system).request(method, "/").status_code == 405


def test_an_empty_installation_says_what_to_do_next(system: System) -> None:
    text = client(system).get("/").text

    assert "Nothing has come in yet" in text
    assert "wabawatch doctor" in text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("range=forever", "choose one of 1h, 6h"),
        ("from=2026-01-02T00:00Z&to=2026-01-01T00:00Z", "ends before it begins"),
        ("from=yesterday", "is no time such as"),
        ("client=%3Cscript%3E", "no id of Meta"),
        ("from=2020-01-01T00:00Z", "longer than 400 days"),
    ],
)
def test_an_address_that_makes_no_sense_is_answered_with_what_is_wrong(system: System, query: str, said: str) -> None:
    answer = client(system).get(f"/?{query}")

    assert answer.status_code == 422
    assert said in answer.text
    assert "<script>" not in answer.text


def test_markup_in_an_address_is_shown_as_text(system: System) -> None:
    answer = client(system).get("/", params={"from": "<img src=x onerror=alert(1)>"})

    assert "&lt;img" in answer.text
    assert "<img src=x" not in answer.text


def test_a_name_full_of_markup_is_shown_as_text(system: System) -> None:
    visitor = Visitor("<b>Eve</b>", ADMIN.rights, csrf='"><script>alert(1)</script>')

    text = client(system, visitor).get("/").text

    assert "&lt;b&gt;Eve&lt;/b&gt;" in text
    assert "<script>alert" not in text


def test_figures_that_cannot_be_read_are_said_to_be_so(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise StoreUnavailable("the database does not answer: start it, then reload")

    monkeypatch.setattr(type(system.console.overview.overviewing), "look", broken)

    answer = client(system).get("/")
    part = client(system).get("/parts/overview", headers={"hx-request": "true"})

    assert answer.status_code == part.status_code == 503
    assert "The database does not answer" in answer.text
    assert "<html" not in part.text


@pytest.mark.parametrize("theme", ["dark", "light", "system", '"><script>'])
def test_the_theme_comes_from_a_cookie_and_is_one_of_three(system: System, theme: str) -> None:
    asking = client(system)
    asking.cookies["theme"] = theme

    text = asking.get("/").text

    assert f'data-theme="{theme if theme != chr(34) + "><script>" else "system"}"' in text
    assert '"><script>' not in text


def test_without_the_built_files_it_says_how_to_build_them(tmp_path: Path) -> None:
    system = system_in(tmp_path / "data")
    asking = client(system)
    system.console.views.assets = Assets(tmp_path / "nowhere")

    answer = asking.get("/")

    assert answer.status_code == 503
    assert "make assets" in answer.text
    system.close()


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as `make assets` leaves it."""
    folder = tmp_path / "built"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"console.js": "console.ABC.js"}')
    for suffix in ("", ".gz", ".br"):
        (folder / f"console.ABC.js{suffix}").write_text(f"content{suffix}")
    (tmp_path / "secret.js").write_text("secret")
    return folder


def asked(folder: Path, path: str, encodings: str) -> Answer:
    site = Starlette(routes=Assets(folder).routes())
    return ask(site, Request("GET", path, headers=((b"accept-encoding", encodings.encode()),), hangs=True))


@pytest.mark.parametrize(
    ("encodings", "encoding", "content"),
    [
        ("gzip, deflate, br", b"br", b"content.br"),
        ("gzip;q=1", b"gzip", b"content.gz"),
        ("identity", None, b"content"),
    ],
)
def test_a_file_comes_in_the_smallest_encoding_and_is_kept_for_ever(
    built: Path, encodings: str, encoding: bytes | None, content: bytes
) -> None:
    answer = asked(built, "/static/console.ABC.js", encodings)

    assert answer.headers.get(b"content-encoding") == encoding
    assert answer.body == content
    assert answer.headers[b"cache-control"] == b"public, max-age=31536000, immutable"
    assert answer.headers[b"content-type"].startswith(b"text/javascript")
    assert answer.headers[b"vary"] == b"accept-encoding"


@pytest.mark.parametrize("name", ["../secret.js", "..\\secret.js", "manifest.json", "console.ABC.js.br", "none.js"])
def test_nothing_but_the_built_files_is_served(built: Path, name: str) -> None:
    assert asked(built, f"/static/{name}", "br").status == 404
