"""Signing in with a real provider of OpenID Connect on loopback: who comes in, and that no trick opens the door."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from pyotp import TOTP
from tests.support.access import PASSWORD
from tests.support.books import HandClock
from tests.support.browser import Browser
from tests.support.console import FakeAssets
from tests.support.oidc_provider import CLIENT, CLIENT_SECRET, Forge, IdProvider, new_key, providing

from wabawatch.app import System
from wabawatch.domain.access import Role
from wabawatch.domain.users import User
from wabawatch.settings import SettingsError, load

PUBLIC = "https://watch.example.com"
BACK = "/login/oidc/callback"
SESSION, ASIDE = "__Host-wabawatch", "__Host-wabawatch-aside"
ANN: dict[str, Any] = {"sub": "ann-1", "email": "Ann@example.com", "email_verified": True, "groups": ["ops", "all"]}


class House:
    """An installation whose people may sign in with the provider."""

    def __init__(self, folder: Path, provider: IdProvider, **told: str) -> None:
        usual = {
            "WABAWATCH_DATA_DIR": str(folder),
            "WABAWATCH_FREE_SPACE_RESERVE": "0",
            "WABAWATCH_UPTIME": "false",
            "WABAWATCH_PUBLIC_URL": PUBLIC,
            "WABAWATCH_OIDC_ISSUER": provider.issuer,
            "WABAWATCH_OIDC_CLIENT_ID": CLIENT,
            "WABAWATCH_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "WABAWATCH_OIDC_NAME": "Example <ID>",
            "WABAWATCH_OIDC_ADMINS": "root",
            "WABAWATCH_OIDC_OPERATORS": "ops",
        }
        self.provider = provider
        self.clock = HandClock(int(time.time() * 1000))
        self.system = System(load(usual | told), self.clock)
        self.system.console.views.assets = FakeAssets()
        self.site = self.system.site(self.system.supervisor())
        provider.person = dict(ANN)
        self.system.access.desk.add("keeper", Role.ADMIN, "test")

    def browser(self) -> Browser:
        return Browser(self.site, PUBLIC)

    def begin(self, browser: Browser, wanted: str = "/account") -> str:
        """Where the button leads."""
        sent = browser.get(f"/login/oidc?next={wanted}")
        assert sent.status_code == 303, sent.text
        return sent.headers["location"]

    def come_back(self, browser: Browser, came: dict[str, str]) -> httpx.Response:
        return browser.get(f"{BACK}?{httpx.QueryParams(came)}")

    def sign_in(self, browser: Browser | None = None, wanted: str = "/account") -> httpx.Response:
        browser = browser or self.browser()
        return self.come_back(browser, self.provider.visit(self.begin(browser, wanted)))

    def user(self, name: str) -> User:
        known = self.system.access.desk.users.named(name)
        assert known is not None, name
        return known.user

    def names(self) -> list[str]:
        return [user.name for user in self.system.access.desk.users.all()]

    def deeds(self) -> list[tuple[str, str]]:
        with self.system.database.reading() as connection:
            rows = connection.exec_driver_sql("SELECT actor, action FROM audit_entries ORDER BY id")
            return [(actor, action) for actor, action in rows]

    def wait(self, seconds: int) -> None:
        self.clock.turn_to(self.clock.now() + seconds * 1000)


@pytest.fixture(scope="module")
def provider() -> Iterator[IdProvider]:
    with providing(PUBLIC + BACK) as provider:
        yield provider


@pytest.fixture
def make(provider: IdProvider, tmp_path: Path) -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def built(**told: str) -> House:
        houses.append(House(tmp_path / str(len(houses)), provider, **told))
        return houses[-1]

    yield built
    for house in houses:
        house.system.close()
    provider.forge, provider.is_down, provider.userinfo_only, provider.userinfo_sub = _nothing, False, (), ""


def _nothing(_claims: dict[str, Any]) -> None:
    return None


@pytest.fixture
def house(make: Callable[..., House]) -> House:
    return make()


def refused(house: House, answer: httpx.Response, said: str, status: int = 401) -> None:
    """Nobody came in, the page says why, and a password can still be given."""
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert 'name="password"' in answer.text
    assert "ann@example.com" not in house.names()


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


# ---------------------------------------------------------------- attacks


def forged(**changes: Any) -> Forge:
    """A token with other claims, signed as it should be."""

    def forge(claims: dict[str, Any]) -> str:
        return sign(claims | changes)

    return forge


KEPT: dict[str, Any] = {}


def sign(claims: dict[str, Any], **header: str) -> str:
    provider: IdProvider = KEPT["provider"]
    told = {"alg": "RS256", "kid": provider.key.kid or ""} | header
    return jwt.encode(told, {n: v for n, v in claims.items() if v is not None}, provider.key)


def unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "none"}, claims, OctKey.generate_key(256), ["none"])


def with_the_public_key_as_secret(claims: dict[str, Any]) -> str:
    public = KEPT["provider"].key.as_pem(private=False)
    head = {"alg": "HS256", "kid": KEPT["provider"].key.kid}
    text = b".".join(urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in (head, claims))
    return (text + b"." + urlsafe_b64encode(hmac.digest(public, text, "sha256")).rstrip(b"=")).decode()


def with_another_key(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": KEPT["provider"].key.kid}, claims, new_key())


def with_a_key_of_its_own(claims: dict[str, Any]) -> str:
    key = new_key()
    header: dict[str, Any] = {"alg": "RS256", "jwk": key.as_dict(private=False)}
    return jwt.encode(header, claims, key)


FORGERIES: dict[str, Forge] = {
    "another nonce": forged(nonce="another"),
    "no nonce": forged(nonce=None),
    "another audience": forged(aud="somebody-else"),
    "no audience": forged(aud=None),
    "several audiences, and issued to another": forged(aud=[CLIENT, "other"], azp="other"),
    "several audiences, and issued to nobody": forged(aud=["other", CLIENT]),
    "another issuer": forged(iss="https://evil.example"),
    "the issuer with a slash": lambda claims: sign(claims | {"iss": claims["iss"] + "/"}),
    "expired": forged(exp=int(time.time()) - 120, iat=int(time.time()) - 600),
    "no end": forged(exp=None),
    "an end that is no number": forged(exp="tomorrow"),
    "not valid yet": forged(nbf=int(time.time()) + 600),
    "made in the future": forged(iat=int(time.time()) + 600),
    "nobody": forged(sub=None),
    "nobody, in an empty text": forged(sub=""),
    "another access token": forged(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "not signed": unsigned,
    "signed with the public key as a shared secret": with_the_public_key_as_secret,
    "signed with another key": with_another_key,
    "signed with a key that it brings": with_a_key_of_its_own,
    "no token at all": lambda _claims: " ",
    "three words": lambda _claims: "a.b.c",
}


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
