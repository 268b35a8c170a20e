"""Signing in with a real provider of OpenID Connect on loopback: who comes in, and as whom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pyotp import TOTP
from tests.support.access import PASSWORD
from tests.support.browser import Browser
from tests.support.console import FakeAssets
from tests.support.oidc_house import ANN, ASIDE, BACK, PUBLIC, House, refused

from wabawatch.app import System
from wabawatch.domain.access import Role
from wabawatch.settings import SettingsError, load

# ---------------------------------------------------------------- the way in


def test_who_has_a_role_there_comes_in_with_it_and_where_they_wanted(house: House) -> None:
    browser = house.browser()
    assert "Sign in with Example &lt;ID&gt;" in browser.get("/login").text

    entered = house.sign_in(browser)

    assert (entered.status_code, entered.headers["location"]) == (303, "/account")
    assert "ann@example.com, operator" in browser.get("/account").text
    assert house.user("ann@example.com").is_outside
    assert ("oidc", "user_added") in house.deeds()
    assert house.deeds()[-1] == (house.user("ann@example.com").actor, "login")


def test_what_the_browser_is_sent_with_is_new_each_time_and_bound_to_it(house: House) -> None:
    asked = [parse_qs(urlsplit(house.begin(house.browser())).query) for _ in range(2)]

    for each in asked:
        assert each["response_type"] == ["code"]
        assert each["code_challenge_method"] == ["S256"]
        assert each["redirect_uri"] == [PUBLIC + BACK]
        assert each["scope"] == ["openid email profile"]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name][0]) >= 43


def test_the_cookies_are_for_https_and_this_host_alone_and_out_of_reach_of_scripts(house: House) -> None:
    browser = house.browser()
    began = browser.get("/login/oidc").headers.get_list("set-cookie")
    entered = house.sign_in(browser).headers.get_list("set-cookie")

    for cookie in (*began, *entered):
        assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; ")), cookie
        assert "Domain" not in cookie
    assert began[0].startswith(f"{ASIDE}=")
    assert f'{ASIDE}=""; HttpOnly; Max-Age=0; Path=/; SameSite=lax; Secure' in entered


def test_who_comes_again_is_the_same_user_with_the_role_they_have_there_now(house: House) -> None:
    house.sign_in()
    house.provider.person |= {"groups": ["root"], "email": "renamed@example.com"}

    house.sign_in()

    assert house.user("ann@example.com").role is Role.ADMIN
    assert house.names() == ["ann@example.com", "keeper"]


def test_the_last_who_administers_stays_so_whatever_the_provider_says(house: House) -> None:
    house.provider.person["groups"] = ["root"]
    house.sign_in()
    house.system.access.desk.disable("keeper", "test")
    house.provider.person["groups"] = ["ops"]

    assert house.sign_in().status_code == 303

    assert house.user("ann@example.com").role is Role.ADMIN


def test_claims_that_only_the_userinfo_tells_are_asked_for(house: House) -> None:
    house.provider.userinfo_only = ("groups", "email", "email_verified")

    assert house.sign_in().status_code == 303
    assert house.user("ann@example.com").role is Role.OPERATOR


def test_roles_may_stand_deep_in_a_claim(make: Callable[..., House]) -> None:
    house = make(WABAWATCH_OIDC_ROLE_CLAIM="realm_access.roles")
    house.provider.person |= {"realm_access": {"roles": ["ops"]}}

    assert house.sign_in().status_code == 303


def test_somebody_without_a_role_there_does_not_come_in(house: House) -> None:
    house.provider.person["groups"] = ["all"]

    refused(house, house.sign_in(), "gives you a role here")
    assert ("oidc", "login_failed") in house.deeds()


def test_by_default_nobody_has_a_role_and_where_one_is_set_everybody_has_it(make: Callable[..., House]) -> None:
    house = make(WABAWATCH_OIDC_DEFAULT_ROLE="viewer")
    house.provider.person = {"sub": "x", "preferred_username": "Bob"}
    assert house.sign_in().status_code == 303
    assert house.user("bob").role is Role.VIEWER


@pytest.mark.parametrize(
    "person",
    [
        {"email": "ann@elsewhere.example"},
        {"email_verified": False},
        {"email": "ann@example.com.evil.example"},
        {"email": ""},
    ],
)
def test_only_people_of_the_domains_come_in(make: Callable[..., House], person: dict[str, Any]) -> None:
    house = make(WABAWATCH_OIDC_EMAIL_DOMAINS="example.com", WABAWATCH_OIDC_DEFAULT_ROLE="viewer")
    house.provider.person |= person
    refused(house, house.sign_in(), "are not let in here")
    house.provider.person = dict(ANN)
    assert house.sign_in().status_code == 303


def test_while_nobody_administers_only_an_admin_is_made(house: House) -> None:
    house.system.access.desk.users.all()
    with house.system.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM users")

    refused(house, house.sign_in(), "make the first admin")
    house.provider.person["groups"] = ["root"]
    assert house.sign_in().status_code == 303


# ---------------------------------------------------------------- users that there are


def test_a_user_of_that_name_is_nobody_elses_unless_linking_is_allowed(house: House) -> None:
    house.system.access.desk.add("ann@example.com", Role.ADMIN, "test")

    answer = house.sign_in()

    assert answer.status_code == 401
    assert "already; sign in with the password" in answer.text
    assert not house.user("ann@example.com").is_outside


LINKING = {"WABAWATCH_OIDC_LINK_BY_EMAIL": "true", "WABAWATCH_OIDC_ADMINS": "", "WABAWATCH_OIDC_OPERATORS": ""}


def test_a_verified_address_links_where_that_is_allowed_and_the_role_here_stays(make: Callable[..., House]) -> None:
    house = make(**LINKING)
    house.system.access.desk.add("ann@example.com", Role.VIEWER, "test")

    assert house.sign_in().status_code == 303

    assert house.user("ann@example.com").is_outside
    assert house.user("ann@example.com").role is Role.VIEWER
    assert ("oidc", "user_linked") in house.deeds()


@pytest.mark.parametrize("verified", [False, None, "false", 1, "yes"])
def test_an_address_that_is_not_verified_links_nobody(make: Callable[..., House], verified: object) -> None:
    house = make(**LINKING)
    house.system.access.desk.add("ann@example.com", Role.ADMIN, "test")
    house.provider.person["email_verified"] = verified

    answer = house.sign_in()

    assert answer.status_code == 401
    assert "you have no account here" in answer.text
    assert not house.user("ann@example.com").is_outside


def test_a_user_who_is_linked_is_not_linked_to_another(make: Callable[..., House]) -> None:
    house = make(**LINKING)
    house.system.access.desk.add("ann@example.com", Role.ADMIN, "test")
    house.sign_in()
    house.provider.person = dict(ANN, sub="mallory-2")

    assert house.sign_in().status_code == 401


def test_who_is_disabled_here_does_not_come_in(make: Callable[..., House]) -> None:
    house = make(**LINKING)
    house.system.access.desk.add("ann@example.com", Role.VIEWER, "test")
    house.sign_in()
    house.system.access.desk.disable("ann@example.com", "test")

    assert house.sign_in().status_code == 401
    assert house.system.access.desk.unlink("ann@example.com", "test")
    assert house.sign_in().status_code == 401
    assert not house.user("ann@example.com").is_outside


def test_who_has_a_second_factor_here_is_asked_for_it(make: Callable[..., House]) -> None:
    house = make(**LINKING)
    house.system.access.desk.add("ann@example.com", Role.VIEWER, "test")
    house.system.access.desk.set_password("ann@example.com", PASSWORD, "test")
    browser = house.browser()
    browser.sign_in("ann@example.com", PASSWORD)
    browser.submit("/account", "/account/totp", current=PASSWORD)
    offer = house.system.access.account.offered(house.user("ann@example.com"))
    assert offer is not None
    browser.submit("/account", "/account/totp/confirm", code=TOTP(offer.seed).at(house.clock.now() // 1000))

    fresh = house.browser()
    assert house.sign_in(fresh).headers["location"] == "/login/code?next=%2Faccount"
    assert not fresh.may_look()


# ---------------------------------------------------------------- settings


RIGHT = {
    "WABAWATCH_PUBLIC_URL": PUBLIC,
    "WABAWATCH_OIDC_ISSUER": "https://id.example.com",
    "WABAWATCH_OIDC_CLIENT_ID": "x",
    "WABAWATCH_OIDC_DEFAULT_ROLE": "viewer",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"WABAWATCH_OIDC_ISSUER": "http://id.example.com"}, "must be https"),
        ({"WABAWATCH_OIDC_ISSUER": ""}, "WABAWATCH_OIDC_ISSUER: missing"),
        ({"WABAWATCH_OIDC_CLIENT_ID": ""}, "WABAWATCH_OIDC_CLIENT_ID: missing"),
        ({"WABAWATCH_PUBLIC_URL": ""}, "WABAWATCH_PUBLIC_URL: missing"),
        ({"WABAWATCH_OIDC_SCOPES": "email"}, "openid is missing"),
        ({"WABAWATCH_OIDC_DEFAULT_ROLE": "none"}, "nobody would be let in"),
        ({"WABAWATCH_OIDC_DEFAULT_ROLE": "admin"}, "is none of none, viewer, operator"),
        ({"WABAWATCH_OIDC_ISSUER": "https://accounts.google.com"}, "anybody in the world"),
    ],
)
def test_settings_that_cannot_be_meant_stop_the_start(changed: dict[str, str], said: str) -> None:
    load(RIGHT)
    with pytest.raises(SettingsError, match=said):
        load(RIGHT | changed)


def test_without_a_provider_the_way_leads_nowhere(tmp_path: Path) -> None:
    system = System(load({"WABAWATCH_DATA_DIR": str(tmp_path), "WABAWATCH_UPTIME": "false"}))
    system.console.views.assets = FakeAssets()
    browser = Browser(system.site(system.supervisor()))

    assert "login/oidc" not in browser.get("/login").text
    assert [browser.get(path).status_code for path in ("/login/oidc", BACK)] == [404, 404]
    system.close()
