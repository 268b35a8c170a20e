"""Signing in through the pages: cookies, forms, the code, one-time links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.access import OTHER, PASSWORD
from tests.support.browser import hidden_in
from tests.support.house import HOUR_MS, House, cookie_of

from wabawatch.domain.access import Role
from wabawatch.domain.lockout import MINUTE_MS
from wabawatch.web.pages.views import POLICY


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    house.add("ann")
    yield house
    house.system.close()


# ---------------------------------------------------------------- the way in


def test_who_is_not_signed_in_is_asked_to_and_comes_where_they_wanted(house: House) -> None:
    browser = house.browser()
    sent = browser.get("/account?x=1")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=%2Faccount%3Fx%3D1")

    entered = browser.sign_in("ann", PASSWORD, sent.headers["location"])

    assert (entered.status_code, entered.headers["location"]) == (303, "/account?x=1")
    assert browser.may_look()
    assert browser.get("/login?next=/account").headers["location"] == "/account"


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(house: House) -> None:
    kept = cookie_of(house.browser().sign_in("ann", PASSWORD))

    assert {"HttpOnly", "SameSite=lax", "Path=/", f"Max-Age={7 * 86_400}"} <= set(kept.split("; "))
    assert "Secure" not in kept
    assert "Domain" not in kept


def test_over_https_the_cookie_is_for_https_and_this_host_alone(tmp_path: Path) -> None:
    house = House(tmp_path, WABAWATCH_PUBLIC_URL="https://watch.example.com")
    house.add("ann")
    browser = house.browser("https://watch.example.com")

    entered = browser.sign_in("ann", PASSWORD)

    asked = house.browser("https://watch.example.com").get("/login")
    for kept in (cookie_of(entered, "__Host-wabawatch"), cookie_of(asked, "__Host-wabawatch-form")):
        assert {"Secure", "HttpOnly", "Path=/"} <= set(kept.split("; "))
        assert "Domain" not in kept
    assert browser.may_look()
    house.system.close()


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/%5Cevil.example", "javascript:alert(1)", "/login"]
)
def test_signing_in_leads_to_no_other_site(house: House, wanted: str) -> None:
    browser = house.browser()
    given = browser.sign_in("ann", PASSWORD, f"/login?next={wanted}")
    in_the_form = house.browser().submit("/login", name="ann", password=PASSWORD, next=wanted)

    assert given.headers["location"] == "/"
    assert in_the_form.headers["location"] in ("/", "/%5Cevil.example")  # the last is a path of ours


def test_a_wrong_password_and_a_wrong_name_are_answered_alike(house: House) -> None:
    answers = [house.browser().sign_in(name, OTHER) for name in ("ann", "nobody")]

    assert [each.status_code for each in answers] == [401, 401]
    pages = [re.sub(r'value="[^"]*"', "", each.text) for each in answers]
    assert pages[0] == pages[1]
    assert "Name or password is wrong" in pages[0]
    cookies = [cookie for each in answers for cookie in each.headers.get_list("set-cookie")]
    assert all(cookie.startswith("wabawatch-form=") for cookie in cookies)


def test_what_was_typed_is_shown_as_text_and_the_password_never(house: House) -> None:
    page = house.browser().sign_in('"><script>alert(1)</script>', "my secret words").text

    assert "<script>alert" not in page
    assert "my secret words" not in page


def test_after_too_many_tries_the_page_says_how_long_to_wait(house: House) -> None:
    browser = house.browser()
    for _ in range(5):
        browser.sign_in("ann", OTHER)
    refused = browser.sign_in("ann", PASSWORD)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert "in 1 minute" in refused.text

    house.wait(MINUTE_MS)

    assert browser.sign_in("ann", PASSWORD).status_code == 303


# ---------------------------------------------------------------- forged, fixed and stolen sessions


def test_a_secret_that_was_planted_in_the_browser_is_worth_nothing_after_signing_in(house: House) -> None:
    mallory = house.browser()
    planted = "planted" + "x" * 36
    victim = house.browser()
    victim.cookies["wabawatch"] = planted
    victim.sign_in("ann", PASSWORD)

    mallory.cookies["wabawatch"] = planted

    assert victim.may_look()
    assert not mallory.may_look()
    assert victim.cookies["wabawatch"] != planted


def test_each_sign_in_has_a_secret_of_its_own_and_ends_the_one_before_in_this_browser(house: House) -> None:
    browser, thief = house.signed_in("ann"), house.browser()
    before = browser.cookies["wabawatch"]
    page = house.browser()
    form = hidden_in(page.get("/login").text)
    page.cookies["wabawatch"] = before
    page.post("/login", form | {"name": "ann", "password": PASSWORD})

    thief.cookies["wabawatch"] = before

    assert page.cookies["wabawatch"] != before
    assert not thief.may_look()


def test_signing_out_ends_the_session_also_for_who_has_copied_the_cookie(house: House) -> None:
    browser, thief = house.signed_in("ann"), house.browser()
    thief.cookies["wabawatch"] = browser.cookies["wabawatch"]
    assert thief.may_look()

    left = browser.submit("/account", "/logout")

    assert (left.status_code, left.headers["location"]) == (303, "/login")
    assert "Max-Age=0" in cookie_of(left)
    assert not thief.may_look()


def test_nobody_is_signed_out_by_another_site(house: House) -> None:
    browser = house.signed_in("ann")

    assert browser.post("/logout").status_code == 403
    assert browser.may_look()


def test_nobody_is_signed_in_by_another_site(house: House) -> None:
    """Else somebody would work, and type, in the account of another."""
    mallory = hidden_in(house.browser().get("/login").text)
    victim = house.browser()
    for form in ({}, mallory):
        refused = victim.post("/login", {**form, "name": "ann", "password": PASSWORD})
        assert refused.status_code == 403
    own = hidden_in(victim.get("/login").text)
    told = own | {"name": "ann", "password": PASSWORD}
    foreign = victim.post("/login", told, {"origin": "https://evil.example"})

    assert foreign.status_code == 403
    assert "wabawatch" not in victim.cookies


def test_a_session_that_nobody_uses_ends(house: House) -> None:
    browser = house.signed_in("ann")
    house.wait(12 * HOUR_MS - 1)
    assert browser.may_look()
    house.wait(12 * HOUR_MS)

    assert not browser.may_look()


def test_who_is_disabled_is_out_with_the_next_request(house: House) -> None:
    house.add("root", Role.ADMIN)
    browser = house.signed_in("ann")

    house.system.access.desk.disable("ann", "test")

    assert not browser.may_look()


def test_pages_to_sign_in_cannot_be_framed_nor_kept(house: House) -> None:
    for answer in (house.browser().get("/login"), house.browser().sign_in("ann", PASSWORD)):
        assert answer.headers["content-security-policy"] == POLICY
        assert "frame-ancestors 'none'" in POLICY
        assert answer.headers["cache-control"] == "no-store"


# ---------------------------------------------------------------- the code


def test_with_a_second_factor_the_code_is_asked_and_until_then_nothing_opens(house: House) -> None:
    _, seed, _ = house.with_totp("ann")
    house.wait(60_000)
    browser = house.browser()

    half = browser.sign_in("ann", PASSWORD, "/login?next=/account")
    assert half.headers["location"] == "/login/code?next=%2Faccount"
    assert not browser.may_look()
    between = browser.cookies["wabawatch"]
    whole = browser.submit(half.headers["location"], code=house.code(seed))

    assert whole.headers["location"] == "/account"
    assert browser.cookies["wabawatch"] != between
    assert browser.may_look()


def test_a_code_does_not_open_twice(house: House) -> None:
    _, seed, _ = house.with_totp("ann")
    house.wait(60_000)
    code = house.code(seed)
    first, second = house.browser(), house.browser()
    for browser in (first, second):
        browser.sign_in("ann", PASSWORD)

    assert first.submit("/login/code", code=code).status_code == 303
    replayed = second.submit("/login/code", code=code)

    assert replayed.status_code == 401
    assert "used already" in replayed.text
    assert not second.may_look()


def test_a_recovery_code_opens_and_fewer_are_left(house: House) -> None:
    _, _, codes = house.with_totp("ann")
    assert len(set(codes)) == 10
    browser = house.browser()
    browser.sign_in("ann", PASSWORD)

    assert browser.submit("/login/code", code=codes[3]).status_code == 303

    assert "9 recovery codes are left" in browser.get("/account").text


def test_the_code_is_asked_of_nobody_whose_password_was_not(house: House) -> None:
    assert house.browser().get("/login/code").headers["location"] == "/login"
    assert house.signed_in("ann").get("/login/code").headers["location"] == "/login"
    assert house.browser().submit("/login", "/login/code", code="000000").headers["location"] == "/login"


def test_recovery_codes_are_shown_once(house: House) -> None:
    browser, seed, codes = house.with_totp("ann")
    page = browser.get("/account").text

    assert seed not in page
    assert not any(code in page for code in codes)


# ---------------------------------------------------------------- one-time links


def path_of(link: str | None) -> str:
    assert link is not None
    return httpx.URL(link).path


def test_the_first_start_makes_the_admin_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    assert "Nobody can sign in yet" in house.browser().get("/login").text
    path, browser = path_of(house.system.access.invitation("serve")), house.browser()
    assert browser.get(path).status_code == browser.get(path).status_code == 200

    made = browser.submit(path, name="Ann", password=PASSWORD, again=PASSWORD)

    assert made.headers["location"] == "/start"
    assert "ann, admin" in browser.get("/account").text
    assert house.system.access.invitation("serve") is None
    late = house.browser()
    assert late.get(path).status_code == 410
    form = hidden_in(late.get("/login").text)
    assert late.post(path, form | {"name": "ben", "password": OTHER, "again": OTHER}).status_code == 410
    house.system.close()


def test_the_first_link_is_over_after_a_day(tmp_path: Path) -> None:
    house = House(tmp_path)
    path = path_of(house.system.access.invitation("serve"))
    house.wait(24 * HOUR_MS)

    assert house.browser().get(path).status_code == 410
    house.system.close()


@pytest.mark.parametrize(
    ("name", "password", "again", "said"),
    [
        ("a b", PASSWORD, PASSWORD, "Name: up to 64"),
        ("ann", "short", "short", "at least 12"),
        ("ann", PASSWORD, OTHER, "not the same"),
    ],
)
def test_a_mistake_is_named_and_the_link_stays_good(
    tmp_path: Path, name: str, password: str, again: str, said: str
) -> None:
    house = House(tmp_path)
    path = path_of(house.system.access.invitation("serve"))

    refused = house.browser().submit(path, name=name, password=password, again=again)

    assert refused.status_code == 422
    assert said in refused.text
    assert house.browser().get(path).status_code == 200
    house.system.close()


def test_who_is_invited_sets_their_own_password(house: House) -> None:
    _, link = house.system.access.desk.add("ben", Role.OPERATOR, "test")
    browser = house.browser()
    assert "Hello, ben" in browser.get(link.path).text

    browser.submit(link.path, password=OTHER, again=OTHER)

    assert "ben, operator" in browser.get("/account").text
