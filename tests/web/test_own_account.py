"""One's own account: the password, the second factor, and where one is signed in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.access import OTHER, PASSWORD
from tests.support.browser import hidden_in
from tests.support.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    house.add("ann")
    yield house
    house.system.close()


# ---------------------------------------------------------------- one's own account


def test_the_password_is_changed_by_who_knows_it(house: House) -> None:
    here, there = house.signed_in("ann"), house.signed_in("ann")
    wrong = here.submit("/account", "/account/password", current=OTHER, password=OTHER, again=OTHER)
    assert (wrong.status_code, "The password is wrong" in wrong.text) == (422, True)

    done = here.submit("/account", "/account/password", current=PASSWORD, password=OTHER, again=OTHER)

    assert "is changed" in here.get(done.headers["location"]).text
    assert not there.may_look()
    assert house.browser().sign_in("ann", PASSWORD).status_code == 401
    assert house.browser().sign_in("ann", OTHER).status_code == 303


@pytest.mark.parametrize("path", ["/account/totp", "/account/totp/off", "/account/codes", "/account/password"])
def test_a_stolen_session_changes_nothing_that_lasts(house: House, path: str) -> None:
    browser, _, _ = house.with_totp("ann") if path != "/account/totp" else (house.signed_in("ann"), "", [])
    before = house.system.access.desk.users.named("ann")

    refused = browser.submit("/account", path, current="a guess of mine", password=OTHER, again=OTHER)

    assert (refused.status_code, "The password is wrong" in refused.text) == (422, True)
    assert house.system.access.desk.users.named("ann") == before


def test_guessing_the_password_with_a_stolen_session_has_to_wait_too(house: House) -> None:
    browser = house.signed_in("ann")
    for _ in range(5):
        browser.submit("/account", "/account/totp", current=OTHER)

    assert browser.submit("/account", "/account/totp", current=PASSWORD).status_code == 429


def test_a_second_factor_is_turned_off_by_who_knows_the_password(house: House) -> None:
    browser, _, _ = house.with_totp("ann")

    browser.submit("/account", "/account/totp/off", current=PASSWORD)

    assert house.browser().sign_in("ann", PASSWORD).headers["location"] == "/"


def test_a_wrong_code_does_not_turn_it_on(house: House) -> None:
    browser = house.signed_in("ann")
    browser.submit("/account", "/account/totp", current=PASSWORD)

    refused = browser.submit("/account", "/account/totp/confirm", code="000000")

    assert (refused.status_code, "does not fit" in refused.text) == (422, True)
    assert house.browser().sign_in("ann", PASSWORD).headers["location"] == "/"


def test_one_ends_ones_own_sessions_and_no_others(house: House) -> None:
    house.add("ben")
    here, there, ben = house.signed_in("ann"), house.signed_in("ann"), house.signed_in("ben")
    numbers = re.findall(r'action="/account/sessions/(\d+)"', here.get("/account").text)
    bens = house.system.access.desk.sessions_of("ben")[0].id
    assert len(numbers) == 1

    foreign = here.submit("/account", f"/account/sessions/{bens}")
    here.submit("/account", f"/account/sessions/{numbers[0]}")

    assert (foreign.status_code, "over already" in foreign.text) == (422, True)
    assert (here.may_look(), there.may_look(), ben.may_look()) == (True, False, True)
    assert here.submit("/account", f"/account/sessions/{10**40}").status_code == 422


def test_everywhere_else_one_is_signed_out_at_once(house: House) -> None:
    here, *others = (house.signed_in("ann") for _ in range(3))

    here.submit("/account", "/account/sessions/others")

    assert [each.may_look() for each in (here, *others)] == [True, False, False]


def test_what_a_browser_calls_itself_is_shown_as_text(house: House) -> None:
    form = hidden_in((browser := house.browser()).get("/login").text)
    browser.post("/login", form | {"name": "ann", "password": PASSWORD}, {"user-agent": "<script>alert(1)</script>"})

    page = browser.get("/account").text

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_a_session_is_given_by_the_address_that_the_server_sees(house: House) -> None:
    house.signed_in("ann")

    assert house.system.access.desk.sessions_of("ann")[0].address == "192.0.2.7"
