"""Users who sign in elsewhere, on every database: `outside_ports.OutsideUsers`."""

from __future__ import annotations

import pytest

from tests.support.access import NOW, Porch
from wabawatch.domain.access import Role
from wabawatch.domain.errors import Conflict
from wabawatch.domain.users import User

KEY, OTHER_KEY = "https://id.example.com|ann", "https://id.example.com|bob"


@pytest.fixture
def root(porch: Porch) -> User:
    """Who administers: before that nobody comes in from elsewhere."""
    return porch.add("root", Role.ADMIN)


def test_nobody_comes_in_from_elsewhere_before_somebody_administers(porch: Porch) -> None:
    with pytest.raises(Conflict, match="nobody administers"):
        porch.outside.add("ann", Role.VIEWER, KEY, NOW)

    assert porch.outside.add("root", Role.ADMIN, KEY, NOW).role is Role.ADMIN


def test_who_was_added_is_found_by_their_key_and_by_no_other(porch: Porch, root: User) -> None:
    added = porch.outside.add("ann", Role.OPERATOR, KEY, NOW)

    found = porch.outside.find(KEY)
    assert found is not None
    assert (found.user.id, found.user.role, found.user.is_outside) == (added.id, Role.OPERATOR, True)
    assert porch.outside.find(KEY.upper()) is None
    assert porch.outside.find(OTHER_KEY) is None
    assert porch.deeds()[-1] == ("oidc", "user_added", added.actor)


@pytest.mark.parametrize(("name", "key"), [("ann", OTHER_KEY), ("ada", KEY)], ids=["name", "key"])
def test_a_name_or_key_that_is_taken_is_refused_and_changes_nothing(
    porch: Porch, root: User, name: str, key: str
) -> None:
    porch.outside.add("ann", Role.VIEWER, KEY, NOW)
    before = porch.deeds()

    with pytest.raises(Conflict):
        porch.outside.add(name, Role.ADMIN, key, NOW)

    assert [each.user.name for each in porch.desk.standings()] == ["ann", "root"]
    assert porch.deeds() == before


def test_a_user_is_linked_once_and_a_key_belongs_to_one(porch: Porch, root: User) -> None:
    ann, bob = porch.add("ann"), porch.add("bob")

    assert porch.outside.link(ann.id, KEY, NOW)
    assert porch.outside.link(ann.id, KEY, NOW)  # again: nothing changes
    assert not porch.outside.link(bob.id, KEY, NOW)
    assert not porch.outside.link(ann.id, OTHER_KEY, NOW)

    assert [deed for deed in porch.deeds() if deed[1] == "user_linked"] == [("oidc", "user_linked", ann.actor)]


def test_unlinking_ends_sessions_and_frees_the_key(porch: Porch, root: User) -> None:
    ann = porch.add("ann")
    opened = porch.enter("ann")
    porch.outside.link(ann.id, KEY, NOW)

    assert porch.outside.unlink(ann.id, NOW, root.actor)

    assert porch.door.who(opened.secret) is None
    assert porch.outside.find(KEY) is None
    assert not porch.outside.unlink(ann.id, NOW, root.actor)
    assert porch.deeds()[-1] == (root.actor, "user_unlinked", ann.actor)
    assert porch.outside.link(porch.add("bob").id, KEY, NOW)
