"""What keeps the console safe whatever a page does: headers on every answer, forms of this site alone, cookies that
scripts do not see, and files that lead nowhere else. The tables are made of the routes that are served."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from tests.support.access import PASSWORD
from tests.support.browser import ORIGIN, Browser, hidden_in
from tests.web.test_who_may import OPEN, Office, ask, filled

from wabawatch.domain.access import Role
from wabawatch.domain.users import path_after
from wabawatch.web.pages.views import POLICY

PROGRAMS = {"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/docs/docs.css", "/static/{name}"}
"""Answers for programs, the same for everybody"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = Office(tmp_path_factory.mktemp("office"))
    office.system.access.desk.set_password("keeper", PASSWORD, "test")
    yield office
    office.system.close()


def answers(office: Office) -> Iterator[tuple[str, httpx.Response]]:
    """Every answer that somebody gets: who administers, who may little, who is not signed in, and to wrong requests."""
    admin, token = office.browser(office.people[Role.ADMIN, True])
    viewer, own = office.browser(office.people[Role.VIEWER, False])
    for route in office.routes():
        if route.path in PROGRAMS or route.path == "/live":
            continue
        path = filled(route.path)
        for method in sorted(set(route.methods or ()) - {"HEAD"}):
            yield f"{method} {path}", ask(admin, method, path, token)
            yield f"{method} {path} as a viewer", ask(viewer, method, path, own)
            yield f"{method} {path} as nobody", ask(Browser(office.site), method, path)
            yield f"{method} {path} from elsewhere", ask(admin, method, path, **{"sec-fetch-site": "cross-site"})
        if route.path == "/logout":
            admin, token = office.browser(office.people[Role.ADMIN, True])
            viewer, own = office.browser(office.people[Role.VIEWER, False])


def test_no_page_can_be_framed_kept_or_read_as_something_else(office: Office) -> None:
    """Clickjacking, caches on the way, and sniffing: also of refusals, redirects and errors."""
    for where, answer in answers(office):
        if answer.headers.get("content-type", "").startswith(("application/json", "application/problem+json")):
            assert answer.headers.get("cache-control", "no-store") == "no-store", where
            continue
        if where.startswith("GET /runbooks"):
            continue  # texts of this release, for everybody
        assert answer.headers.get("content-security-policy") == POLICY, (where, answer.status_code)
        assert answer.headers.get("x-content-type-options") == "nosniff", where
        assert answer.headers.get("cache-control") == "no-store", where
        assert answer.headers.get("referrer-policy") == "same-origin", where


@pytest.mark.parametrize(
    "part", ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "script-src 'self'"]
)
def test_the_policy_allows_nothing_inline_and_no_frame(part: str) -> None:
    assert part in POLICY.split("; ")
    assert "unsafe" not in POLICY


def test_every_answer_that_brings_a_cookie_brings_it_out_of_reach(office: Office) -> None:
    found = 0
    for where, answer in answers(office):
        for cookie in answer.headers.get_list("set-cookie"):
            found += 1
            assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; ")), (where, cookie)
    assert found


FORGED = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": f"{ORIGIN}.evil.example"},
    {"origin": ORIGIN.replace("http://", "http://evil.example@")},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {},
]


@pytest.mark.parametrize("headers", FORGED, ids=str)
def test_nothing_changes_by_a_form_of_another_site(office: Office, headers: dict[str, str]) -> None:
    """Every route that takes more than GET, also those that ask for no right."""
    for route in office.routes():
        if route.path in PROGRAMS:
            continue
        for method in set(route.methods or ()) - {"GET", "HEAD"}:
            browser, token = office.browser(office.people[Role.ADMIN, True])
            before = office.trail()
            # With another site's headers even the right token is of no use; without any, it is missing.
            told = headers | ({"x-csrf-token": token} if headers else {})
            answer = browser.ask(method, filled(route.path), told)
            wanted = {403, 410} if route.path == "/setup/{secret}" else {403}
            assert answer.status_code in wanted, (method, route.path, answer.status_code)
            assert office.trail() == before, (method, route.path)


AWAY = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "\t//evil.example",
    "/\r\nlocation: https://evil.example",
    " //evil.example",
    "//evil.example@here",
    "evil.example",
    ".evil.example",
    "@evil.example",
    "/\x00/evil.example",
    "/\u2028/evil",
    "//\u00e9vil.example",
    "?next=//evil.example",
    "",
    "/login?next=//evil.example",
    "/logout",
    "/" + "x" * 3000,
]


@pytest.mark.parametrize("wanted", AWAY, ids=ascii)
def test_no_address_leads_away_after_signing_in(office: Office, wanted: str) -> None:
    assert path_after(wanted) == "/"
    for page in (f"/login?next={quote(wanted, safe='')}", f"/login?next={quote(quote(wanted, safe=''), safe='')}"):
        entered = Browser(office.site).sign_in("keeper", PASSWORD, page)
        location = entered.headers["location"]
        assert entered.status_code == 303
        assert location.startswith("/"), location
        assert not location.startswith(("//", "/\\")), location
        assert httpx.URL(ORIGIN).join(location).host == httpx.URL(ORIGIN).host


@pytest.mark.parametrize("wanted", ["/", "/logs?q=a%20b", "/logs?status=x", "/alerts/x:y", "/loginless"])
def test_an_address_of_this_site_is_kept(wanted: str) -> None:
    assert path_after(wanted) == wanted


UP = [
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "....//....//etc/passwd",
    "..\\..\\x",
    "%2fetc%2fpasswd",
    "manifest.json",
    "inputs.sha256",
    "console.css%00.js",
    ".",
    "..",
    "%252e%252e%252fviews.py",
    "console.js/../x",
]


@pytest.mark.parametrize("name", UP)
@pytest.mark.parametrize("where", ["/static/", "/runbooks/"])
def test_no_file_is_given_but_those_that_are_meant(office: Office, where: str, name: str) -> None:
    answer = Browser(office.site).get(where + name)

    assert answer.status_code in (303, 404, 405), answer.status_code
    assert "root:" not in answer.text


def test_whoever_plants_a_cookie_has_nothing_of_it(office: Office) -> None:
    """Session fixation: before and after the password, and with a session of somebody else."""
    planted, _ = office.browser(office.people[Role.VIEWER, False])
    secret = planted.cookies["wabawatch"]
    victim = Browser(office.site)
    form = hidden_in(victim.get("/login").text)
    victim.cookies["wabawatch"] = secret
    told = form | {"name": "keeper", "password": PASSWORD}

    assert victim.post("/login", told, {"origin": ORIGIN}).status_code == 303

    assert victim.cookies["wabawatch"] != secret
    thief = Browser(office.site)
    thief.cookies["wabawatch"] = secret
    assert not thief.may_look()
    assert "keeper" in victim.get("/account").text


def test_every_open_route_is_one_that_must_be(office: Office) -> None:
    """A list to read when it grows: each of these answers whoever asks."""
    assert len(OPEN) <= 20, sorted(OPEN)
