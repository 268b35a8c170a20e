"""Whether a request that changes something was made by a page of ours."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from wabawatch.domain.errors import Forbidden
from wabawatch.web.csrf import check, is_from_here, token_of
from wabawatch.web.forms import Form

SECRET = "what the cookie holds"
HOST = {"host": "watch.example.com"}
PUBLIC = "https://watch.example.com"


def form(token: str) -> Form:
    return Form((("csrf", token), ("name", "ann")))


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({}, True),  # a browser of before 2020, or none: the token decides
        ({"sec-fetch-site": "same-origin", "origin": PUBLIC}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": PUBLIC}, True),
        ({"origin": "http://watch.example.com"}, True),  # behind a proxy that ends TLS
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site", "origin": "https://other.example.com"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "https://watch.example.com.evil.example"}, False),
        ({"origin": "https://watch.example.com:8443"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "https://[broken"}, False),
    ],
)
def test_the_browser_says_where_a_request_comes_from(headers: dict[str, str], is_ours: bool) -> None:
    assert is_from_here(Headers(HOST | headers), None) is is_ours


def test_the_public_address_is_ours_whatever_the_proxy_makes_of_the_host() -> None:
    inside = Headers({"host": "127.0.0.1:8080", "origin": PUBLIC})

    assert is_from_here(inside, PUBLIC)
    assert not is_from_here(inside, None)


def test_the_right_token_does_in_the_form_and_in_the_header() -> None:
    check(Headers(HOST), form(token_of(SECRET)), SECRET, None)
    check(Headers(HOST | {"x-csrf-token": token_of(SECRET)}), Form(), SECRET, None)


@pytest.mark.parametrize("shown", ["", "x", "ä", token_of("another's"), token_of(SECRET)[:-1], SECRET])
def test_any_other_token_does_not(shown: str) -> None:
    with pytest.raises(Forbidden, match="too old"):
        check(Headers(HOST), form(shown), SECRET, None)


def test_without_a_cookie_no_token_is_right() -> None:
    with pytest.raises(Forbidden):
        check(Headers(HOST), form(token_of("")), "", None)


def test_a_right_token_from_another_site_is_refused() -> None:
    with pytest.raises(Forbidden, match="another site"):
        check(Headers(HOST | {"origin": "https://evil.example"}), form(token_of(SECRET)), SECRET, None)


def test_a_token_tells_nothing_of_the_secret() -> None:
    assert SECRET not in token_of(SECRET)
    assert token_of(SECRET) != token_of(SECRET + "x")
