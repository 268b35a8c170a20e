"""A provider of OpenID Connect that changes, refuses or is away."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.access import PASSWORD
from tests.support.oidc_forgeries import KEPT, sign
from tests.support.oidc_house import House, refused
from tests.support.oidc_provider import CLIENT, IdProvider

# ---------------------------------------------------------------- a provider that changes, refuses or is away


def test_who_is_refused_there_is_told_so(house: House) -> None:
    house.provider.person["denies"] = True

    refused(house, house.sign_in(), "did not sign you in (access_denied)")


def test_when_the_provider_has_changed_its_keys_they_are_asked_for_again(house: House) -> None:
    assert house.sign_in().status_code == 303
    house.provider.rotate()
    house.wait(11)

    assert house.sign_in().status_code == 303
    assert house.provider.asked.count("/jwks") >= 2


def test_keys_are_not_asked_for_with_every_bad_token(house: House) -> None:
    KEPT["provider"] = house.provider
    house.sign_in()
    before = house.provider.asked.count("/jwks")
    house.provider.forge = lambda claims: sign(claims, kid="made-up")
    for _ in range(5):
        house.sign_in()

    assert house.provider.asked.count("/jwks") - before <= 1


def test_while_the_provider_is_away_passwords_open_and_the_page_says_so(house: House) -> None:
    house.system.access.desk.set_password("keeper", PASSWORD, "test")
    house.provider.is_down = True
    browser = house.browser()

    answer = browser.get("/login/oidc?next=/account")

    refused(house, answer, "cannot be asked now", 503)
    assert "sign in with your password" in answer.text
    assert "cannot be asked now" in browser.get("/login").text
    assert browser.sign_in("keeper", PASSWORD).status_code == 303
    house.provider.is_down = False
    house.wait(61)
    assert "cannot be asked now" not in house.browser().get("/login").text
    assert house.sign_in().status_code == 303


def test_one_that_goes_away_in_the_middle_is_said_to_be_away(house: House) -> None:
    browser = house.browser()
    came = house.provider.visit(house.begin(browser))
    house.provider.is_down = True

    refused(house, house.come_back(browser, came), "cannot be asked now", 503)


def test_one_that_calls_itself_otherwise_is_not_believed(make: Callable[..., House], provider: IdProvider) -> None:
    house = make(WABAWATCH_OIDC_ISSUER=provider.issuer.replace("127.0.0.1", "localhost"))

    refused(house, house.browser().get("/login/oidc"), "by another name", 503)


def test_wrong_credentials_of_ours_are_said_to_be_that(make: Callable[..., House]) -> None:
    house = make(WABAWATCH_OIDC_CLIENT_SECRET="another")

    refused(house, house.sign_in(), "does not take our client id and secret", 503)


def test_signing_out_ends_the_session_here_and_says_where_there_is_another(house: House) -> None:
    browser = house.browser()
    house.sign_in(browser)

    left = browser.submit("/account", "/logout")

    assert left.headers["location"] == "/login?left=1"
    assert not browser.may_look()
    page = browser.get("/login?left=1").text
    assert f'href="{house.provider.issuer}/logout?client_id={CLIENT}"' in page


def test_who_has_no_password_here_is_not_asked_for_it(house: House) -> None:
    browser = house.browser()
    house.sign_in(browser)

    page = browser.get("/account").text

    assert "You sign in with Example &lt;ID&gt;" in page
    assert "/account/password" not in page
