"""`/users`: people added, changed, disabled and let in again through the pages, as by the command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.access import PASSWORD
from tests.support.installed import Installed

from wabawatch.access_ports import NewSession, Origin
from wabawatch.domain.access import Role
from wabawatch.domain.errors import NotAllowed
from wabawatch.domain.users import Stage, User

ELSEWHERE = Origin("198.51.100.3")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    place = Installed(tmp_path_factory.mktemp("users"))
    yield place
    place.system.close()


def known(place: Installed, name: str) -> User:
    found = place.system.access.desk.users.named(name)
    assert found is not None
    return found.user


def test_somebody_is_added_and_sets_their_password_by_the_link_that_is_shown_once(place: Installed) -> None:
    browser, before = place.browser(), place.trail()

    shown = browser.submit("/users", name=" Ann ", role="operator", unmask="yes")

    ann = known(place, "ann")
    assert (ann.role, ann.is_unmasking, ann.has_password) == (Role.OPERATOR, True, False)
    path = re.findall(r'value="http://watch\.example\.com(/setup/[^"]+)"', shown.text)[0]
    assert path not in browser.get(f"/users/{ann.id}").text
    assert place.deeds(before) == [
        (place.keeper.actor, "user_added", ann.actor),
        (place.keeper.actor, "login_link_made", ann.actor),
    ]
    assert place.browser(ann).submit(path, password=PASSWORD, again=PASSWORD).status_code == 303
    assert known(place, "ann").has_password


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "ann b", "role": "viewer"}, "Name: up to 64 letters"),
        ({"name": "keeper", "role": "viewer"}, "there is a user &#39;keeper&#39; already"),
        ({"name": "cid", "role": "root"}, "Role: choose one of viewer, operator, admin"),
    ],
)
def test_what_is_wrong_with_somebody_new_is_said_and_what_was_typed_stays(
    place: Installed, fields: dict[str, str], said: str
) -> None:
    answer = place.browser().submit("/users", **fields)

    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{fields["name"]}"' in answer.text


def test_the_list_says_of_everybody_role_state_second_factor_and_last_sign_in(place: Installed) -> None:
    ben = place.add("ben", Role.OPERATOR)
    place.add("dot")
    place.system.access.desk.disable("dot", "cli")
    for _ in range(5):
        with pytest.raises(NotAllowed):
            place.system.access.door.enter("ben", "wrong", ELSEWHERE)
    place.browser(ben)

    rows = dict(re.findall(r'<tr>\s*<th scope="row"><a href="/users/\d+">(\w+)</a>(.*?)</tr>', listed(place), re.S))

    assert ">Locked<" in rows["ben"]
    assert ">Operator<" in rows["ben"]
    assert "ago</time>" in rows["ben"]
    assert '#sessions">1 session</a>' in rows["ben"]
    assert ">Disabled<" in rows["dot"]
    assert "never" in rows["dot"]
    assert ">Off<" in rows["keeper"]
    assert "you" in rows["keeper"]


def listed(place: Installed) -> str:
    return place.browser().get("/users").text


def test_everything_that_the_command_does_can_be_done_on_a_users_page(place: Installed) -> None:
    eve, browser = place.add("eve"), place.browser()
    page, mine = f"/users/{eve.id}", place.browser(eve)
    before = place.trail()

    def act(name: str, **fields: str) -> str:
        answer = browser.submit(page, f"{page}/{name}", **fields)
        assert answer.status_code == 303, answer.text
        return browser.get(answer.headers["location"]).text

    assert "What they may do is changed" in act("role", role="admin")
    assert known(place, "eve").role is Role.ADMIN
    assert "They may try to sign in at once" in act("unlock")
    assert "No code was asked of them" in act("totp")
    (session,) = place.system.access.desk.sessions_of("eve")
    assert f'action="{page}/sessions/{session.id}"' in browser.get(page).text
    assert "They are signed out there" in act(f"sessions/{session.id}")
    assert not mine.may_look()
    assert "They are signed out there" in act(f"sessions/{session.id}"), "one that has ended is over"
    again = place.browser(eve)
    act("sessions")
    assert not again.may_look()
    assert "They are let in no more" in act("disable")
    assert "let in by no link" in browser.submit(page, f"{page}/link").text
    assert "They are let in again" in act("enable")
    assert "/setup/" in browser.submit(page, f"{page}/link").text
    assert [action for _, action, _ in place.deeds(before)] == [
        "role_changed",
        "user_unlocked",
        "sessions_revoked",
        "sessions_revoked",
        "user_disabled",
        "user_enabled",
        "login_link_made",
    ]


def test_the_last_admin_can_be_neither_disabled_nor_made_less(tmp_path: Path) -> None:
    place = Installed(tmp_path)
    browser, page = place.browser(), f"/users/{place.keeper.id}"
    before = place.trail()

    for path, fields in (("disable", {}), ("role", {"role": "viewer"})):
        answer = browser.submit(page, f"{page}/{path}", **fields)
        assert answer.status_code == 409
        assert "This is the last user who administers" in answer.text
    assert place.trail() == before
    assert browser.get("/users").status_code == 200
    place.system.close()


def test_what_a_browser_calls_itself_is_text(place: Installed) -> None:
    evil, now = "<script>alert(1)</script>", place.clock.now()
    tim = place.add("tim")
    new = NewSession(b"evil", tim.id, Stage.WHOLE, now + 60_000, Origin(evil, evil))
    place.system.access.door.sessions.open(new, now, b"", None)

    text = place.browser().get(f"/users/{tim.id}").text

    assert evil not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2


def test_a_user_that_is_not_there_is_not_found(place: Installed) -> None:
    assert place.browser().get("/users/999").status_code == 404
    assert place.browser().get(f"/users/{10**30}").status_code == 404


def test_the_navigation_marks_the_section_of_a_page_below_it(place: Installed) -> None:
    browser = place.browser()
    tab, section = '<a href="/users" aria-current="{}">', '<a href="/settings" aria-current="{}">'

    users, one, settings = (browser.get(path).text for path in ("/users", f"/users/{place.keeper.id}", "/settings"))

    assert users.count(section.format("true")) == 2, "at the side and in the menu"
    assert tab.format("page") in users
    assert one.count(section.format("true")) == 2
    assert tab.format("true") in one
    assert settings.count(section.format("page")) == 3, "and the tab"
    assert settings.count('aria-current="page"') == 3


def test_who_signs_in_elsewhere_can_be_unlinked_and_only_they(place: Installed) -> None:
    outside = place.system.access.desk.outside
    zoe = outside.add("zoe", Role.VIEWER, "issuer|zoe", 1)
    browser, before = place.browser(), place.trail()

    assert "Unlink from OIDC" in browser.get(f"/users/{zoe.id}").text
    browser.submit(f"/users/{zoe.id}", f"/users/{zoe.id}/unlink")

    assert outside.find("issuer|zoe") is None
    assert place.deeds(before) == [(place.keeper.actor, "user_unlinked", zoe.actor)]
    page = browser.get(f"/users/{zoe.id}?done=unlinked").text
    assert "is not taken for them any more" in page
    assert "Unlink from OIDC" not in page
    again = browser.submit(f"/users/{zoe.id}", f"/users/{zoe.id}/unlink")
    assert again.headers["location"].endswith("done=not-linked")
