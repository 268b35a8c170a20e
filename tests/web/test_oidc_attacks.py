"""Signing in with a provider of OpenID Connect: no trick opens the door."""

from __future__ import annotations

import time

import pytest
from tests.support.oidc_forgeries import FORGERIES, KEPT, forged
from tests.support.oidc_house import ASIDE, SESSION, House, refused
from tests.support.oidc_provider import Forge


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=list(FORGERIES))
def test_a_token_that_does_not_fit_opens_nothing(house: House, forge: Forge) -> None:
    KEPT["provider"] = house.provider
    house.provider.forge = forge
    browser = house.browser()

    answer = house.sign_in(browser)

    refused(house, answer, "cannot be believed")
    assert SESSION not in browser.cookies
    assert house.deeds()[-1] == ("oidc", "login_failed")
    house.provider.forge = forged()
    assert house.sign_in(browser).status_code == 303  # so it was the forgery that was refused


def test_clocks_may_be_a_little_apart(house: House) -> None:
    KEPT["provider"] = house.provider
    house.provider.forge = forged(iat=int(time.time()) + 45, exp=int(time.time()) + 3600)

    assert house.sign_in().status_code == 303


def test_a_state_of_another_browser_opens_nothing_and_asks_nobody(house: House) -> None:
    mallory, victim = house.browser(), house.browser()
    came = house.provider.visit(house.begin(mallory))
    house.begin(victim)
    before = len(house.provider.asked)

    refused(house, house.come_back(victim, came), "begun in another browser")
    refused(house, house.come_back(house.browser(), came), "begun in another browser")
    assert house.provider.asked[before:] == []


@pytest.mark.parametrize("state", ["", "x", "%00", "\u00e9"])
def test_no_state_or_a_made_up_one_opens_nothing(house: House, state: str) -> None:
    browser = house.browser()
    came = house.provider.visit(house.begin(browser)) | {"state": state}

    refused(house, house.come_back(browser, came), "begun in another browser")


@pytest.mark.parametrize("cookie", ["", "x", "W10=", "!!!", "e30=", "WyIiLCIvIl0="])
def test_a_cookie_that_is_none_of_ours_opens_nothing(house: House, cookie: str) -> None:
    browser = house.browser()
    came = house.provider.visit(house.begin(browser))
    browser.cookies[ASIDE] = cookie

    refused(house, house.come_back(browser, came | {"state": ""}), "begun in another browser")


def test_what_was_begun_counts_once(house: House) -> None:
    browser = house.browser()
    url = house.begin(browser)
    aside = browser.cookies[ASIDE]
    came = house.provider.visit(url)
    assert house.come_back(browser, came).status_code == 303
    again = house.browser()
    again.cookies[ASIDE] = aside

    answer = house.come_back(again, came)

    assert (answer.status_code, "was used already" in answer.text) == (401, True)
    assert SESSION not in again.cookies


def test_a_code_of_another_sign_in_is_of_no_use(house: House) -> None:
    """Mallory puts a code into the answer to her own, and the other way round: PKCE binds it to who began."""
    mallory, victim = house.browser(), house.browser()
    hers, his = house.provider.visit(house.begin(mallory)), house.provider.visit(house.begin(victim))

    refused(house, house.come_back(mallory, hers | {"code": his["code"]}), "code was used already")
    assert SESSION not in mallory.cookies


def test_an_answer_of_another_issuer_is_not_taken_for_this_one(house: House) -> None:
    browser = house.browser()
    came = house.provider.visit(house.begin(browser)) | {"iss": "https://evil.example"}

    refused(house, house.come_back(browser, came), "another issuer")


def test_userinfo_of_somebody_else_is_not_believed(house: House) -> None:
    house.provider.userinfo_only, house.provider.userinfo_sub = ("groups",), "root-1"

    refused(house, house.sign_in(), "about somebody else")


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/%5Cevil.example", "/%09/evil.example", "/login/oidc"]
)
def test_it_leads_to_no_other_site(house: House, wanted: str) -> None:
    assert house.sign_in(wanted=wanted).headers["location"] == "/"


def test_the_cookie_cannot_be_made_to_lead_to_another_site(house: House) -> None:
    from wabawatch.web.pages.sign_in import _packed, _unpacked

    browser = house.browser()
    url = house.begin(browser)
    begun, _ = _unpacked(browser.cookies[ASIDE])
    browser.cookies[ASIDE] = _packed(begun, "//evil.example")

    assert house.come_back(browser, house.provider.visit(url)).headers["location"] == "/"


def test_a_planted_session_is_worth_nothing_afterwards(house: House) -> None:
    browser, mallory = house.browser(), house.browser()
    browser.cookies[SESSION] = mallory.cookies[SESSION] = "planted" * 6
    house.sign_in(browser)

    assert browser.may_look()
    assert not mallory.may_look()


def test_too_many_failures_from_one_address_make_a_pause(house: House) -> None:
    KEPT["provider"] = house.provider
    house.provider.forge = forged(nonce="another")
    for _ in range(20):
        house.sign_in()

    answer = house.sign_in()

    assert (answer.status_code, "too many tries" in answer.text.lower()) == (429, True)


def test_what_the_provider_says_is_shown_as_text(house: House) -> None:
    browser = house.browser()
    came = {"state": house.provider.visit(house.begin(browser))["state"], "error": "<script>alert(1)</script>"}

    answer = house.come_back(browser, came)

    assert answer.status_code == 401
    assert "<script>alert" not in answer.text
