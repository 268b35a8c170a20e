"""One-time links to a first password, and who may administer whom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.support.access import HERE, NOW, OTHER, PASSWORD, Porch, secret_of
from wabawatch.domain.access import Role
from wabawatch.domain.errors import BadRequest, Conflict, NotAllowed
from wabawatch.domain.users import Stage
from wabawatch.flows.signing_in import Whose
from wabawatch.flows.user_desk import FIRST_LINK_MS, LINK_MS

# ---------------------------------------------------------------- one-time links


def test_the_first_link_makes_the_admin_once(porch: Porch) -> None:
    link = porch.desk.first_link("serve")
    assert link is not None
    assert porch.door.link(secret_of(link.path)) == (Whose.FIRST, None)

    opened = porch.door.use_link(secret_of(link.path), "Ann", PASSWORD, HERE)

    assert (opened.user.name, opened.user.role, opened.session.stage) == ("ann", Role.ADMIN, Stage.WHOLE)
    assert porch.desk.first_link("serve") is None
    assert porch.door.link(secret_of(link.path)) is None
    with pytest.raises(NotAllowed, match="used already"):
        porch.door.use_link(secret_of(link.path), "ben", PASSWORD, HERE)
    assert [each.name for each in porch.users.all()] == ["ann"]


def test_a_newer_link_and_a_day_end_the_first(porch: Porch) -> None:
    links = [porch.desk.first_link("serve") for _ in range(2)]
    secrets = [secret_of(link.path) for link in links if link is not None]
    assert [porch.door.link(secret) is not None for secret in secrets] == [False, True]

    porch.wait(FIRST_LINK_MS)

    assert porch.door.link(secrets[1]) is None
    with pytest.raises(NotAllowed):
        porch.door.use_link(secrets[1], "ann", PASSWORD, HERE)
    assert not porch.users.any()


def test_a_link_is_not_used_up_by_a_bad_name_or_password(porch: Porch) -> None:
    link = porch.desk.first_link("serve")
    assert link is not None
    for name, password in (("a b", PASSWORD), ("ann", "short")):
        with pytest.raises(BadRequest):
            porch.door.use_link(secret_of(link.path), name, password, HERE)

    porch.door.use_link(secret_of(link.path), "ann", PASSWORD, HERE)


def test_of_two_that_use_the_first_link_at_once_one_is_the_admin(porch: Porch) -> None:
    link = porch.desk.first_link("serve")
    assert link is not None
    at_once = Barrier(2)

    def use(name: str) -> bool:
        at_once.wait()
        try:
            porch.door.use_link(secret_of(link.path), name, PASSWORD, HERE)
        except NotAllowed:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(use, ("ann", "ben"))) == [False, True]
    assert len(porch.users.all()) == 1


def test_who_is_added_sets_their_own_password_with_their_link(porch: Porch) -> None:
    user, link = porch.desk.add("ben", Role.OPERATOR, "cli", is_unmasking=True)
    assert (user.has_password, user.is_unmasking, link.ends_at) == (False, True, NOW + LINK_MS)

    opened = porch.door.use_link(secret_of(link.path), "whatever", PASSWORD, HERE)

    assert (opened.user.name, opened.user.has_password) == ("ben", True)
    assert porch.door.who(porch.enter("ben").secret) is not None


def test_a_link_to_a_new_password_ends_all_sessions_and_asks_for_the_code(porch: Porch) -> None:
    porch.add("ann")
    porch.with_totp("ann")
    link = porch.desk.password_link("ann", "cli")

    opened = porch.door.use_link(secret_of(link.path), "", OTHER, HERE)

    assert opened.session.stage is Stage.HALF
    with pytest.raises(NotAllowed):
        porch.enter("ann", PASSWORD)


def test_a_disabled_users_link_opens_nothing(porch: Porch) -> None:
    porch.add("root", Role.ADMIN)
    porch.desk.add("ben", Role.VIEWER, "cli")
    porch.desk.disable("ben", "cli")
    link = porch.desk.password_link("ben", "cli")

    assert porch.door.link(secret_of(link.path)) is None
    with pytest.raises(NotAllowed):
        porch.door.use_link(secret_of(link.path), "", PASSWORD, HERE)


# ---------------------------------------------------------------- who administers


def test_the_last_admin_can_be_neither_disabled_nor_made_less(porch: Porch) -> None:
    porch.add("ann", Role.ADMIN)
    porch.add("ben", Role.ADMIN)
    porch.desk.disable("ben", "cli")

    with pytest.raises(Conflict, match="last user who administers"):
        porch.desk.disable("ann", "cli")
    with pytest.raises(Conflict):
        porch.desk.set_role("ann", Role.OPERATOR, "cli")

    assert (porch.user("ann").role, porch.user("ann").disabled_at) == (Role.ADMIN, None)


def test_a_name_is_given_once_whatever_its_letters(porch: Porch) -> None:
    porch.add("ann")

    with pytest.raises(Conflict, match="there is a user 'ann' already"):
        porch.desk.add("ANN", Role.VIEWER, "cli")


def test_what_is_done_with_users_is_in_the_audit_trail(porch: Porch) -> None:
    porch.add("ann", Role.ADMIN)
    porch.desk.add("ben", Role.VIEWER, "user:1")
    for _ in range(2):  # what changes nothing is no deed
        porch.desk.set_role("ben", Role.OPERATOR, "user:1", is_unmasking=True)
        porch.desk.disable("ben", "user:1")
        porch.desk.reset_totp("ben", "user:1")
    porch.desk.enable("ben", "user:1")

    assert porch.deeds() == [
        ("cli", "user_added", "user:1"),
        ("cli", "login_link_made", "user:1"),
        ("cli", "password_set", "user:1"),
        ("user:1", "user_added", "user:2"),
        ("user:1", "login_link_made", "user:2"),
        ("user:1", "role_changed", "user:2"),
        ("user:1", "user_disabled", "user:2"),
        ("user:1", "user_enabled", "user:2"),
    ]
